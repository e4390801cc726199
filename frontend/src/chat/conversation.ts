/** What happens to one room's messages, as pure functions of the room before. */

import type { FileInfo, Message } from "./protocol.ts";
import { sameUser } from "./session.ts";
import type { Found, Older, Outgoing, Room } from "./state.ts";

/** The newest history, read over a new connection. */
export interface Synced {
  kind: "synced";
  roomId: string;
  messages: readonly Message[];
  nextBefore: string | undefined;
  /** Whether `messages` reaches back to what the room had; if not, what it had is dropped rather than keep a gap. */
  joined: boolean;
}

export type ConversationEvent =
  | Synced
  | { kind: "syncStarted" | "syncFailed"; roomId: string }
  | { kind: "olderRequested"; roomId: string }
  | { kind: "olderLoaded"; roomId: string; messages: readonly Message[]; nextBefore: string | undefined }
  | { kind: "olderFailed"; roomId: string }
  /** A page of what had been loaded over an earlier connection. */
  | { kind: "readAgain"; roomId: string; messages: readonly Message[]; nextBefore: string | undefined }
  | { kind: "received"; roomId: string; message: Message }
  /** Absent when the search is closed. */
  | { kind: "found"; roomId: string; found?: Found }
  /** What became of a message; nothing where it is not known, since it comes with the history. */
  | { kind: "changed"; roomId: string; message: Message }
  | { kind: "queued"; roomId: string; clientId: string; text: string; queuedAt: number; file?: FileInfo }
  | { kind: "sending" | "requeued" | "discarded"; roomId: string; clientId: string }
  | { kind: "sent"; roomId: string; clientId: string; messageId: string; sentAt: number }
  | { kind: "sendFailed"; roomId: string; clientId: string; reason: string }
  | { kind: "typing"; roomId: string; username: string; until: number }
  | { kind: "typingEnded"; roomId: string; now: number };

/** What the last connection leaves: nothing is known to be current, and what was under way hangs in the air. */
export function disconnected(room: Room): Room {
  return {
    ...room,
    sync: "stale",
    older: room.older.state === "loading" ? { ...room.older, state: "available" } : room.older,
    outbox: room.outbox.map((item) => (item.state === "sending" ? { ...item, state: "unconfirmed" } : item)),
    typing: {},
  };
}

/** A room after something happened to its messages. `self` is one's own user name. */
export function reduceConversation(self: string, room: Room, event: ConversationEvent): Room {
  switch (event.kind) {
    case "synced":
      return synced(self, room, event);
    case "syncStarted":
      return { ...room, sync: "stale" };
    case "syncFailed":
      return { ...room, sync: "failed" };
    case "olderRequested":
      return room.older.state === "none" ? room : { ...room, older: { ...room.older, state: "loading" } };
    case "olderLoaded":
      return { ...withMessages(self, room, event.messages), older: olderThan(event.nextBefore) };
    case "olderFailed":
      return room.older.state === "none" ? room : { ...room, older: { ...room.older, state: "failed" } };
    case "readAgain":
      return currentFrom(withMessages(self, room, event.messages), event.nextBefore);
    case "received":
      return received(self, room, event.message);
    case "found":
      return withFound(room, event.found);
    case "changed":
      return changed(self, room, event.message);
    case "queued":
      return queued(room, event);
    case "requeued":
      return requeued(room, event.clientId);
    case "sending":
      return withOutgoing(room, event.clientId, (item) => ({ ...item, state: "sending" }));
    case "sent":
      return sent(self, room, event);
    case "sendFailed":
      return withOutgoing(room, event.clientId, (item) => ({ ...item, state: "failed", reason: event.reason }));
    case "discarded":
      return { ...room, outbox: room.outbox.filter((item) => item.clientId !== event.clientId) };
    case "typing":
      return typing(self, room, event.username, event.until);
    case "typingEnded":
      return { ...room, typing: filterTyping(room, (_, until) => until > event.now) };
  }
}

function synced(self: string, room: Room, event: Synced): Room {
  const oldest = event.messages[0]?.messageId ?? "";
  const kept = event.joined ? room.messages : room.messages.filter((message) => message.messageId > oldest);
  const merged = withMessages(self, { ...room, messages: kept }, event.messages);
  const older = event.joined ? room.older : olderThan(event.nextBefore);
  const next = { ...merged, sync: "synced" as const, older, outbox: merged.outbox.map(settle) };
  return advance(currentFrom(next, oldest));
}

/** All from this id on is as the server has it. */
function currentFrom(room: Room, messageId: string | undefined): Room {
  const { currentFrom: _, ...rest } = room;
  const oldest = room.messages[0]?.messageId;
  return messageId !== undefined && oldest !== undefined && oldest < messageId ? { ...rest, currentFrom: messageId } : rest;
}

