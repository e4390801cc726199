/** Reading a room's history: one page, or as many as it takes to reach back to what is known already. */

import type { Connection } from "./connection.ts";
import type { Synced } from "./conversation.ts";
import type { Message } from "./protocol.ts";
import type { Room } from "./state.ts";

export const PAGE_SIZE = 50;
/** Beyond this many pages the messages before the gap are given up, and load again on scrolling up. */
export const MAX_CATCH_UP_PAGES = 10;
/**
 * Ids are made where a message is accepted, so one may be stored a little after a newer one. Catching up reads this
 * much further back than the newest message it knew.
 */
export const OVERLAP_MS = 5_000;

export interface Page {
  messages: Message[];
  nextBefore: string | undefined;
}

/** @throws RequestError */
export async function readPage(connection: Connection, roomId: string, before?: string): Promise<Page> {
  const place = before === undefined ? {} : { before };
  const frame = await connection.ask({ action: "getMessages", roomId, limit: PAGE_SIZE, ...place }, "messages");
  return { messages: frame.messages, nextBefore: frame.nextBefore };
}

/**
 * Read from the newest message backwards, up to where nothing is missing; on first entry one page, or as many as it
 * takes to find out what became of messages whose answer was lost.
 *
 * @throws RequestError
 */
export async function catchUp(connection: Connection, room: Pick<Room, "roomId" | "completeUntil" | "outbox">): Promise<Synced> {
  const { roomId, completeUntil, outbox } = room;
  const until = completeUntil ?? outbox.find(({ state }) => state === "unconfirmed")?.queuedAt;
  const most = until === undefined ? 1 : MAX_CATCH_UP_PAGES;
  let page = await readPage(connection, roomId);
  const newestFirst = [page];
  while (newestFirst.length < most && page.nextBefore !== undefined && !reaches(page, until)) {
    page = await readPage(connection, roomId, page.nextBefore);
    newestFirst.push(page);
  }
  const messages = newestFirst.toReversed().flatMap((one) => one.messages);
  return { kind: "synced", roomId, messages, nextBefore: page.nextBefore, joined: reaches(page, completeUntil) };
}

/** Whether the page goes back to what was known, and far enough beyond it. */
function reaches(page: Page, completeUntil: number | undefined): boolean {
  const oldest = page.messages[0];
  return completeUntil !== undefined && oldest !== undefined && oldest.sentAt < completeUntil - OVERLAP_MS;
}
