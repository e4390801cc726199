import type { ReactNode } from "react";
import { displayName } from "../chat/names.ts";
import { isDirect, LOBBY } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { unreadIn } from "../chat/unread.ts";
import { Avatar } from "./Avatar.tsx";
import { useClient } from "./client.ts";
import { inWords } from "./format.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { roomHref } from "./route.ts";
import { Trouble } from "./Trouble.tsx";

/** Links to all rooms: where one is, what is new, who asks. */
export function RoomList({ state, onChosen }: { state: ChatState; onChosen?: () => void }) {
  const { rooms, listing } = state;
  const client = useClient();
  const all = Object.values(rooms).toSorted(byActivity);
  const section = (title: string, some: Room[]) =>
    some.length > 0 && (
      <Section title={title}>
        {some.map((room) => (
          <Item key={room.roomId} room={room} state={state} onChosen={onChosen} />
        ))}
      </Section>
    );
  return (
    <nav aria-label="Rooms" className="flex flex-col gap-5">
      {section("Rooms", all.filter((room) => !isDirect(room.roomId) && (room.standing === "approved" || room.standing === "gone")))}
      {section("Direct messages", all.filter((room) => isDirect(room.roomId)))}
      {section("Asked to join", all.filter((room) => room.standing === "pending" || room.standing === "rejected"))}
      {listing === "failed" && (
        <Trouble text="The list of rooms could not be loaded." onRetry={() => void client.rooms.refresh()} />
      )}
    </nav>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="px-3 pb-1.5 text-xs font-semibold tracking-wide text-muted uppercase">{title}</h2>
      <ul className="flex flex-col gap-0.5">{children}</ul>
    </section>
  );
}

interface ItemProps {
  room: Room;
  state: ChatState;
  onChosen: (() => void) | undefined;
}

function Item({ room, state, onChosen }: ItemProps) {
  const { roomId, name, requests } = room;
  const isCurrent = roomId === state.current;
  const unread = unreadIn(room, state);
  const draft = isCurrent ? undefined : state.drafts[roomId];
  return (
    <li>
      <a
        href={roomHref(roomId)}
        aria-current={isCurrent ? "page" : undefined}
        onClick={onChosen}
        className="flex min-h-13 items-center gap-3 rounded-xl px-3 py-1.5 transition-colors hover:bg-paper aria-[current=page]:bg-accent-soft"
      >
        {isDirect(roomId) ? <Avatar username={name} size="small" /> : <Badge icon={iconOf(room)} strong={isCurrent} />}
        <span className="min-w-0 flex-1">
          <span dir="auto" className={`block truncate ${isCurrent || unread > 0 ? "font-semibold" : "font-medium"} ${isCurrent ? "text-accent-strong" : ""}`}>
            {isDirect(roomId) ? displayName(name) : name}
          </span>
          <span dir="auto" className="block truncate text-xs text-muted">
            {draft ? `Draft: ${draft}` : preview(room, state.self, isCurrent)}
          </span>
        </span>
        {requests.length > 0 && <Count value={requests.length} words={requests.length === 1 ? "request to join" : "requests to join"} quiet />}
        {unread > 0 && <Count value={unread} words={unread === 1 ? "unread message" : "unread messages"} />}
      </a>
    </li>
  );
}

function iconOf({ standing, roomId }: Room): IconName {
  if (standing !== "approved") return "door";
  return roomId === LOBBY ? "people" : "hash";
}

function Badge({ icon, strong }: { icon: IconName; strong: boolean }) {
  return (
    <span className={`grid size-7 shrink-0 place-items-center rounded-lg ${strong ? "bg-accent text-on-accent" : "bg-paper text-muted"}`}>
      <Icon name={icon} className="size-4" />
    </span>
  );
}

function Count({ value, words, quiet = false }: { value: number; words: string; quiet?: boolean }) {
  return (
    <span
      className={`flex h-5 min-w-5 shrink-0 items-center justify-center gap-1 rounded-full px-1.5 text-xs font-semibold tabular-nums ${quiet ? "bg-warn-soft text-warn" : "bg-accent text-on-accent"}`}
    >
      {quiet && <Icon name="door" className="size-3" />}
      {value > 99 ? "99+" : value} <span className="sr-only">{words}</span>
    </span>
  );
}

function preview({ standing, messages, typing }: Room, self: string, isCurrent: boolean): string {
  if (standing === "pending") return "Waiting for an admin";
  if (standing === "rejected") return "Not accepted";
  if (standing === "gone") return "Not open any more";
  const who = isCurrent ? undefined : Object.keys(typing)[0];
  if (who !== undefined) return `${displayName(who)} is typing…`;
  const last = messages.at(-1);
  if (!last) return "No messages yet";
  return `${sameUser(last.username, self) ? "You" : displayName(last.username)}: ${inWords(last)}`;
}

/** The lobby first, then where something was said last. */
function byActivity(a: Room, b: Room): number {
  if (a.roomId === LOBBY || b.roomId === LOBBY) return a.roomId === LOBBY ? -1 : 1;
  return (b.messages.at(-1)?.sentAt ?? 0) - (a.messages.at(-1)?.sentAt ?? 0) || a.name.localeCompare(b.name);
}
