/** Every change of the client's state, as pure functions of the state before and what happened. */

import type { Status } from "./connection.ts";
import { type ConversationEvent, disconnected, reduceConversation } from "./conversation.ts";
import { isDirect } from "./protocol.ts";
import { addressed, reduceRoster, type RosterEvent } from "./roster.ts";
import { sameUser } from "./session.ts";
import type { ChatState, Room } from "./state.ts";

export type Event =
  | { kind: "status"; status: Status }
  /** The room on screen is another one, or one that this user is not in. */
  | { kind: "opened"; roomId: string }
  /** All that the room has was on screen. */
  | { kind: "seen"; roomId: string }
  /** Room id → id of the newest message that was on screen in another tab. */
  | { kind: "seenElsewhere"; seen: ChatState["seen"] }
  | { kind: "drafted"; roomId: string; text: string }
  | ConversationEvent
  | RosterEvent;

export function reduce(state: ChatState, event: Event): ChatState {
  switch (event.kind) {
    case "status":
      return reduceStatus(state, event.status);
    case "opened":
      return opened(state, event.roomId);
    case "seen":
      return seen(state, event.roomId);
    case "seenElsewhere":
      return seenElsewhere(state, event.seen);
    case "drafted":
      return drafted(state, event.roomId, event.text);
    case "listed":
    case "listFailed":
    case "entered":
    case "addressed":
    case "decided":
    case "requested":
    case "requestSettled":
    case "membersRead":
    case "membersFailed":
    case "memberChanged":
    case "presence":
    case "left":
    case "gone":
      return reduceRoster(state, event);
    case "received":
      return inRoom(withConversation(state, event.roomId, event.message.username), event);
    default:
      return inRoom(state, event);
  }
}

/** Somebody wrote who never did before. */
function withConversation(state: ChatState, roomId: string, username: string): ChatState {
  if (!isDirect(roomId) || state.rooms[roomId]) return state;
  return addressed(state, roomId, sameUser(username, state.self) ? undefined : username);
}

function inRoom(state: ChatState, event: ConversationEvent): ChatState {
  const room = state.rooms[event.roomId];
  if (!room) return state;
  const next = reduceConversation(state.self, room, event);
  if (next === room) return state;
  const changed = withRoom(state, next);
  if (event.kind !== "synced" || state.seen[room.roomId] !== undefined) return changed;
  // A room that comes in for the first time, on this machine, is not full of news.
  return { ...changed, seen: { ...changed.seen, [room.roomId]: next.messages.at(-1)?.messageId ?? "" } };
}

function reduceStatus(state: ChatState, status: Status): ChatState {
  const wasOpen = state.wasOpen || status.phase === "open";
  const rooms = Object.fromEntries(Object.entries(state.rooms).map(([roomId, room]) => [roomId, disconnected(room)]));
  return { ...state, status, wasOpen, rooms, listing: "stale" };
}

function opened(state: ChatState, roomId: string): ChatState {
  const room = state.rooms[roomId];
  if (!room) return { ...state, current: roomId };
  const { seenOnOpening: _, ...rest } = room;
  const mark = state.seen[roomId];
  const isNews = mark !== undefined && (room.messages.at(-1)?.messageId ?? "") > mark;
  return { ...withRoom(state, isNews ? { ...rest, seenOnOpening: mark } : rest), current: roomId };
}

function seen(state: ChatState, roomId: string): ChatState {
  const newest = state.rooms[roomId]?.messages.at(-1)?.messageId;
  if (newest === undefined || newest <= (state.seen[roomId] ?? "")) return state;
  return { ...state, seen: { ...state.seen, [roomId]: newest } };
}

function seenElsewhere(state: ChatState, marks: ChatState["seen"]): ChatState {
  const newer = Object.entries(marks).filter(([roomId, messageId]) => messageId > (state.seen[roomId] ?? ""));
  return newer.length === 0 ? state : { ...state, seen: { ...state.seen, ...Object.fromEntries(newer) } };
}

function drafted(state: ChatState, roomId: string, text: string): ChatState {
  const { [roomId]: _, ...others } = state.drafts;
  return { ...state, drafts: text === "" ? others : { ...others, [roomId]: text } };
}

function withRoom(state: ChatState, room: Room): ChatState {
  return { ...state, rooms: { ...state.rooms, [room.roomId]: room } };
}
