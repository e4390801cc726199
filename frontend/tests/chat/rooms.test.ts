import { beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../src/chat/client.ts";
import { guestSession } from "../../src/chat/session.ts";
import { unreadIn } from "../../src/chat/unread.ts";
import { CONFIG, FakeServer, fakeSite, ManualClock, settled } from "../fakes.ts";

let clock: ManualClock;
let server: FakeServer;

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  clock = new ManualClock();
  server = new FakeServer(clock);
});

async function started(current?: string): Promise<ChatClient> {
  const client = new ChatClient(CONFIG.websocketUrl, guestSession("ann"), fakeSite(server, clock), current);
  client.start();
  await settled();
  return client;
}

const room = (client: ChatClient, roomId: string) => client.store.getState().rooms[roomId];
const standings = (client: ChatClient) =>
  Object.values(client.store.getState().rooms).map(({ roomId, standing }) => `${roomId} ${standing}`);

test("on connecting all rooms are known, with what was said in them", async () => {
  server.addRoom("tea", "Tea", "~ann");
  server.addRoom("jam", "Jam", "bob").pending.push("~ann");
  server.addRoom("secret", "Secret", "bob");
  server.store("~ann", "in tea", undefined, undefined, "tea");
  const client = await started();
  expect(standings(client)).toEqual(["lobby approved", "tea approved", "jam pending"]);
  expect(room(client, "tea")?.messages.map(({ text }) => text)).toEqual(["in tea"]);
});

test("what was missed in every room is there after coming back, once", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  const client = await started();
  server.drop();
  server.store("bob", "missed", undefined, undefined, "tea");
  await clock.advance(60_000);
  server.say("bob", "live", undefined, "tea");
  await settled();
  expect(room(client, "tea")?.messages.map(({ text }) => text)).toEqual(["missed", "live"]);
});

test("unread messages are counted over a reload too", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  server.store("bob", "read long ago", undefined, undefined, "tea");
  const first = await started("tea");
  first.store.dispatch({ kind: "seen", roomId: "tea" });
  first.stop();
  server.store("bob", "while away", clock.now() + 1, undefined, "tea");
  server.store("~ann", "from a phone", clock.now() + 2, undefined, "tea");
  const client = await started();
  expect(unreadIn(room(client, "tea")!, client.store.getState())).toBe(1);
});

test("a list that was asked for before a room was made does not take it away", async () => {
  const client = await started();
  const listing = client.rooms.refresh();
  const roomId = client.rooms.create("Tea");
  await Promise.all([listing, roomId]);
  expect(room(client, await roomId)?.standing).toBe("approved");
});

test("somebody who asks while the list is under way is in it", async () => {
  const tea = server.addRoom("tea", "Tea", "~ann");
  const client = await started();
  const listing = client.rooms.refresh();
  server.push({ type: "joinRequest", roomId: "tea", username: "bob" });
  queueMicrotask(() => (tea.pending = ["bob"]));
  await listing;
  expect(room(client, "tea")?.requests).toEqual(["bob"]);
});

test("who comes, goes or asks while members are being read shows all the same", async () => {
  server.addRoom("tea", "Tea", "~ann", "bob");
  const client = await started();
  const reading = client.rooms.readMembers("tea");
  server.push({ type: "member", roomId: "tea", username: "eve", change: "joined" });
  server.push({ type: "member", roomId: "tea", username: "bob", change: "left" });
  server.push({ type: "joinRequest", roomId: "tea", username: "joe" });
  await reading;
  expect(room(client, "tea")?.members?.map(({ username }) => username)).toEqual(["~ann", "eve"]);
  expect(room(client, "tea")?.requests).toEqual(["joe"]);
});

test("a request that was taken back meanwhile disappears when it is decided about", async () => {
  const tea = server.addRoom("tea", "Tea", "~ann");
  tea.pending.push("bob");
  const client = await started("tea");
  server.refusals.set("joinRoom", "NotAMember");
  await expect(client.rooms.decide("tea", "bob", "approve")).rejects.toMatchObject({ code: "NotAMember" });
  expect(room(client, "tea")?.requests).toEqual([]);
});

test("leaving a room that has ended already is no error", async () => {
  server.addRoom("tea", "Tea", "~ann");
  const client = await started();
  server.refusals.set("leaveRoom", "RoomNotFound");
  await client.rooms.leave("tea");
  expect(standings(client)).toEqual(["lobby approved"]);
});

test("who comes and goes shows in the lobby and in rooms", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  const client = await started("tea");
  await client.rooms.readMembers("lobby");
  server.push({ type: "presence", username: "bob", online: true });
  await settled();
  expect(room(client, "lobby")?.members?.map(({ username }) => username)).toEqual(["~ann", "bob"]);
  expect(room(client, "tea")?.members).toContainEqual({ username: "bob", role: "admin", online: true });
  server.push({ type: "presence", changes: [{ username: "Bob", online: false }] });
  await settled();
  expect(room(client, "lobby")?.members?.map(({ username }) => username)).toEqual(["~ann"]);
  expect(room(client, "tea")?.members).toContainEqual({ username: "bob", role: "admin", online: false });
});

test("whoever takes over from the last admin is one", async () => {
  server.addRoom("tea", "Tea", "bob", "~ann");
  const client = await started("tea");
  server.push({ type: "member", roomId: "tea", username: "bob", change: "left" });
  server.push({ type: "member", roomId: "tea", username: "~ann", change: "admin" });
  await settled();
  expect(room(client, "tea")).toMatchObject({ role: "admin", members: [{ username: "~ann", role: "admin", online: true }] });
});
