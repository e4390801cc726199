import { expect, test } from "vitest";
import type { Message } from "../../src/chat/protocol.ts";
import { PAUSE_MS, timeline } from "../../src/chat/timeline.ts";

const NOON = new Date(2026, 10, 20, 12).getTime();
const DAY_MS = 86_400_000;

function message(username: string, sentAt: number): Message {
  return { messageId: `${sentAt}${username}`, username, text: "x", sentAt };
}

function shape(messages: Message[], self = "ann") {
  const days = timeline({ messages, outbox: [] }, self);
  return days.map(({ groups }) => groups.map(({ username, entries }) => `${username} ${entries.length}`));
}

test("messages without interruption form a group, whatever the case of the name", () => {
  expect(shape([message("bob", NOON), message("Bob", NOON + 1), message("ann", NOON + 2), message("bob", NOON + 3)])).toEqual([
    ["bob 2", "ann 1", "bob 1"],
  ]);
});

test("a long pause begins a new group", () => {
  expect(shape([message("bob", NOON), message("bob", NOON + PAUSE_MS)])).toEqual([["bob 1", "bob 1"]]);
});

test("midnight begins a new day", () => {
  expect(shape([message("bob", NOON), message("bob", NOON + DAY_MS)])).toEqual([["bob 1"], ["bob 1"]]);
});

test("what is on its way comes last, in the writer's own group, even when this machine's clock is behind", () => {
  const outgoing = { clientId: "c", text: "y", queuedAt: NOON - DAY_MS, state: "sending" } as const;
  const days = timeline({ messages: [message("ann", NOON)], outbox: [outgoing] }, "ann");
  const [day] = days;
  expect(days).toHaveLength(1);
  expect(day?.groups).toHaveLength(1);
  expect(day?.groups[0]).toMatchObject({ own: true, entries: [{ text: "x" }, { text: "y", outgoing }] });
});
