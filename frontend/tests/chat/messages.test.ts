import { beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../src/chat/client.ts";
import { PAGE_SIZE } from "../../src/chat/history.ts";
import { guestSession } from "../../src/chat/session.ts";
import { unreadIn } from "../../src/chat/unread.ts";
import { CONFIG, FakeServer, fakeSite, ManualClock, settled } from "../fakes.ts";

let clock: ManualClock;
let server: FakeServer;
let client: ChatClient;

beforeEach(async () => {
  sessionStorage.clear();
  localStorage.clear();
  clock = new ManualClock();
  server = new FakeServer(clock);
  await start();
});

async function start(): Promise<void> {
  client = new ChatClient(CONFIG.websocketUrl, guestSession("ann"), fakeSite(server, clock));
  client.start();
  await settled();
}

const room = (roomId = "lobby") => client.store.getState().rooms[roomId];
const texts = (roomId = "lobby") => room(roomId)?.messages.map(({ text }) => text);
const note = (text: string) => new File([text], "note.txt", { type: "text/plain;charset=utf-8" });

test("an edit, a reaction and a deletion show at once, and are the server's", async () => {
  const { messageId } = server.say("~ann", "helo");
  await settled();
  await client.messages.edit("lobby", messageId, "hello");
  await client.messages.react("lobby", messageId, "👍", false);
  expect(room()?.messages[0]).toMatchObject({ text: "hello", revision: 2, reactions: [{ emoji: "👍", usernames: ["~ann"] }] });
  await client.messages.remove("lobby", messageId);
  expect(room()?.messages[0]).toMatchObject({ text: "", revision: 3, deletedAt: clock.now() });
});

test("of two states of a message the later one holds, whatever the order they come in", async () => {
  const message = server.store("bob", "one");
  const push = (text: string, revision: number) => server.push({ type: "messageChanged", roomId: "lobby", ...message, text, revision });
  push("three", 2);
  push("two", 1);
  server.push({ type: "message", roomId: "lobby", ...message });
  await settled();
  expect(texts()).toEqual(["three"]);
});

test("a change of a message that is further back than what was loaded changes nothing", async () => {
  const old = server.store("bob", "old");
  for (let index = 0; index < PAGE_SIZE; index += 1) server.store("bob", `${index}`);
  await start();
  server.push({ type: "messageChanged", roomId: "lobby", ...old, text: "new", revision: 1 });
  await settled();
  expect(texts()).toHaveLength(PAGE_SIZE);
});

test("a message that a search found is loaded, with all that lies between", async () => {
  const old = server.store("bob", "needle");
  for (let index = 0; index < 3 * PAGE_SIZE; index += 1) server.store("bob", `${index}`);
  await start();
  expect(texts()).toHaveLength(PAGE_SIZE);
  await client.messages.search("lobby", "needle");
  expect(room()?.found?.messages.map(({ messageId }) => messageId)).toEqual([old.messageId]);
  expect(await client.loadBackTo("lobby", old.messageId)).toBe(true);
  expect(texts()).toHaveLength(3 * PAGE_SIZE + 1);
  expect(await client.loadBackTo("lobby", "0")).toBe(false);
});

test("what was found follows every change, also one made while away, until the search is closed", async () => {
  for (const text of ["needle 1", "needle 2", "needle 3"]) server.store("~ann", text);
  for (let index = 0; index < PAGE_SIZE; index += 1) server.store("bob", `${index}`);
  await start();
  await client.messages.search("lobby", "needle");
  const found = () => room()?.found?.messages.map(({ text }) => text);
  const [one, two, three] = server.messages;
  await client.messages.remove("lobby", one!.messageId);
  await client.messages.edit("lobby", two!.messageId, "two needles");
  expect(found()).toEqual(["needle 3", "two needles"]);
  server.drop();
  server.messages.splice(server.messages.findIndex(({ messageId }) => messageId === three!.messageId), 1);
  await clock.advance(60_000);
  expect(found()).toEqual(["two needles"]);
  client.messages.closeSearch("lobby");
  expect(found()).toBeUndefined();
});

test("a file is uploaded as what it is, then sent", async () => {
  client.outbox.sendFile("lobby", note("hi"), "look");
  expect(room()?.outbox).toMatchObject([{ text: "look", state: "sending", file: { name: "note.txt", contentType: "text/plain", sizeBytes: 2 } }]);
  await settled();
  await settled();
  expect(room()?.outbox).toEqual([]);
  expect(room()?.messages).toMatchObject([{ text: "look", file: { name: "note.txt", contentType: "text/plain", sizeBytes: 2 } }]);
});

test("what the server would refuse, pages above all, goes as bytes", async () => {
  client.outbox.sendFile("lobby", new File(["<script>"], "page.html", { type: "text/html" }), "");
  await settled();
  await settled();
  expect(server.requests.find(({ action }) => action === "createUpload")).toMatchObject({ contentType: "application/octet-stream" });
});

test("words do not wait for a file that is written before them and takes its time", async () => {
  let upload: (answer: Response) => void = () => {};
  server.takeFile = () => new Promise((resolve) => (upload = resolve));
  client.outbox.sendFile("lobby", note("hi"), "");
  client.send("lobby", "look at this");
  await settled();
  expect(texts()).toEqual(["look at this"]);
  expect(room()?.outbox).toMatchObject([{ state: "sending", file: { name: "note.txt" } }]);
  server.files.set("file-1", new Blob(["hi"], { type: "text/plain" }));
  upload(new Response(null, { status: 204 }));
  await settled();
  await settled();
  expect(room()?.messages.map(({ file }) => file?.name)).toEqual([undefined, "note.txt"]);
});

test("a file that the bucket does not take fails visibly, and goes out on a retry", async () => {
  server.bucketAccepts = false;
  client.outbox.sendFile("lobby", note("hi"), "");
  await settled();
  await settled();
  expect(room()?.outbox).toMatchObject([{ state: "failed", reason: "The file could not be uploaded." }]);
  server.bucketAccepts = true;
  client.retry("lobby", room()!.outbox[0]!.clientId);
  await settled();
  await settled();
  expect(room()?.messages).toHaveLength(1);
});

test("a file's address is asked for once, until it is about to end", async () => {
  const first = await client.messages.fileUrl("lobby", "1");
  expect(await client.messages.fileUrl("lobby", "1")).toBe(first);
  await clock.advance(280_000);
  expect(await client.messages.fileUrl("lobby", "1")).not.toBe(first);
});

test("a word from somebody new opens a conversation, unread", async () => {
  server.push({ type: "message", roomId: "@bob", messageId: "1", username: "Bob", text: "psst", sentAt: clock.now() });
  await settled();
  expect(room("@bob")).toMatchObject({ name: "Bob", standing: "approved" });
  expect(unreadIn(room("@bob")!, client.store.getState())).toBe(1);
});

test("a conversation can be opened before there was a word, and stays when the list does not name it", async () => {
  client.open("@bob");
  await settled();
  await client.rooms.refresh();
  expect(room("@bob")).toMatchObject({ name: "bob", standing: "approved", sync: "synced" });
  client.send("@bob", "psst");
  await settled();
  expect(texts("@bob")).toEqual(["psst"]);
});

test("a file that waited when the page was loaded anew is told to be missing, not sent as nothing", async () => {
  server.drop();
  client.outbox.sendFile("lobby", note("hi"), "look");
  await start();
  await settled();
  expect(room()?.outbox).toMatchObject([{ state: "failed", reason: "The file is not at hand any more. Attach it again." }]);
  client.outbox.discard("lobby", room()!.outbox[0]!.clientId);
  await start();
  expect(room()?.outbox).toEqual([]);
});

test("a message that was on its way when the page was loaded anew is found however much was said since", async () => {
  server.mode = "mute";
  client.send("lobby", "hello");
  await settled();
  client.stop();
  server.mode = "normal";
  for (let index = 0; index < 2 * PAGE_SIZE; index += 1) server.store("bob", `${index}`);
  await start();
  expect(room()?.outbox).toEqual([]);
  await client.loadOlder("lobby");
  expect(server.messages.filter(({ text }) => text === "hello")).toHaveLength(1);
});
