import { expect, test } from "vitest";
import type { Message } from "../../src/chat/protocol.ts";
import { PAUSE_MS, timeline } from "../../src/chat/timeline.ts";

const NOON = new Date(2026, 10, 20, 12).getTime();
const DAY_MS = 86_400_000;

function message(username: string, sentAt: number): Message {
  return { messageId: `${sentAt}${username}`, username, text: "x", sentAt };
}

/** "day", "unread", and names: with a dash where somebody begins to speak. */
function shape(messages: Message[], seenOnOpening?: string) {
  const room = { messages, outbox: [], ...(seenOnOpening !== undefined && { seenOnOpening }) };
  return timeline(room, "ann").map((row) => (row.kind === "message" ? `${row.first ? "-" : ""}${row.username}` : row.kind));
}

test("messages without interruption belong together, whatever the case of the name", () => {
  const messages = [message("bob", NOON), message("Bob", NOON + 1), message("ann", NOON + 2), message("bob", NOON + 3)];
  expect(shape(messages)).toEqual(["day", "-bob", "Bob", "-ann", "-bob"]);
});

test("after a long pause somebody begins anew", () => {
  expect(shape([message("bob", NOON), message("bob", NOON + PAUSE_MS)])).toEqual(["day", "-bob", "-bob"]);
});

test("midnight begins a new day", () => {
  expect(shape([message("bob", NOON), message("bob", NOON + DAY_MS)])).toEqual(["day", "-bob", "day", "-bob"]);
});

test("what is new is marked before the first message of somebody else", () => {
  const messages = [message("bob", NOON), message("ann", NOON + 1), message("bob", NOON + 2), message("bob", NOON + 3)];
  expect(shape(messages, messages[0]!.messageId)).toEqual(["day", "-bob", "-ann", "unread", "-bob", "bob"]);
});

test("what is on its way comes last, with the writer's own, even when this machine's clock is behind", () => {
  const outgoing = { clientId: "c", text: "y", queuedAt: NOON - DAY_MS, state: "sending" } as const;
  const rows = timeline({ messages: [message("ann", NOON)], outbox: [outgoing] }, "ann");
  expect(rows).toHaveLength(3);
  expect(rows[2]).toMatchObject({ own: true, first: false, text: "y", outgoing });
});

test("one's own message keeps its key when it is acknowledged; nobody else's mark is taken for one", () => {
  const outgoing = { clientId: "c", text: "y", queuedAt: NOON, state: "sending" } as const;
  const keys = (messages: Message[], outbox: (typeof outgoing)[]) =>
    timeline({ messages, outbox }, "ann").flatMap((row) => (row.kind === "message" ? [row.key] : []));
  const own = { ...message("ann", NOON), clientId: "c" };
  expect(keys([], [outgoing])).toEqual(["c"]);
  expect(keys([own], [])).toEqual(["c"]);
  expect(keys([{ ...message("bob", NOON), clientId: "c" }], [])).toEqual([`${NOON}bob`]);
  expect(keys([own, { ...message("ann", NOON + 1), clientId: "c" }], [outgoing])).toEqual(["c", `${NOON + 1}ann`, "sending c"]);
});
