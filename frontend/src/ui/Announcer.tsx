import { useEffect, useRef, useState } from "react";
import type { Message } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import type { Room } from "../chat/state.ts";
import { inWords } from "./format.ts";

/** More than this many at once are counted, not read. */
const READ_OUT = 3;

/**
 * Reads new messages of others out.
 *
 * The log itself is silent (`aria-live="off"`), or a screen reader would read every page of history that loads.
 */
export function Announcer({ room, self }: { room: Room; self: string }) {
  const newest = useRef<string>(undefined);
  const [lines, setLines] = useState<Line[]>([]);
  useEffect(() => {
    if (room.completeUntil === undefined) return;
    const since = newest.current;
    newest.current = room.messages.at(-1)?.messageId ?? "";
    if (since === undefined) return;
    const heard = room.messages.filter(({ messageId, username }) => messageId > since && !sameUser(username, self));
    if (heard.length > 0) setLines(read(heard));
  }, [room.messages, room.completeUntil, self]);
  return (
    <div aria-live="polite" className="sr-only">
      {lines.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}

/** `key` is new for every message: the same words twice are two announcements. */
interface Line {
  key: string;
  text: string;
}

function read(heard: Message[]): Line[] {
  const lines = heard.map((message) => ({ key: message.messageId, text: `${message.username}: ${inWords(message)}` }));
  return lines.length > READ_OUT ? [{ key: lines[0]!.key, text: `${lines.length} new messages` }] : lines;
}
