/** What happens to rooms and their members, as pure functions of the state before. */

import type { Decision, Listing, Member, Presence } from "./protocol.ts";
import { isDirect, LOBBY, MAX_PENDING } from "./protocol.ts";
import { sameUser } from "./session.ts";
import { type ChatState, newRoom, type Room } from "./state.ts";

export type RosterEvent =
  /** All rooms that one is in or has asked for. */
  | { kind: "listed"; rooms: readonly Listing[] }
  | { kind: "listFailed" }
  | { kind: "entered"; roomId: string; name: string; role: Room["role"] }
  /** Somebody is to be written to. */
  | { kind: "addressed"; roomId: string }
  | { kind: "decided"; roomId: string; decision: Decision }
  | { kind: "requested" | "requestSettled"; roomId: string; username: string }
  | { kind: "membersRead"; roomId: string; members: readonly Member[]; pending: readonly string[]; after: string | undefined; first: boolean }
  | { kind: "membersFailed"; roomId: string }
  | { kind: "memberChanged"; roomId: string; username: string; change: "joined" | "left" | "admin" }
  | { kind: "presence"; changes: readonly Presence[] }
  /** Not in it any more: by one's own wish, or because the room has ended. */
  | { kind: "left" | "gone"; roomId: string };

export function reduceRoster(state: ChatState, event: RosterEvent): ChatState {
  switch (event.kind) {
    case "listed":
      return listed(state, event.rooms);
    case "listFailed":
      return { ...state, listing: "failed" };
    case "entered":
      return entered(state, event);
    case "addressed":
      return addressed(state, event.roomId);
    case "decided":
      return decided(state, event.roomId, event.decision);
    case "requested":
      return change(state, event.roomId, (room) => ({ ...room, requests: withName(room.requests, event.username) }));
    case "requestSettled":
      return change(state, event.roomId, (room) => ({ ...room, requests: withoutName(room.requests, event.username) }));
    case "membersRead":
      return change(state, event.roomId, (room) => membersRead(room, event));
    case "membersFailed":
      return change(state, event.roomId, (room) => ({ ...room, membersFailed: true }));
    case "memberChanged":
      return memberChanged(state, event.roomId, event.username, event.change);
    case "presence":
      return event.changes.reduce(presence, state);
    case "left":
      return without(state, event.roomId);
    case "gone":
      return change(state, event.roomId, (room) => ({ ...room, standing: "gone", requests: [], outbox: [] }));
  }
}

function change(state: ChatState, roomId: string, by: (room: Room) => Room): ChatState {
  const room = state.rooms[roomId];
  const next = room && by(room);
  return !next || next === room ? state : { ...state, rooms: { ...state.rooms, [roomId]: next } };
}

/** What the list does not name any more has ended, or was left from another window. */
function listed(state: ChatState, listings: readonly Listing[]): ChatState {
  const named = new Map(listings.map((listing) => [listing.roomId, listing]));
  const known = Object.values(state.rooms).map((room) => (named.has(room.roomId) ? room : unlisted(room)));
  const rooms = Object.fromEntries(known.map((room) => [room.roomId, room]));
  for (const { roomId, name, role, status, pending } of listings) {
    const standing = { roomId, name, role, standing: status };
    const room = rooms[roomId] ?? newRoom(state, standing);
    const last = pending.length < MAX_PENDING ? undefined : pending.at(-1);
    rooms[roomId] = { ...room, ...standing, requests: withRest(pending, room.requests, last) };
  }
  return { ...state, rooms, listing: "listed" };
}

function unlisted(room: Room): Room {
  if (room.roomId === LOBBY || isDirect(room.roomId) || room.standing === "rejected") return room;
  return { ...room, standing: room.standing === "pending" ? "rejected" : "gone", requests: [] };
}

function entered(state: ChatState, { roomId, name, role }: Extract<RosterEvent, { kind: "entered" }>): ChatState {
  const standing = { roomId, name, role, standing: "approved" as const };
  const room = { ...(state.rooms[roomId] ?? newRoom(state, standing)), ...standing };
  return { ...state, rooms: { ...state.rooms, [roomId]: room } };
}

