import { expect, test } from "vitest";
import { parseFrame } from "../../src/chat/frames.ts";
import { countChars } from "../../src/chat/protocol.ts";

const MESSAGE = { messageId: "01", username: "ann", text: "hi", sentAt: 1 };

test("a push holds the message and answers nothing", () => {
  const frame = parseFrame(JSON.stringify({ type: "message", roomId: "lobby", ...MESSAGE, clientId: "c" }));
  expect(frame).toEqual({ frame: { type: "message", roomId: "lobby", message: { ...MESSAGE, clientId: "c" } } });
});

test("an answer names its request", () => {
  const frame = { type: "sent", roomId: "lobby", messageId: "01", sentAt: 1 };
  expect(parseFrame(JSON.stringify({ ...frame, requestId: "r1" }))).toEqual({ frame, requestId: "r1" });
});

test("a page of history keeps its cursor, and leaves out what is no message", () => {
  const page = { type: "messages", roomId: "lobby", messages: [MESSAGE, { text: "no id" }, null], nextBefore: "01" };
  expect(parseFrame(JSON.stringify(page))?.frame).toEqual({ ...page, messages: [MESSAGE] });
});

test.each([
  ["not JSON", "hello"],
  ["an array", "[]"],
  ["null", "null"],
  ["API Gateway's own error frame", '{"message": "Internal server error", "connectionId":"A=", "requestId":"B="}'],
  ["a message without text", '{"type":"message","roomId":"lobby","messageId":"1","username":"ann","sentAt":1}'],
  ["a time that is no number", '{"type":"sent","roomId":"lobby","messageId":"1","sentAt":"today"}'],
])("%s is no frame", (_, text) => {
  expect(parseFrame(text)).toBeUndefined();
});

test("a message has all that became of it, and an answer names its room in the message", () => {
  const file = { name: "a.png", contentType: "image/png", sizeBytes: 3 };
  const reactions = [{ emoji: "👍", usernames: ["bob"] }];
  const message = { ...MESSAGE, file, reactions, editedAt: 2, revision: 2 };
  const push = { type: "messageChanged", roomId: "lobby", ...message };
  expect(parseFrame(JSON.stringify(push))?.frame).toEqual({ type: "messageChanged", roomId: "lobby", message });
  const answer = { type: "edited", message: { roomId: "lobby", ...message } };
  expect(parseFrame(JSON.stringify(answer))?.frame).toEqual({ type: "edited", roomId: "lobby", message });
});

test("members and those who ask to be are told apart", () => {
  const members = [
    { username: "ann", role: "admin", status: "approved", online: true },
    { username: "bob", role: "member", status: "pending", online: true },
  ];
  const { frame } = parseFrame(JSON.stringify({ type: "members", roomId: "r", members }))!;
  expect(frame).toEqual({ type: "members", roomId: "r", members: [{ username: "ann", role: "admin", online: true }], pending: ["bob"] });
});

test("presence comes alone or in a list", () => {
  const change = { username: "bob", online: false };
  expect(parseFrame(JSON.stringify({ type: "presence", ...change }))?.frame).toEqual({ type: "presence", changes: [change] });
  expect(parseFrame(JSON.stringify({ type: "presence", changes: [change] }))?.frame).toEqual({ type: "presence", changes: [change] });
});

test("a file is never had from anything but the web", () => {
  const frame = { type: "file", roomId: "lobby", messageId: "01", expiresAt: 1 };
  expect(parseFrame(JSON.stringify({ ...frame, url: "https://files.test/a" }))).toBeDefined();
  expect(parseFrame(JSON.stringify({ ...frame, url: "javascript:alert(1)" }))).toBeUndefined();
});

test("an unknown type is passed on as an answer without content", () => {
  expect(parseFrame('{"type":"pong","serverTime":1,"requestId":"r1"}')).toEqual({
    frame: { type: "other" },
    requestId: "r1",
  });
});

test("length is counted in characters, not in UTF-16 units", () => {
  expect("👋".length).toBe(2);
  expect(countChars("a👋")).toBe(2);
});
