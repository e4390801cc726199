import { expect, test } from "vitest";
import type { Message } from "../../src/chat/protocol.ts";
import { merge } from "../../src/chat/conversation.ts";
import { type Event, reduce } from "../../src/chat/reducer.ts";
import { type ChatState, initialState, type Room } from "../../src/chat/state.ts";

const LOBBY = { roomId: "lobby" };

function message(messageId: string, username = "bob", clientId?: string): Message {
  const base = { messageId, username, text: `text of ${messageId}`, sentAt: Number(messageId) };
  return clientId === undefined ? base : { ...base, clientId };
}

function after(...events: Event[]): ChatState {
  return events.reduce(reduce, initialState("ann"));
}

function lobby(...events: Event[]): Room {
  return after(...events).rooms.lobby!;
}

const ids = (room: Room) => room.messages.map(({ messageId }) => messageId);
const open: Event = { kind: "status", status: { phase: "open" } };
const lost: Event = { kind: "status", status: { phase: "waiting", retryAt: 0 } };
const received = (one: Message): Event => ({ kind: "received", ...LOBBY, message: one });
const queued: Event = { kind: "queued", ...LOBBY, clientId: "c1", text: "mine", queuedAt: 5 };
const sending: Event = { kind: "sending", ...LOBBY, clientId: "c1" };
const sent: Event = { kind: "sent", ...LOBBY, clientId: "c1", messageId: "7", sentAt: 7 };
const synced = (messages: Message[], joined = false, nextBefore?: string): Event => {
  return { kind: "synced", ...LOBBY, messages, joined, nextBefore };
};

test("messages stand in the order of their ids, whatever the order they come in", () => {
  expect(ids(lobby(received(message("3")), received(message("1")), received(message("2"))))).toEqual(["1", "2", "3"]);
});

test("who asks stays known where a list of some of them ends", () => {
  const requests = (state: ChatState) => state.rooms.tea!.requests;
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `guest-${from + index}`);
  const listed = (pending: string[]): Event => ({ kind: "listed", rooms: [{ roomId: "tea", name: "Tea", role: "admin", status: "approved", pending }] });
  const read = (pending: string[], nextAfter?: string): Event => ({ kind: "membersRead", roomId: "tea", members: [], pending, after: nextAfter, first: true });
  // `listRooms` tells the first 40 of them, `getMembers` all, page by page; both by name.
  expect(requests(after(listed(names(10, 50)), read(names(10, 55))))).toEqual(names(10, 55));
  expect(requests(after(listed(names(10, 50)), read(names(10, 55)), listed(names(10, 50))))).toEqual(names(10, 55));
  expect(requests(after(listed(names(10, 12)), read(["guest-10"], "guest-10")))).toEqual(["guest-10", "guest-11"]);
  expect(requests(after(listed(names(10, 12)), listed(["guest-11"]), read([])))).toEqual([]);
});

test("a repeat changes nothing", () => {
  const known = [message("1"), message("2")];
  expect(merge(known, [message("2"), message("1")])).toBe(known);
  expect(merge([], [message("1"), message("1")])).toHaveLength(1);
});

test("events of rooms that are not open change nothing", () => {
  const state = initialState("ann");
  expect(reduce(state, { kind: "received", roomId: "elsewhere", message: message("1") })).toBe(state);
});

test.each([
  ["the answer", [sent]],
  ["the push", [received(message("7", "ann", "c1"))]],
  ["the answer, then the push", [sent, received(message("7", "ann", "c1"))]],
  ["the push, then the answer", [received(message("7", "ann", "c1")), sent]],
  ["the history", [synced([message("7", "Ann", "c1")])]],
])("%s turns one's own message from outgoing into sent, once", (_, events) => {
  const room = lobby(open, queued, sending, ...events);
  expect(ids(room)).toEqual(["7"]);
  expect(room.outbox).toEqual([]);
});

test("nobody else's clientId takes a message out of the outbox", () => {
  expect(lobby(queued, received(message("7", "bob", "c1"))).outbox).toHaveLength(1);
});

test("a message on the wire when the connection is lost is unconfirmed until the history has been read", () => {
  expect(lobby(open, queued, sending, lost).outbox[0]?.state).toBe("unconfirmed");
  expect(lobby(open, queued, sending, lost, open, synced([])).outbox[0]).toMatchObject({ state: "failed" });
  expect(lobby(open, queued, sending, lost, open, synced([message("7", "ann", "c1")])).outbox).toEqual([]);
});

test("a message not yet on the wire just waits", () => {
  expect(lobby(open, queued, lost, open, synced([])).outbox[0]?.state).toBe("queued");
});

test("a failed message is sent again last, without its old reason, or discarded", () => {
  const failed: Event = { kind: "sendFailed", ...LOBBY, clientId: "c1", reason: "no" };
  const other: Event = { ...queued, clientId: "c2" } as Event;
  const room = lobby(queued, failed, other, { kind: "requeued", ...LOBBY, clientId: "c1" });
  expect(room.outbox.map(({ clientId, state }) => `${clientId} ${state}`)).toEqual(["c2 queued", "c1 queued"]);
  expect(room.outbox[1]).not.toHaveProperty("reason");
  expect(lobby(queued, failed, { kind: "discarded", ...LOBBY, clientId: "c1" }).outbox).toEqual([]);
});

test("nothing is known to be missing up to the newest message, only while in step", () => {
  const inStep = [open, synced([message("1")]), received(message("2"))];
  expect(lobby(...inStep).completeUntil).toBe(2);
  const again = [...inStep, lost, open, received(message("9"))];
  expect(lobby(...again).completeUntil).toBe(2);
  expect(lobby(...again, synced([message("8"), message("9")], true)).completeUntil).toBe(9);
});

test("a history that reaches back joins what is there; one that does not replaces what is before the gap", () => {
  const before = [open, synced([message("1"), message("2")], false, "1"), lost, open, received(message("9"))];
  const joined = lobby(...before, synced([message("2"), message("8")], true, "2"));
  expect(ids(joined)).toEqual(["1", "2", "8", "9"]);
  expect(joined.older).toEqual({ state: "available", before: "1" });
  const apart = lobby(...before, synced([message("7"), message("8")], false, "7"));
  expect(ids(apart)).toEqual(["7", "8", "9"]);
  expect(apart.older).toEqual({ state: "available", before: "7" });
});

test("older pages come in front, until there are none", () => {
  const room = lobby(
    open,
    synced([message("5")], false, "5"),
    { kind: "olderRequested", ...LOBBY },
    { kind: "olderLoaded", ...LOBBY, messages: [message("3")], nextBefore: undefined },
  );
  expect(ids(room)).toEqual(["3", "5"]);
  expect(room.older).toEqual({ state: "none" });
});

test("a page under way when the connection is lost can be asked for again", () => {
  const room = lobby(open, synced([message("5")], false, "5"), { kind: "olderRequested", ...LOBBY }, lost);
  expect(room.older).toEqual({ state: "available", before: "5" });
});

test("others are shown typing until they write or stop; oneself never", () => {
  const bob: Event = { kind: "typing", ...LOBBY, username: "bob", until: 10 };
  expect(Object.keys(lobby(bob, { ...bob, username: "Ann" }).typing)).toEqual(["bob"]);
  expect(lobby(bob, received(message("1", "bob"))).typing).toEqual({});
  expect(lobby(bob, { kind: "typingEnded", ...LOBBY, now: 9 }).typing).toEqual({ bob: 10 });
  expect(lobby(bob, { kind: "typingEnded", ...LOBBY, now: 10 }).typing).toEqual({});
});
