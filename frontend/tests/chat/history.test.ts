import { beforeEach, expect, test } from "vitest";
import { Connection } from "../../src/chat/connection.ts";
import { catchUp, MAX_CATCH_UP_PAGES, OVERLAP_MS, PAGE_SIZE, readPage } from "../../src/chat/history.ts";
import type { Outgoing } from "../../src/chat/state.ts";
import { FakeServer, ManualClock, settled, START_MS } from "../fakes.ts";

let server: FakeServer;
let connection: Connection;

beforeEach(async () => {
  const clock = new ManualClock();
  server = new FakeServer(clock);
  const { openSocket } = server;
  const nothing = () => {};
  const address = () => "ws://api.test/ws?username=ann";
  connection = new Connection({ address, openSocket, clock, random: () => 0, onStatus: nothing, onPush: nothing });
  connection.open();
  await settled();
});

/** What the client knows of it. */
function lobby(completeUntil?: number, outbox: readonly Outgoing[] = []) {
  return { roomId: "lobby", outbox, ...(completeUntil !== undefined && { completeUntil }) };
}

/** One message a second, the first at START_MS. */
function fill(count: number): void {
  for (let index = 0; index < count; index += 1) server.store("bob", `${index}`, START_MS + index * 1_000);
}

test("a page says where the older ones begin", async () => {
  fill(PAGE_SIZE + 1);
  const page = await readPage(connection, "lobby");
  expect(page.messages.map(({ text }) => text)).toEqual(Array.from({ length: PAGE_SIZE }, (_, index) => `${index + 1}`));
  const older = await readPage(connection, "lobby", page.nextBefore);
  expect(older).toMatchObject({ messages: [{ text: "0" }], nextBefore: undefined });
});

test("on first entry one page is read", async () => {
  fill(3 * PAGE_SIZE);
  const { messages, joined } = await catchUp(connection, lobby());
  expect(messages).toHaveLength(PAGE_SIZE);
  expect(joined).toBe(false);
});

test("after an absence, as many pages are read as it takes to reach what is known, and a little beyond", async () => {
  fill(3 * PAGE_SIZE);
  const known = START_MS + 80_000;
  const { messages, joined } = await catchUp(connection, lobby(known));
  expect(joined).toBe(true);
  expect(messages).toHaveLength(2 * PAGE_SIZE);
  expect(messages[0]!.sentAt).toBeLessThan(known - OVERLAP_MS);
});

test("a message stored late, with an older id than the newest known one, is found by the overlap", async () => {
  fill(2 * PAGE_SIZE);
  const pageBegins = START_MS + PAGE_SIZE * 1_000;
  // The newest page holds the newest known message, but not one that came late just before it.
  const { messages } = await catchUp(connection, lobby(pageBegins + 1));
  expect(messages.some(({ sentAt }) => sentAt < pageBegins)).toBe(true);
});

test("a room that was empty is read to its beginning", async () => {
  fill(2 * PAGE_SIZE);
  expect((await catchUp(connection, lobby(0))).messages).toHaveLength(2 * PAGE_SIZE);
});

test("a very long absence is not read in full", async () => {
  fill((MAX_CATCH_UP_PAGES + 2) * PAGE_SIZE);
  const { messages, joined, nextBefore } = await catchUp(connection, lobby(START_MS));
  expect(messages).toHaveLength(MAX_CATCH_UP_PAGES * PAGE_SIZE);
  expect(joined).toBe(false);
  expect(nextBefore).toBe(messages[0]!.messageId);
});

test("on first entry, as many pages as it takes to find what became of a message whose answer was lost", async () => {
  fill(3 * PAGE_SIZE);
  const hanging: Outgoing = { clientId: "c1", text: "hello", queuedAt: START_MS + 2 * PAGE_SIZE * 1_000, state: "unconfirmed" };
  const { messages, joined } = await catchUp(connection, lobby(undefined, [hanging]));
  expect(messages).toHaveLength(2 * PAGE_SIZE);
  expect(joined).toBe(false);
});
