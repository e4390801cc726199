/** Every change of the client's state, as pure functions of the state before and what happened. */

import type { Status } from "./connection.ts";
import type { Message } from "./protocol.ts";
import { sameUser } from "./session.ts";
import type { ChatState, Older, Outgoing, Room } from "./state.ts";

/** The newest history, read over a new connection. */
export interface Synced {
  kind: "synced";
  roomId: string;
  messages: readonly Message[];
  nextBefore: string | undefined;
  /** Whether `messages` reaches back to what the room had; if not, what it had is dropped rather than keep a gap. */
  joined: boolean;
}

export type Event =
  | { kind: "status"; status: Status }
  | Synced
  | { kind: "syncStarted" | "syncFailed"; roomId: string }
  | { kind: "olderRequested"; roomId: string }
  | { kind: "olderLoaded"; roomId: string; messages: readonly Message[]; nextBefore: string | undefined }
  | { kind: "olderFailed"; roomId: string }
  | { kind: "received"; roomId: string; message: Message }
  | { kind: "queued"; roomId: string; clientId: string; text: string; queuedAt: number }
  | { kind: "sending" | "requeued" | "discarded"; roomId: string; clientId: string }
  | { kind: "sent"; roomId: string; clientId: string; messageId: string; sentAt: number }
  | { kind: "sendFailed"; roomId: string; clientId: string; reason: string }
  | { kind: "typing"; roomId: string; username: string; until: number }
  | { kind: "typingEnded"; roomId: string; now: number };

export function reduce(state: ChatState, event: Event): ChatState {
  if (event.kind === "status") return reduceStatus(state, event.status);
  const room = state.rooms[event.roomId];
  if (!room) return state;
  const next = reduceRoom(state, room, event);
  return next === room ? state : { ...state, rooms: { ...state.rooms, [room.roomId]: next } };
}

function reduceStatus(state: ChatState, status: Status): ChatState {
  const wasOpen = state.wasOpen || status.phase === "open";
  const rooms = Object.fromEntries(Object.entries(state.rooms).map(([roomId, room]) => [roomId, disconnected(room)]));
  return { ...state, status, wasOpen, rooms };
}

/** What the last connection leaves: nothing is known to be current, and what was under way hangs in the air. */
function disconnected(room: Room): Room {
  return {
    ...room,
    sync: "stale",
    older: room.older.state === "loading" ? { ...room.older, state: "available" } : room.older,
    outbox: room.outbox.map((item) => (item.state === "sending" ? { ...item, state: "unconfirmed" } : item)),
    typing: {},
  };
}

function reduceRoom(state: ChatState, room: Room, event: Exclude<Event, { kind: "status" }>): Room {
  switch (event.kind) {
    case "synced":
      return synced(state, room, event);
    case "syncStarted":
      return { ...room, sync: "stale" };
    case "syncFailed":
      return { ...room, sync: "failed" };
    case "olderRequested":
      return room.older.state === "none" ? room : { ...room, older: { ...room.older, state: "loading" } };
    case "olderLoaded":
      return { ...withMessages(state, room, event.messages), older: olderThan(event.nextBefore) };
    case "olderFailed":
      return room.older.state === "none" ? room : { ...room, older: { ...room.older, state: "failed" } };
    case "received":
      return received(state, room, event.message);
    case "queued":
      return queued(room, event);
    case "requeued":
      return requeued(room, event.clientId);
    case "sending":
      return withOutgoing(room, event.clientId, (item) => ({ ...item, state: "sending" }));
    case "sent":
      return sent(state, room, event);
    case "sendFailed":
      return withOutgoing(room, event.clientId, (item) => ({ ...item, state: "failed", reason: event.reason }));
    case "discarded":
      return { ...room, outbox: room.outbox.filter((item) => item.clientId !== event.clientId) };
    case "typing":
      return typing(state, room, event.username, event.until);
    case "typingEnded":
      return { ...room, typing: filterTyping(room, (_, until) => until > event.now) };
  }
}

function synced(state: ChatState, room: Room, event: Synced): Room {
  const oldest = event.messages[0]?.messageId ?? "";
  const kept = event.joined ? room.messages : room.messages.filter((message) => message.messageId > oldest);
  const merged = withMessages(state, { ...room, messages: kept }, event.messages);
  return advance({
    ...merged,
    sync: "synced",
    older: event.joined ? room.older : olderThan(event.nextBefore),
    outbox: merged.outbox.map(settle),
  });
}

/** What the history does not show after a lost connection was not stored, as far as anyone can tell: the user decides. */
function settle(item: Outgoing): Outgoing {
  if (item.state !== "unconfirmed") return item;
  return { ...item, state: "failed", reason: "The connection was lost before this was confirmed." };
}

function received(state: ChatState, room: Room, message: Message): Room {
  const next = withMessages(state, room, [message]);
  return advance({ ...next, typing: filterTyping(room, (username) => !sameUser(username, message.username)) });
}

function sent(state: ChatState, room: Room, event: Extract<Event, { kind: "sent" }>): Room {
  const { clientId, messageId, sentAt } = event;
  const item = room.outbox.find((candidate) => candidate.clientId === clientId);
  // The push may have come before the answer, and taken the item out already.
  if (!item) return room;
  return advance(withMessages(state, room, [{ messageId, username: state.self, text: item.text, sentAt, clientId }]));
}

function queued(room: Room, { clientId, text, queuedAt }: Extract<Event, { kind: "queued" }>): Room {
  return { ...room, outbox: [...room.outbox, { clientId, text, queuedAt, state: "queued" }] };
}

function requeued(room: Room, clientId: string): Room {
  const item = room.outbox.find((candidate) => candidate.clientId === clientId);
  if (item?.state !== "failed") return room;
  const others = room.outbox.filter((candidate) => candidate !== item);
  const { reason: _, ...rest } = item;
  return { ...room, outbox: [...others, { ...rest, state: "queued" }] };
}

function typing(state: ChatState, room: Room, username: string, until: number): Room {
  return sameUser(username, state.self) ? room : { ...room, typing: { ...room.typing, [username]: until } };
}

function filterTyping(room: Room, keep: (username: string, until: number) => boolean): Room["typing"] {
  return Object.fromEntries(Object.entries(room.typing).filter(([username, until]) => keep(username, until)));
}

function withOutgoing(room: Room, clientId: string, change: (item: Outgoing) => Outgoing): Room {
  return { ...room, outbox: room.outbox.map((item) => (item.clientId === clientId ? change(item) : item)) };
}

/** Add messages, and take those of one's own that are among them out of the outbox. */
function withMessages(state: ChatState, room: Room, messages: readonly Message[]): Room {
  const own = messages.filter((message) => sameUser(message.username, state.self));
  const arrived = new Set(own.map((message) => message.clientId));
  return {
    ...room,
    messages: merge(room.messages, messages),
    outbox: room.outbox.filter((item) => !arrived.has(item.clientId)),
  };
}

/** Union of two lists by message id, in the order of the ids. */
export function merge(known: readonly Message[], added: readonly Message[]): readonly Message[] {
  const seen = new Set(known.map((message) => message.messageId));
  const fresh = [...new Map(added.map((message) => [message.messageId, message])).values()].filter(
    (message) => !seen.has(message.messageId),
  );
  if (fresh.length === 0) return known;
  return [...known, ...fresh].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
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
