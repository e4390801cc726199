/** A room's messages as they are read: by day, and within it by who spoke without being interrupted. */

import { sameUser } from "./session.ts";
import type { Outgoing, Room } from "./state.ts";

export interface Entry {
  key: string;
  username: string;
  text: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Set while the message is on its way. */
  outgoing?: Outgoing;
}

export interface Group {
  key: string;
  username: string;
  own: boolean;
  entries: [Entry, ...Entry[]];
}

export interface Day {
  /** The date; days are in order, so no two are the same. */
  key: string;
  /** Some instant of that day, in milliseconds since the epoch. */
  at: number;
  groups: Group[];
}

/** A pause this long begins a new group. */
export const PAUSE_MS = 5 * 60_000;

export function timeline(room: Pick<Room, "messages" | "outbox">, self: string): Day[] {
  const days: Day[] = [];
  for (const entry of entries(room, self)) {
    const key = new Date(entry.at).toDateString();
    let day = days.at(-1);
    if (day?.key !== key) days.push((day = { key, at: entry.at, groups: [] }));
    append(day, entry, self);
  }
  return days;
}

function entries({ messages, outbox }: Pick<Room, "messages" | "outbox">, self: string): Entry[] {
  // This machine's clock may be behind the server's.
  const newestAt = messages.at(-1)?.sentAt ?? 0;
  return [
    ...messages.map(({ messageId, username, text, sentAt }) => ({ key: messageId, username, text, at: sentAt })),
    ...outbox.map((outgoing) => {
      const { clientId, text, queuedAt } = outgoing;
      return { key: clientId, username: self, text, at: Math.max(queuedAt, newestAt), outgoing };
    }),
  ];
}

function append(day: Day, entry: Entry, self: string): void {
  const group = day.groups.at(-1);
  const last = group?.entries.at(-1);
  if (group && last && sameUser(group.username, entry.username) && entry.at - last.at < PAUSE_MS) {
    group.entries.push(entry);
  } else {
    const own = sameUser(entry.username, self);
    day.groups.push({ key: entry.key, username: entry.username, own, entries: [entry] });
  }
}
