/** What is done with messages that are there already: changed, found, opened. */

import { type Connection } from "./connection.ts";
import type { Store } from "./store.ts";

const FOUND_LIMIT = 50;
/** A file's address is asked for anew this long before it ends. */
const SPARE_MS = 30_000;

export class Messages {
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #now: () => number;
  readonly #addresses = new Map<string, { url: string; expiresAt: number }>();

  constructor(store: Store, connection: Connection, now: () => number) {
    this.#store = store;
    this.#connection = connection;
    this.#now = now;
  }

  /** @throws RequestError */
  async edit(roomId: string, messageId: string, text: string): Promise<void> {
    const frame = await this.#connection.ask({ action: "editMessage", roomId, messageId, text }, "edited");
    this.#store.dispatch({ kind: "changed", roomId, message: frame.message });
  }

  /** @throws RequestError */
  async remove(roomId: string, messageId: string): Promise<void> {
    const frame = await this.#connection.ask({ action: "deleteMessage", roomId, messageId }, "deleted");
    this.#store.dispatch({ kind: "changed", roomId, message: frame.message });
  }

  /** Set or take away one's own reaction. @throws RequestError */
  async react(roomId: string, messageId: string, emoji: string, remove: boolean): Promise<void> {
    const frame = await this.#connection.ask({ action: "react", roomId, messageId, emoji, remove }, "reacted");
    this.#store.dispatch({ kind: "changed", roomId, message: frame.message });
  }

  /**
   * Look for the newest messages with these words; `before` goes on where the last answer ended. What is found stands in
   * the room. @throws RequestError
   */
  async search(roomId: string, query: string, before?: string): Promise<void> {
    const place = before === undefined ? {} : { before };
    const page = await this.#connection.ask({ action: "searchMessages", roomId, query, limit: FOUND_LIMIT, ...place }, "found");
    const known = before === undefined ? [] : (this.#foundIn(roomId)?.messages ?? []);
    const messages = [...known, ...page.messages.toReversed()];
    this.#store.dispatch({ kind: "found", roomId, found: { query, messages, before: page.nextBefore } });
  }

  /** What was found over an earlier connection may have been changed since. @throws RequestError */
  async searchAgain(roomId: string): Promise<void> {
    const found = this.#foundIn(roomId);
    if (found) await this.search(roomId, found.query);
  }

  closeSearch(roomId: string): void {
    this.#store.dispatch({ kind: "found", roomId });
  }

  #foundIn(roomId: string) {
    return this.#store.getState().rooms[roomId]?.found;
  }

  /** Where to get a message's file, for some minutes. @throws RequestError */
  async fileUrl(roomId: string, messageId: string): Promise<string> {
    const known = this.#addresses.get(messageId);
    if (known && known.expiresAt - SPARE_MS > this.#now()) return known.url;
    const { url, expiresAt } = await this.#connection.ask({ action: "getFile", roomId, messageId }, "file");
    this.#addresses.set(messageId, { url, expiresAt });
    return url;
  }
}