/** What the history does not show after a lost connection was not stored, as far as anyone can tell: the user decides. */
function settle(item: Outgoing): Outgoing {
  if (item.state !== "unconfirmed") return item;
  return { ...item, state: "failed", reason: "The connection was lost before this was confirmed." };
}

function received(self: string, room: Room, message: Message): Room {
  const next = withMessages(self, room, [message]);
  return advance({ ...next, typing: filterTyping(room, (username) => !sameUser(username, message.username)) });
}

function changed(self: string, room: Room, message: Message): Room {
  const { messageId } = message;
  const isKnown = messageId >= (room.messages[0]?.messageId ?? "\uffff") || room.older.state === "none";
  return isKnown ? withMessages(self, room, [message]) : withFound(room, current(room.found, [message]));
}

function sent(self: string, room: Room, event: Extract<ConversationEvent, { kind: "sent" }>): Room {
  const { clientId, messageId, sentAt } = event;
  const item = room.outbox.find((candidate) => candidate.clientId === clientId);
  // The push may have come before the answer, and taken the item out already.
  if (!item) return room;
  const { text, file } = item;
  return advance(withMessages(self, room, [{ messageId, username: self, text, sentAt, clientId, ...(file && { file }) }]));
}

function queued(room: Room, event: Extract<ConversationEvent, { kind: "queued" }>): Room {
  const { clientId, text, queuedAt, file } = event;
  return { ...room, outbox: [...room.outbox, { clientId, text, queuedAt, state: "queued", ...(file && { file }) }] };
}

function requeued(room: Room, clientId: string): Room {
  const item = room.outbox.find((candidate) => candidate.clientId === clientId);
  if (item?.state !== "failed") return room;
  const others = room.outbox.filter((candidate) => candidate !== item);
  const { reason: _, ...rest } = item;
  return { ...room, outbox: [...others, { ...rest, state: "queued" }] };
}

function typing(self: string, room: Room, username: string, until: number): Room {
  return sameUser(username, self) ? room : { ...room, typing: { ...room.typing, [username]: until } };
}

function filterTyping(room: Room, keep: (username: string, until: number) => boolean): Room["typing"] {
  return Object.fromEntries(Object.entries(room.typing).filter(([username, until]) => keep(username, until)));
}

function withOutgoing(room: Room, clientId: string, change: (item: Outgoing) => Outgoing): Room {
  return { ...room, outbox: room.outbox.map((item) => (item.clientId === clientId ? change(item) : item)) };
}

/** Add messages, and take those of one's own that are among them out of the outbox. */
function withMessages(self: string, room: Room, messages: readonly Message[]): Room {
  const own = messages.filter((message) => sameUser(message.username, self));
  const arrived = new Set(own.map((message) => message.clientId));
  return {
    ...withFound(room, current(room.found, messages)),
    messages: merge(room.messages, messages),
    outbox: room.outbox.filter((item) => !arrived.has(item.clientId)),
  };
}

function withFound(room: Room, found: Found | undefined): Room {
  const { found: _, ...rest } = room;
  return found ? { ...rest, found } : rest;
}

/** What was found, with these later states of messages. */
function current(found: Found | undefined, messages: readonly Message[]): Found | undefined {
  if (!found) return undefined;
  const later = new Map(messages.map((message) => [message.messageId, message]));
  const now = found.messages.map((message) => merge([message], [later.get(message.messageId) ?? message])[0]!);
  return { ...found, messages: now.filter(({ deletedAt }) => deletedAt === undefined) };
}

/** Union of two lists by message id, in the order of the ids; of two states of one message the later one holds. */
export function merge(known: readonly Message[], added: readonly Message[]): readonly Message[] {
  const newest = known.at(-1)?.messageId ?? "";
  // What comes in mostly is one message, newer than all: no need to look at thousands of others.
  if (added.length === 1 && added[0]!.messageId > newest) return [...known, added[0]!];
  const byId = new Map(known.map((message) => [message.messageId, message]));
  let isChanged = false;
  for (const message of added) {
    const present = byId.get(message.messageId);
    if (present && revisionOf(present) >= revisionOf(message)) continue;
    byId.set(message.messageId, message);
    isChanged = true;
  }
  if (!isChanged) return known;
  return [...byId.values()].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
}

function revisionOf({ revision }: Message): number {
  return revision ?? 0;
}

/** While in step with the server, nothing is missing up to the newest message. */
function advance(room: Room): Room {
  const newest = room.messages.at(-1);
  if (room.sync !== "synced") return room;
  return { ...room, completeUntil: Math.max(room.completeUntil ?? 0, newest?.sentAt ?? 0) };
}

function olderThan(nextBefore: string | undefined): Older {
  return nextBefore === undefined ? { state: "none" } : { state: "available", before: nextBefore };
}
