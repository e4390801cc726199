import { beforeEach, expect, test } from "vitest";
import { ChatClient, TYPING_EVERY_MS, TYPING_SHOWN_MS } from "../../src/chat/client.ts";
import { REQUEST_TIMEOUT_MS } from "../../src/chat/connection.ts";
import { PAGE_SIZE } from "../../src/chat/history.ts";
import { guestSession, type Session } from "../../src/chat/session.ts";
import type { Room } from "../../src/chat/state.ts";
import { CONFIG, FakeServer, fakeSite, ManualClock, settled, START_MS } from "../fakes.ts";

let clock: ManualClock;
let server: FakeServer;

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  clock = new ManualClock();
  server = new FakeServer(clock);
});

async function started(session: Session = guestSession("ann")): Promise<ChatClient> {
  const client = new ChatClient(CONFIG.websocketUrl, session, fakeSite(server, clock));
  client.start();
  await settled();
  return client;
}

const lobby = (client: ChatClient): Room => client.store.getState().rooms.lobby!;
const texts = (client: ChatClient) => lobby(client).messages.map(({ text }) => text);
const outbox = (client: ChatClient) => lobby(client).outbox.map(({ text, state }) => `${text}: ${state}`);

const requests = (kind: string) => server.requests.filter(({ action }) => action === kind).length;

async function comeBack(): Promise<void> {
  server.mode = "normal";
  await clock.advance(60_000);
}

test("on entry the history is there, and what is said from then on", async () => {
  server.store("bob", "before");
  const client = await started();
  server.say("bob", "after");
  await settled();
  expect(texts(client)).toEqual(["before", "after"]);
});

test("a message is shown at once, and sent once", async () => {
  const client = await started();
  client.send("lobby", "hi");
  expect(outbox(client)).toEqual(["hi: sending"]);
  await settled();
  expect(outbox(client)).toEqual([]);
  expect(texts(client)).toEqual(["hi"]);
});

