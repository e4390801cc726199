/** A room's messages as rows of a list: by day, and within it by who spoke without being interrupted. */

import type { Message } from "./protocol.ts";
import { sameUser } from "./session.ts";
import type { Outgoing, Room } from "./state.ts";

export interface MessageRow {
  kind: "message";
  key: string;
  username: string;
  text: string;
  /** Milliseconds since the epoch. */
  at: number;
  own: boolean;
  /** Whether somebody begins to speak here. */
  first: boolean;
  /** What the server has of it; absent while the message is on its way. */
  message?: Message;
  outgoing?: Outgoing;
}

export type Row =
  /** `at` is some instant of the day that begins. */
  | { kind: "day"; key: string; at: number }
  /** What follows came while the room was not open. */
  | { kind: "unread"; key: string }
  | MessageRow;

/** A pause this long begins anew. */
export const PAUSE_MS = 5 * 60_000;

export function timeline(room: Pick<Room, "messages" | "outbox" | "seenOnOpening">, self: string): Row[] {
  const rows: Row[] = [];
  const { seenOnOpening } = room;
  let dayEnd = 0;
  let unreadShown = seenOnOpening === undefined;
  let before: MessageRow | undefined;
  for (const row of messageRows(room, self)) {
    if (row.at >= dayEnd) {
      dayEnd = endOfDay(row.at);
      rows.push({ kind: "day", key: `day ${dayEnd}`, at: row.at });
      before = undefined;
    }
    if (!unreadShown && !row.own && row.key > seenOnOpening!) {
      unreadShown = true;
      rows.push({ kind: "unread", key: "unread" });
      before = undefined;
    }
    row.first = !before || !sameUser(before.username, row.username) || row.at - before.at >= PAUSE_MS;
    rows.push(row);
    before = row;
  }
  return rows;
}

function messageRows({ messages, outbox }: Pick<Room, "messages" | "outbox">, self: string): MessageRow[] {
  // This machine's clock may be behind the server's.
  const newestAt = messages.at(-1)?.sentAt ?? 0;
  const base = { kind: "message" as const, first: true };
  // One's own message keeps the key it had on its way, and so the focus, when it is acknowledged.
  const taken = new Set<string>();
  const keyOf = (clientId: string | undefined, otherwise: string) => {
    const key = clientId === undefined || taken.has(clientId) ? otherwise : clientId;
    taken.add(key);
    return key;
  };
  return [
    ...messages.map((message): MessageRow => {
      const { messageId, username, text, sentAt, clientId } = message;
      const own = sameUser(username, self);
      return { ...base, key: keyOf(own ? clientId : undefined, messageId), username, text, at: sentAt, own, message };
    }),
    ...outbox.map((outgoing): MessageRow => {
      const { clientId, text, queuedAt } = outgoing;
      return { ...base, key: keyOf(clientId, `sending ${clientId}`), username: self, text, at: Math.max(queuedAt, newestAt), own: true, outgoing };
    }),
  ];
}

function endOfDay(at: number): number {
  return new Date(at).setHours(24, 0, 0, 0);
}
