import { useMemo } from "react";
import type { Message } from "../chat/protocol.ts";
import { isGuest } from "../chat/names.ts";
import type { Room } from "../chat/state.ts";
import { sameUser } from "../chat/session.ts";
import { Avatar } from "./Avatar.tsx";
import { Brand } from "./Brand.tsx";
import { clockTime } from "./format.ts";

interface Props {
  room: Room;
  name: string;
  self: string;
}

const SHOWN = 12;

/** On wide screens: where one is, and whose voices were heard lately. */
export function Sidebar({ room, name, self }: Props) {
  const speakers = useMemo(() => lastHeard(room.messages), [room.messages]);
  return (
    <aside className="hidden min-h-0 flex-col gap-8 overflow-y-auto border-r border-line bg-raised p-5 lg:flex">
      <Brand />
      <section>
        <h2 className="mb-2 text-xs font-semibold tracking-wide text-muted uppercase">Room</h2>
        <p className="rounded-xl bg-accent-soft px-3 py-2.5 font-medium text-accent-strong"># {name}</p>
      </section>
      {speakers.length > 0 && (
        <section>
          <h2 className="mb-3 text-xs font-semibold tracking-wide text-muted uppercase">Heard lately</h2>
          <ul className="flex flex-col gap-3">
            {speakers.map((message) => (
              <Speaker key={message.username} message={message} self={self} />
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}

function Speaker({ message: { username, sentAt }, self }: { message: Message; self: string }) {
  const note = sameUser(username, self) ? "you" : isGuest(username) ? "guest" : undefined;
  return (
    <li className="flex items-center gap-2.5 text-sm">
      <Avatar username={username} size="small" />
      <span className="min-w-0 truncate font-medium">{username}</span>
      {note && <span className="text-xs text-muted">{note}</span>}
      <time dateTime={new Date(sentAt).toISOString()} className="ml-auto shrink-0 text-xs text-muted tabular-nums">
        {clockTime(sentAt)}
      </time>
    </li>
  );
}

/** The last message of each user, the latest first. */
function lastHeard(messages: readonly Message[]): Message[] {
  const last = new Map<string, Message>();
  for (const message of messages) last.set(message.username.toLowerCase(), message);
  return [...last.values()].toSorted((a, b) => b.sentAt - a.sentAt).slice(0, SHOWN);
}
