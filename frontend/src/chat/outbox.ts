/** Sending: a message is shown at once, and leaves when its turn comes. */

import type { Clock } from "./clock.ts";
import { codeOf, type Connection, RequestError } from "./connection.ts";
import type { Store } from "./store.ts";

const REASONS: Readonly<Record<string, string>> = {
  RateLimited: "Too many messages in a short time. Wait a moment, then retry.",
  TooLong: "This message is too long.",
  NotAMember: "You are not a member of this room.",
  RoomNotFound: "This room has ended.",
  TimedOut: "The server did not answer.",
};

export class Outbox {
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #newId: () => string;
  /** Rooms in which a message is on the wire: they go one at a time, so that they arrive in the order written. */
  readonly #sending = new Set<string>();

  constructor(store: Store, connection: Connection, clock: Clock, newId: () => string) {
    this.#store = store;
    this.#connection = connection;
    this.#clock = clock;
    this.#newId = newId;
  }

  send(roomId: string, text: string): void {
    this.#store.dispatch({ kind: "queued", roomId, clientId: this.#newId(), text, queuedAt: this.#clock.now() });
    void this.flush(roomId);
  }

  retry(roomId: string, clientId: string): void {
    this.#store.dispatch({ kind: "requeued", roomId, clientId });
    void this.flush(roomId);
  }

  discard(roomId: string, clientId: string): void {
    this.#store.dispatch({ kind: "discarded", roomId, clientId });
  }

  /** Send what waits in the room, unless its history must be read first. */
  async flush(roomId: string): Promise<void> {
    if (this.#sending.has(roomId)) return;
    this.#sending.add(roomId);
    for (let next = this.#next(roomId); next; next = this.#next(roomId)) {
      await this.#sendOne(roomId, next.clientId, next.text);
    }
    this.#sending.delete(roomId);
  }

  #next(roomId: string) {
    const room = this.#store.getState().rooms[roomId];
    if (!this.#connection.isOpen || room?.sync === "stale") return undefined;
    return room?.outbox.find((item) => item.state === "queued");
  }

  async #sendOne(roomId: string, clientId: string, text: string): Promise<void> {
    this.#store.dispatch({ kind: "sending", roomId, clientId });
    try {
      const frame = await this.#connection.request({ action: "sendMessage", roomId, text, clientId });
      if (frame.type !== "sent") throw new RequestError("Unexpected", frame.type);
      this.#store.dispatch({ kind: "sent", roomId, clientId, messageId: frame.messageId, sentAt: frame.sentAt });
    } catch (error) {
      const code = codeOf(error);
      // A lost connection has made it `unconfirmed` already; the next history tells.
      if (code === "Disconnected") return;
      const reason = REASONS[code] ?? "The server could not take this message.";
      this.#store.dispatch({ kind: "sendFailed", roomId, clientId, reason });
    }
  }
}