test("messages written quickly arrive in the order written", async () => {
  const client = await started();
  for (const text of ["one", "two", "three"]) client.send("lobby", text);
  expect(outbox(client)).toEqual(["one: sending", "two: queued", "three: queued"]);
  await settled();
  expect(server.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
});

test("what is missed while away is there after coming back, without repeats", async () => {
  const client = await started();
  server.say("bob", "one");
  await settled();
  server.drop();
  for (let index = 0; index < 3 * PAGE_SIZE; index += 1) server.store("bob", `missed ${index}`);
  await comeBack();
  expect(texts(client)).toEqual(server.messages.map(({ text }) => text));
});

test("what was changed while away shows in every page that had been loaded", async () => {
  for (let index = 0; index < 4 * PAGE_SIZE; index += 1) server.store("bob", `${index}`, START_MS + index * 1_000);
  const client = await started();
  await client.loadOlder("lobby");
  await client.loadOlder("lobby");
  server.drop();
  const change = (index: number, what: object) => (server.messages[index] = { ...server.messages[index]!, ...what, revision: 1 });
  change(3 * PAGE_SIZE - 1, { text: "edited" });
  change(PAGE_SIZE, { text: "", deletedAt: START_MS });
  const before = requests("getMessages");
  await comeBack();
  expect(texts(client)).toEqual(server.messages.slice(PAGE_SIZE).map(({ text }) => text));
  expect(requests("getMessages") - before).toBe(3);
  expect(lobby(client).currentFrom).toBeUndefined();
});

test("reading again what had been loaded ends with the connection, and begins anew with the next", async () => {
  for (let index = 0; index < 3 * PAGE_SIZE; index += 1) server.store("bob", `${index}`, START_MS + index * 1_000);
  const client = await started();
  await client.loadOlder("lobby");
  await client.loadOlder("lobby");
  server.drop();
  server.messages[0] = { ...server.messages[0]!, text: "edited", revision: 1 };
  server.refusals.set("getMessages", "Internal");
  await comeBack();
  expect(texts(client)[0]).toBe("0");
  server.refusals.clear();
  server.drop();
  await comeBack();
  expect(texts(client)[0]).toBe("edited");
});

test("what is missed is not forgotten when the connection is lost again while catching up", async () => {
  const client = await started();
  server.say("bob", "one");
  await settled();
  server.drop();
  server.store("bob", "missed");
  server.mode = "mute";
  await clock.advance(1_000);
  server.say("bob", "pushed before the history came");
  await settled();
  server.drop();
  await comeBack();
  expect(texts(client)).toEqual(["one", "missed", "pushed before the history came"]);
});

test("what is written while away is sent on coming back, after what was missed", async () => {
  const client = await started();
  server.drop();
  client.send("lobby", "written offline");
  expect(outbox(client)).toEqual(["written offline: queued"]);
  server.store("bob", "missed");
  await comeBack();
  expect(texts(client)).toEqual(["missed", "written offline"]);
  expect(outbox(client)).toEqual([]);
});

test("a message that was stored, but whose answer was lost, is recognised in the history", async () => {
  const client = await started();
  server.mode = "mute";
  client.send("lobby", "hi");
  await settled();
  server.drop();
  expect(outbox(client)).toEqual(["hi: unconfirmed"]);
  await comeBack();
  expect(texts(client)).toEqual(["hi"]);
  expect(outbox(client)).toEqual([]);
});

test("a message that was lost with the connection fails visibly, and can be sent again", async () => {
  const client = await started();
  server.mode = "deaf";
  client.send("lobby", "hi");
  await settled();
  server.drop();
  await comeBack();
  expect(outbox(client)).toEqual(["hi: failed"]);
  client.retry("lobby", lobby(client).outbox[0]!.clientId);
  await settled();
  expect(texts(client)).toEqual(["hi"]);
});

test("a connection that went dead unnoticed is found out by the message that is not answered", async () => {
  const client = await started();
  server.mode = "deaf";
  client.send("lobby", "hi");
  await clock.advance(REQUEST_TIMEOUT_MS);
  expect(client.store.getState().status.phase).toBe("waiting");
  expect(outbox(client)).toEqual(["hi: unconfirmed"]);
});

test("a refused message says why, can be discarded, and does not hold up the next", async () => {
  const client = await started();
  server.refusals.set("sendMessage", "RateLimited");
  client.send("lobby", "too fast");
  await settled();
  expect(lobby(client).outbox[0]).toMatchObject({ state: "failed", reason: expect.stringContaining("Too many") });
  server.refusals.clear();
  client.send("lobby", "next");
  await settled();
  expect(texts(client)).toEqual(["next"]);
  client.outbox.discard("lobby", lobby(client).outbox[0]!.clientId);
  expect(outbox(client)).toEqual([]);
});

test("a message that was stored, but not answered in time, is not sent once more by a retry", async () => {
  const client = await started();
  server.mode = "mute";
  client.send("lobby", "hello");
  await clock.advance(1_000);
  server.push({ type: "pong", serverTime: 0 });
  await settled();
  await clock.advance(REQUEST_TIMEOUT_MS);
  const [waiting] = lobby(client).outbox;
  expect(waiting).toMatchObject({ state: "failed" });
  server.mode = "normal";
  client.retry("lobby", waiting!.clientId);
  await settled();
  expect(lobby(client).outbox).toEqual([]);
  expect(server.messages.map(({ text }) => text)).toEqual(["hello"]);
});

test("older history loads a page at a time, asked for once", async () => {
  for (let index = 0; index < PAGE_SIZE + 10; index += 1) server.store("bob", `${index}`);
  const client = await started();
  expect(texts(client)).toHaveLength(PAGE_SIZE);
  void client.loadOlder("lobby");
  void client.loadOlder("lobby");
  await settled();
  expect(texts(client)).toHaveLength(PAGE_SIZE + 10);
  expect(lobby(client).older).toEqual({ state: "none" });
  expect(requests("getMessages")).toBe(2);
});

test("history that is refused can be asked for again; sending works meanwhile", async () => {
  server.store("bob", "before");
  server.refusals.set("getMessages", "Internal");
  const client = await started();
  expect(lobby(client).sync).toBe("failed");
  client.send("lobby", "hi");
  await settled();
  expect(texts(client)).toEqual(["hi"]);
  server.refusals.clear();
  await client.synchronise("lobby");
  expect(texts(client)).toEqual(["before", "hi"]);
});

test("others' typing shows for a while", async () => {
  const client = await started();
  server.push({ type: "typing", roomId: "lobby", username: "bob" });
  await settled();
  await clock.advance(TYPING_SHOWN_MS - 1);
  expect(Object.keys(lobby(client).typing)).toEqual(["bob"]);
  await clock.advance(1);
  expect(lobby(client).typing).toEqual({});
});

test("one's own typing is told now and then, and anew after each message", async () => {
  const client = await started();
  client.draft("lobby", "h");
  client.draft("lobby", "h");
  await settled();
  expect(requests("typing")).toBe(1);
  await clock.advance(TYPING_EVERY_MS);
  client.draft("lobby", "h");
  client.send("lobby", "hi");
  client.draft("lobby", "h");
  await settled();
  expect(requests("typing")).toBe(3);
});

test("a token that has ended is not used to come back", async () => {
  const client = await started({ kind: "account", username: "ann", token: "t", expiresAt: START_MS + 10_000 });
  await clock.advance(20_000);
  expect(client.store.getState().status.phase).toBe("open");
  server.drop();
  await clock.advance(60_000);
  expect(client.store.getState().status.phase).toBe("expired");
});

test("listeners hear of changes until they stop listening", async () => {
  const client = await started();
  let changes = 0;
  const stop = client.store.subscribe(() => (changes += 1));
  server.say("bob", "hi");
  await settled();
  expect(changes).toBe(1);
  stop();
  server.say("bob", "again");
  await settled();
  expect(changes).toBe(1);
});
