import { useEffect, useRef, useState } from "react";
import { sameUser } from "../chat/session.ts";
import type { Room } from "../chat/state.ts";

/** More than this many at once are counted, not read. */
const READ_OUT = 3;

/**
 * Reads new messages of others out.
 *
 * The log itself is silent (`aria-live="off"`), or a screen reader would read every page of history that loads.
 */
export function Announcer({ room, self }: { room: Room; self: string }) {
  const newest = useRef<string>(undefined);
  const [lines, setLines] = useState<string[]>([]);
  useEffect(() => {
    if (room.completeUntil === undefined) return;
    const since = newest.current;
    newest.current = room.messages.at(-1)?.messageId ?? "";
    if (since === undefined) return;
    const heard = room.messages.filter(({ messageId, username }) => messageId > since && !sameUser(username, self));
    if (heard.length > READ_OUT) setLines([`${heard.length} new messages`]);
    else if (heard.length > 0) setLines(heard.map(({ username, text }) => `${username}: ${text}`));
  }, [room.messages, room.completeUntil, self]);
  return (
    <div aria-live="polite" className="sr-only">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}