/** A conversation that there is no list of yet; its name is the other one's, as spelled where it was seen. */
export function addressed(state: ChatState, roomId: string, spelled?: string): ChatState {
  const name = spelled ?? spellingOf(state, roomId.slice(1));
  const room = newRoom(state, { roomId, name, role: "member", standing: "approved" });
  return { ...state, rooms: { ...state.rooms, [roomId]: room }, seen: { [roomId]: "", ...state.seen } };
}

function spellingOf({ rooms }: ChatState, username: string): string {
  const known = Object.values(rooms).flatMap(({ members }) => members ?? []);
  return known.find((member) => sameUser(member.username, username))?.username ?? username;
}

/** An approval only counts for what is still waited for: the list may have told before the push came. */
function decided(state: ChatState, roomId: string, decision: Decision): ChatState {
  return change(state, roomId, (room) => {
    if (room.standing !== "pending") return room;
    return { ...room, standing: decision === "approve" ? "approved" : "rejected" };
  });
}

function membersRead(room: Room, event: Extract<RosterEvent, { kind: "membersRead" }>): Room {
  const { membersAfter: _after, membersFailed: _failed, ...rest } = room;
  const known = event.first ? [] : (room.members ?? []).filter(({ username }) => !has(event.members, username));
  const more = event.after === undefined ? {} : { membersAfter: event.after };
  const requests = event.first ? withRest(event.pending, room.requests, event.after) : event.pending.reduce(withName, room.requests);
  return { ...rest, ...more, members: [...known, ...event.members], requests: room.role === "admin" ? requests : [] };
}

function memberChanged(state: ChatState, roomId: string, username: string, what: "joined" | "left" | "admin"): ChatState {
  const own = sameUser(username, state.self);
  if (own && what === "left") return without(state, roomId);
  return change(state, roomId, (room) => ({
    ...room,
    role: own && what === "admin" ? "admin" : room.role,
    requests: withoutName(room.requests, username),
    ...(room.members && { members: withChange(room.members, username, what) }),
  }));
}

function withChange(members: readonly Member[], username: string, what: "joined" | "left" | "admin"): readonly Member[] {
  if (what === "left") return members.filter((member) => !sameUser(member.username, username));
  if (what === "admin") return members.map((each) => (sameUser(each.username, username) ? { ...each, role: "admin" } : each));
  return has(members, username) ? members : [...members, { username, role: "member", online: true }];
}

/** In the lobby who comes and goes is who is in; elsewhere it is who is there of those who are in. */
function presence(state: ChatState, { username, online }: Presence): ChatState {
  return Object.values(state.rooms).reduce((before, { roomId, members }) => {
    if (!members || (roomId !== LOBBY && !has(members, username))) return before;
    if (roomId === LOBBY && !has(members, username)) {
      return online ? memberChanged(before, roomId, username, "joined") : before;
    }
    if (roomId === LOBBY && !online) return change(before, roomId, (room) => ({ ...room, members: withChange(members, username, "left") }));
    const told = members.map((each) => (sameUser(each.username, username) ? { ...each, online } : each));
    return change(before, roomId, (room) => ({ ...room, members: told }));
  }, state);
}

function without(state: ChatState, roomId: string): ChatState {
  const { [roomId]: _room, ...rooms } = state.rooms;
  const { [roomId]: _draft, ...drafts } = state.drafts;
  const { [roomId]: _seen, ...seen } = state.seen;
  const { [roomId]: _unsent, ...unsent } = state.unsent;
  return { ...state, rooms, drafts, seen, unsent };
}

function has(members: readonly Member[], username: string): boolean {
  return members.some((member) => sameUser(member.username, username));
}

/** Those who ask as a list tells it, and behind the name at which it broke off, if it did, those who were known before. */
function withRest(told: readonly string[], known: readonly string[], last: string | undefined): readonly string[] {
  if (last === undefined) return told;
  return [...told, ...known.filter((name) => name.toLowerCase() > last.toLowerCase())];
}

function withName(names: readonly string[], name: string): readonly string[] {
  return names.some((each) => sameUser(each, name)) ? names : [...names, name];
}

function withoutName(names: readonly string[], name: string): readonly string[] {
  return names.some((each) => sameUser(each, name)) ? names.filter((each) => !sameUser(each, name)) : names;
}
