import { displayName, isCognito, isGuest } from "../chat/names.ts";
import { directRoomId, isDirect, LOBBY, type Member } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import type { Room } from "../chat/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useClient } from "./client.ts";
import { IconButton } from "./Hint.tsx";
import { useRequest } from "./hooks.ts";
import { Icon } from "./Icon.tsx";
import { explain } from "./problems.ts";
import { goTo } from "./route.ts";
import { Trouble } from "./Trouble.tsx";

interface Props {
  room: Room;
  self: string;
  onShare: () => void;
  /** Somebody is to be written to: another conversation opens. */
  onWrite: () => void;
  onClose: () => void;
}

/** Who is in the room and, for admins, who asks to be. */
export function Details({ room, self, onShare, onWrite, onClose }: Props) {
  const { requests, role, roomId } = room;
  return (
    <div className="flex h-full min-h-0 flex-col bg-raised">
      <div className="flex min-h-16 items-center justify-between border-b border-line py-2 pr-2 pl-5">
        <h2 className="text-base font-semibold">{isDirect(roomId) ? "Conversation" : "People"}</h2>
        <button type="button" className="button-icon" aria-label="Close people" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-2">
        {/* What waits comes first, for whom it waits for. */}
        {role === "admin" && requests.length > 0 && <Requests room={room} />}
        <Members room={room} self={self} onWrite={onWrite} />
      </div>
      {roomId !== LOBBY && !isDirect(roomId) && (
        <div className="border-t border-line p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
          <button type="button" className="button-quiet w-full" onClick={onShare}>
            <Icon name="link" />
            Invite people
          </button>
        </div>
      )}
    </div>
  );
}

function Members({ room, self, onWrite }: { room: Room; self: string; onWrite: () => void }) {
  const { members, membersAfter, membersFailed, roomId } = room;
  const client = useClient();
  const read = (more: boolean) => void client.rooms.readMembers(roomId, more);
  if (!members && membersFailed) return <Trouble text="The members could not be loaded." onRetry={() => read(false)} />;
  if (!members) return <p className="p-3 text-sm text-muted">Loading…</p>;
  return (
    <section>
      <h3 className="px-3 pt-2 pb-1.5 text-xs font-semibold tracking-wide text-muted uppercase">{roomId === LOBBY ? "Here now" : "Members"}</h3>
      <ul aria-label="Members">
        {members.toSorted(byPlace).map((member) => (
          <MemberItem key={member.username} member={member} own={sameUser(member.username, self)} onWrite={onWrite} />
        ))}
      </ul>
      {membersFailed ? (
        <Trouble text="The members could not be loaded." onRetry={() => read(membersAfter !== undefined)} />
      ) : (
        membersAfter !== undefined && (
          <button type="button" className="button-quiet m-2" onClick={() => read(true)}>
            Show more
          </button>
        )
      )}
    </section>
  );
}

function MemberItem({ member, own, onWrite }: { member: Member; own: boolean; onWrite: () => void }) {
  const { username, role, online } = member;
  return (
    <li className="flex min-h-12 items-center gap-3 rounded-xl px-3">
      <Avatar username={username} size="small" online={online} />
      <span className="min-w-0 flex-1">
        <span className={`block truncate text-sm font-medium ${online ? "" : "text-muted"}`}>
          {displayName(username)}
          <span className="sr-only">{online ? ", online" : ", offline"}</span>
        </span>
        <span className="block truncate text-xs text-muted empty:hidden">
          {[own && "you", originOf(username)].filter(Boolean).join(" · ")}
        </span>
      </span>
      {role === "admin" && <span className="rounded-full bg-accent-soft px-2 py-0.5 text-xs font-semibold text-accent-strong">admin</span>}
      {!own && (
        <IconButton
          icon="speech"
          label={`Write to ${displayName(username)}`}
          className="-my-1 size-9"
          onClick={() => {
            goTo(directRoomId(username));
            onWrite();
          }}
        />
      )}
    </li>
  );
}

/** Where a name comes from, where that is not the chat's own accounts: nobody passes for somebody else. */
export function Origin({ username }: { username: string }) {
  const origin = originOf(username);
  return origin && <span className="text-xs text-muted">{origin}</span>;
}

function originOf(username: string): string | undefined {
  if (isGuest(username)) return "guest";
  return isCognito(username) ? "Cognito" : undefined;
}

function byPlace(a: Member, b: Member): number {
  return place(a) - place(b) || displayName(a.username).localeCompare(displayName(b.username));
}

function place({ role, online }: Member): number {
  return (online ? 0 : 2) + (role === "admin" ? 0 : 1);
}

function Requests({ room: { requests, roomId } }: { room: Room }) {
  return (
    <section className="mb-3 rounded-2xl border border-line bg-surface pb-1">
      <h3 className="px-3 pt-3 pb-1 text-xs font-semibold tracking-wide text-warn uppercase">Asking to join</h3>
      <ul aria-label="Requests to join" aria-live="polite" aria-relevant="additions">
        {requests.map((username) => (
          <Request key={username} roomId={roomId} username={username} />
        ))}
      </ul>
    </section>
  );
}

function Request({ roomId, username }: { roomId: string; username: string }) {
  const client = useClient();
  const [run, busy, problem] = useRequest(explain);
  const decide = (decision: "approve" | "reject") => () => run(async () => void (await client.rooms.decide(roomId, username, decision)));
  return (
    <li className="flex flex-col gap-2 rounded-xl px-3 py-2.5">
      <span className="flex items-center gap-3">
        <Avatar username={username} size="small" />
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{displayName(username)}</span>
        <Origin username={username} />
      </span>
      <span className="grid grid-cols-2 gap-2">
        <button type="button" className="button-primary text-sm" aria-label={`Approve ${username}`} aria-busy={busy} onClick={decide("approve")}>
          Approve
        </button>
        <button type="button" className="button-quiet text-sm" aria-label={`Reject ${username}`} onClick={decide("reject")}>
          Reject
        </button>
      </span>
      {problem && (
        <span role="alert" className="text-sm text-danger">
          {problem}
        </span>
      )}
    </li>
  );
}
