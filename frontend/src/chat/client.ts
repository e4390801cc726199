/** The chat as one object: owns the connection and the state, and turns the user's wishes into requests. */

import type { Clock } from "./clock.ts";
import { Connection, type OpenSocket, RequestError } from "./connection.ts";
import { catchUp, readPage } from "./history.ts";
import type { Frame } from "./protocol.ts";
import { type Event, reduce } from "./reducer.ts";
import { connectUrl, isExpired, type Session } from "./session.ts";
import { type ChatState, initialState } from "./state.ts";

/** What the client needs from its surroundings; tests bring their own. */
export interface Surroundings {
  openSocket: OpenSocket;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  newId: () => string;
}

/** While the user types, the others hear of it this often, and forget it a little later. */
export const TYPING_EVERY_MS = 3_000;
export const TYPING_SHOWN_MS = 5_000;

const REASONS: Readonly<Record<string, string>> = {
  RateLimited: "Too many messages in a short time. Wait a moment, then retry.",
  TooLong: "This message is too long.",
  NotAMember: "You are not a member of this room.",
  TimedOut: "The server did not answer.",
};

export class ChatClient {
  readonly #connection: Connection;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<() => void>();
  /** Rooms in which a message is on the wire: they go one at a time, so that they arrive in the order written. */
  readonly #sending = new Set<string>();
  readonly #typedAt = new Map<string, number>();
  #state: ChatState;

  constructor(websocketUrl: string, session: Session, roomIds: readonly string[], surroundings: Surroundings) {
    const { clock, openSocket, random } = surroundings;
    this.#surroundings = surroundings;
    this.#state = initialState(session.username, roomIds);
    this.#connection = new Connection({
      address: () => (isExpired(session, clock.now()) ? undefined : connectUrl(websocketUrl, session)),
      openSocket,
      clock,
      random,
      onStatus: (status) => {
        this.#dispatch({ kind: "status", status });
        if (status.phase === "open") for (const roomId of roomIds) void this.synchronise(roomId);
      },
      onPush: (frame) => this.#push(frame),
    });
  }

  readonly getState = (): ChatState => this.#state;

  /** @returns what to call to stop listening */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    this.#connection.open();
  }

  stop(): void {
    this.#connection.close();
  }

  wake(): void {
    this.#connection.wake();
  }

  /** Read what was missed, then send what waits. Done by itself on every new connection; again when that failed. */
  async synchronise(roomId: string): Promise<void> {
    this.#dispatch({ kind: "syncStarted", roomId });
    try {
      this.#dispatch(await catchUp(this.#connection, roomId, this.#state.rooms[roomId]?.completeUntil));
    } catch (error) {
      if (codeOf(error) !== "Disconnected") this.#dispatch({ kind: "syncFailed", roomId });
    }
    void this.#sendQueued(roomId);
  }

  send(roomId: string, text: string): void {
    const { clock, newId } = this.#surroundings;
    this.#dispatch({ kind: "queued", roomId, clientId: newId(), text, queuedAt: clock.now() });
    this.#typedAt.delete(roomId);
    void this.#sendQueued(roomId);
  }

  retry(roomId: string, clientId: string): void {
    this.#dispatch({ kind: "requeued", roomId, clientId });
    void this.#sendQueued(roomId);
  }

  discard(roomId: string, clientId: string): void {
    this.#dispatch({ kind: "discarded", roomId, clientId });
  }

  async loadOlder(roomId: string): Promise<void> {
    const room = this.#state.rooms[roomId];
    if (room?.sync !== "synced" || room.older.state === "none" || room.older.state === "loading") return;
    this.#dispatch({ kind: "olderRequested", roomId });
    try {
      this.#dispatch({ kind: "olderLoaded", roomId, ...(await readPage(this.#connection, roomId, room.older.before)) });
    } catch (error) {
      if (codeOf(error) !== "Disconnected") this.#dispatch({ kind: "olderFailed", roomId });
    }
  }

  /** The user is typing. */
  typing(roomId: string): void {
    const now = this.#surroundings.clock.now();
    if (now - (this.#typedAt.get(roomId) ?? -TYPING_EVERY_MS) < TYPING_EVERY_MS) return;
    this.#typedAt.set(roomId, now);
    this.#connection.notify({ action: "typing", roomId });
  }

  async #sendQueued(roomId: string): Promise<void> {
    if (this.#sending.has(roomId)) return;
    this.#sending.add(roomId);
    for (let next = this.#nextQueued(roomId); next; next = this.#nextQueued(roomId)) {
      await this.#sendOne(roomId, next.clientId, next.text);
    }
    this.#sending.delete(roomId);
  }

  #nextQueued(roomId: string) {
    const room = this.#state.rooms[roomId];
    if (!this.#connection.isOpen || room?.sync === "stale") return undefined;
    return room?.outbox.find((item) => item.state === "queued");
  }

  async #sendOne(roomId: string, clientId: string, text: string): Promise<void> {
    this.#dispatch({ kind: "sending", roomId, clientId });
    try {
      const frame = await this.#connection.request({ action: "sendMessage", roomId, text, clientId });
      if (frame.type !== "sent") throw new RequestError("Unexpected", frame.type);
      this.#dispatch({ kind: "sent", roomId, clientId, messageId: frame.messageId, sentAt: frame.sentAt });
    } catch (error) {
      const code = codeOf(error);
      // A lost connection has made it `unconfirmed` already; the next history tells.
      if (code === "Disconnected") return;
      const reason = REASONS[code] ?? "The server could not take this message.";
      this.#dispatch({ kind: "sendFailed", roomId, clientId, reason });
    }
  }

  #push(frame: Frame): void {
    if (frame.type === "message") {
      this.#dispatch({ kind: "received", roomId: frame.roomId, message: frame.message });
    } else if (frame.type === "typing") {
      this.#showTyping(frame.roomId, frame.username);
    }
  }

  #showTyping(roomId: string, username: string): void {
    const { clock } = this.#surroundings;
    this.#dispatch({ kind: "typing", roomId, username, until: clock.now() + TYPING_SHOWN_MS });
    clock.after(TYPING_SHOWN_MS, () => this.#dispatch({ kind: "typingEnded", roomId, now: clock.now() }));
  }

  #dispatch(event: Event): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}

function codeOf(error: unknown): string {
  if (error instanceof RequestError) return error.code;
  throw error;
}
