import { displayName } from "../chat/names.ts";
import { isDirect, LOBBY } from "../chat/protocol.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { ConnectionBadge } from "./ConnectionBadge.tsx";
import { IconButton } from "./Hint.tsx";
import { RoomMenuButton } from "./MenuButtons.tsx";

interface Props {
  state: ChatState;
  /** Absent for a room that the user is not in. */
  room: Room | undefined;
  /** How much is unread elsewhere. */
  unread: number;
  panel: "none" | "people" | "search";
  onRooms: () => void;
  onPeople: () => void;
  onSearch: () => void;
  onShare: () => void;
  onLeave: () => void;
}

export function Header({ state, room, unread, panel, onRooms, onPeople, onSearch, onShare, onLeave }: Props) {
  const open = room?.standing === "approved";
  return (
    <header className="flex min-h-16 items-center gap-1 border-b border-line bg-surface px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 md:pr-3 md:pl-6">
      <div className="relative md:hidden">
        <IconButton icon="menu" label={unread > 0 ? `Rooms, ${unread} unread` : "Rooms"} onClick={onRooms} />
        {unread > 0 && <span aria-hidden="true" className="absolute top-2 right-2 size-2.5 rounded-full bg-accent ring-2 ring-surface" />}
      </div>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-0.5">
        <div className="min-w-0">
          <h1 dir="auto" className="truncate text-lg leading-6 font-semibold tracking-tight">
            {room ? titleOf(room) : "Another room"}
          </h1>
          {open && <p className="truncate text-xs text-muted">{describe(room)}</p>}
        </div>
        <ConnectionBadge status={state.status} wasOpen={state.wasOpen} />
      </div>
      {open && (
        <>
          <IconButton icon="search" label="Search" aria-pressed={panel === "search"} onClick={onSearch} />
          <IconButton icon="people" label="Members" aria-pressed={panel === "people"} onClick={onPeople} />
          {!isDirect(room.roomId) && room.roomId !== LOBBY && <RoomMenuButton onShare={onShare} onLeave={onLeave} />}
        </>
      )}
    </header>
  );
}

export function titleOf({ roomId, name }: Room): string {
  return isDirect(roomId) ? displayName(name) : name;
}

function describe({ roomId, members, membersAfter }: Room): string {
  if (!members) return " ";
  const online = members.filter((member) => member.online).length;
  const more = membersAfter === undefined ? "" : "+";
  if (isDirect(roomId)) return online > 1 ? "Online" : "Offline";
  if (roomId === LOBBY) return `${members.length}${more} here now`;
  return `${members.length}${more} ${members.length === 1 ? "member" : "members"}, ${online}${more} online`;
}
