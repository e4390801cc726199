/** The chat as one object: puts the connection, the state and the parts that work on them together. */

import type { Clock } from "./clock.ts";
import { codeOf, Connection, type OpenSocket, type Status } from "./connection.ts";
import { catchUp, readPage } from "./history.ts";
import { keep, recall, type Storages } from "./memory.ts";
import { Messages } from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { type Frame, isDirect, LOBBY } from "./protocol.ts";
import { isGone, Rooms } from "./rooms.ts";
import { connectUrl, isExpired, type Session } from "./session.ts";
import { initialState } from "./state.ts";
import { Store } from "./store.ts";

/** What the client needs from its surroundings; tests bring their own. */
export interface Surroundings {
  openSocket: OpenSocket;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  newId: () => string;
  fetch: typeof fetch;
  storages: Storages;
}

/** While the user types, the others hear of it this often, and forget it a little later. */
export const TYPING_EVERY_MS = 3_000;
export const TYPING_SHOWN_MS = 5_000;

export class ChatClient {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly rooms: Rooms;
  readonly messages: Messages;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #storages: Storages;
  readonly #typedAt = new Map<string, number>();

  constructor(websocketUrl: string, session: Session, surroundings: Surroundings, current: string = LOBBY) {
    const { clock, openSocket, random, newId, storages } = surroundings;
    this.#clock = clock;
    this.#storages = storages;
    this.store = new Store(initialState(session.username, current, recall(storages, session.username)));
    this.#connection = new Connection({
      address: () => (isExpired(session, clock.now()) ? undefined : connectUrl(websocketUrl, session)),
      openSocket,
      clock,
      random,
      onStatus: (status) => this.#statusChanged(status),
      onPush: (frame) => this.#push(frame),
    });
    this.outbox = new Outbox(this.store, this.#connection, clock, newId, surroundings.fetch);
    this.rooms = new Rooms(this.store, this.#connection);
    this.messages = new Messages(this.store, this.#connection, () => clock.now());
    this.#keep(session.username);
  }

  start(): void {
    this.#connection.open();
  }

  stop(): void {
    this.#connection.close();
  }

  wake(): void {
    this.#connection.wake();
  }

  /** Show another room; the conversation with somebody is one, whether or not there was a word yet. */
  open(roomId: string): void {
    if (isDirect(roomId) && !this.store.getState().rooms[roomId]) this.store.dispatch({ kind: "addressed", roomId });
    this.store.dispatch({ kind: "opened", roomId });
    if (this.#connection.isOpen) void this.#enter(roomId);
  }

  /** Read what was missed in a room, then send what waits there. Again when that failed. */
  async synchronise(roomId: string): Promise<void> {
    const room = this.store.getState().rooms[roomId];
    if (room?.standing !== "approved") return;
    this.store.dispatch({ kind: "syncStarted", roomId });
    try {
      this.store.dispatch(await catchUp(this.#connection, room));
      void this.#readAgain(roomId);
    } catch (error) {
      const code = codeOf(error);
      if (isGone(code)) this.store.dispatch({ kind: "gone", roomId });
      else if (code !== "Disconnected") this.store.dispatch({ kind: "syncFailed", roomId });
    }
    void this.outbox.flush(roomId);
  }

  /** What was read over an earlier connection may have been edited or deleted since: page by page, back to the oldest; then what was found. */
  async #readAgain(roomId: string): Promise<void> {
    const place = () => this.store.getState().rooms[roomId]?.currentFrom;
    try {
      for (let before = place(); before !== undefined; before = place()) {
        this.store.dispatch({ kind: "readAgain", roomId, ...(await readPage(this.#connection, roomId, before)) });
      }
      await this.messages.searchAgain(roomId);
    } catch (error) {
      // It stays as it was read; the next connection tries again.
      codeOf(error);
    }
  }

  async loadOlder(roomId: string): Promise<void> {
    const room = this.store.getState().rooms[roomId];
    if (room?.sync !== "synced" || room.older.state === "none" || room.older.state === "loading") return;
    this.store.dispatch({ kind: "olderRequested", roomId });
    try {
      const page = await readPage(this.#connection, roomId, room.older.before);
      this.store.dispatch({ kind: "olderLoaded", roomId, ...page });
    } catch (error) {
      if (codeOf(error) !== "Disconnected") this.store.dispatch({ kind: "olderFailed", roomId });
    }
  }

  /** Load older pages until a message is among them. @returns whether it came */
  async loadBackTo(roomId: string, messageId: string): Promise<boolean> {
    const room = () => this.store.getState().rooms[roomId];
    const oldest = () => room()?.messages[0]?.messageId ?? "";
    while (oldest() > messageId) {
      const before = oldest();
      await this.loadOlder(roomId);
      if (oldest() === before) break;
    }
    return room()?.messages.some((message) => message.messageId === messageId) ?? false;
  }

  /** The user has changed what stands in a room's composer. */
  draft(roomId: string, text: string): void {
    this.store.dispatch({ kind: "drafted", roomId, text });
    if (text.trim() !== "") this.#typing(roomId);
  }

  send(roomId: string, text: string): void {
    this.#typedAt.delete(roomId);
    this.store.dispatch({ kind: "drafted", roomId, text: "" });
    this.outbox.send(roomId, text);
  }

  /** Send a message that failed once more, if it is not in the history: its answer may have been late, or lost. */
  retry(roomId: string, clientId: string): void {
    this.store.dispatch({ kind: "requeued", roomId, clientId });
    void this.synchronise(roomId);
  }

  #typing(roomId: string): void {
    const now = this.#clock.now();
    if (now - (this.#typedAt.get(roomId) ?? -TYPING_EVERY_MS) < TYPING_EVERY_MS) return;
    this.#typedAt.set(roomId, now);
    this.#connection.notify({ action: "typing", roomId });
  }

  #statusChanged(status: Status): void {
    this.store.dispatch({ kind: "status", status });
    if (status.phase === "open") void this.#catchUp();
  }

  /** Over a new connection: the room on screen, the list of rooms, then the other rooms, one after another. */
  async #catchUp(): Promise<void> {
    const { current } = this.store.getState();
    const first = this.#enter(current);
    await this.rooms.refresh();
    await first;
    for (const room of Object.values(this.store.getState().rooms)) {
      if (this.store.getState().rooms[room.roomId]?.sync === "stale") await this.synchronise(room.roomId);
    }
    // A room that only the list made known.
    if (this.store.getState().rooms[current]?.members === undefined) await this.#enter(current);
  }

  async #enter(roomId: string): Promise<void> {
    const room = this.store.getState().rooms[roomId];
    if (room?.standing !== "approved") return;
    const members = this.rooms.readMembers(roomId);
    if (room.sync !== "synced") await this.synchronise(roomId);
    await members;
  }

  #push(frame: Frame): void {
    if (frame.type === "message") this.store.dispatch({ ...frame, kind: "received" });
    else if (frame.type === "messageChanged") this.store.dispatch({ ...frame, kind: "changed" });
    else if (frame.type === "typing") this.#showTyping(frame.roomId, frame.username);
    else if (this.rooms.hear(frame) && frame.type === "joinDecision") void this.#enter(frame.roomId);
  }

  #showTyping(roomId: string, username: string): void {
    this.store.dispatch({ kind: "typing", roomId, username, until: this.#clock.now() + TYPING_SHOWN_MS });
    this.#clock.after(TYPING_SHOWN_MS, () => this.store.dispatch({ kind: "typingEnded", roomId, now: this.#clock.now() }));
  }

  /** Another tab may have written down what was read there. */
  readSeen(): void {
    const { seen } = recall(this.#storages, this.store.getState().self);
    this.store.dispatch({ kind: "seenElsewhere", seen });
  }

  #keep(self: string): void {
    let before = this.store.getState();
    this.store.subscribe(() => {
      const now = this.store.getState();
      keep(this.#storages, self, now, before);
      before = now;
    });
  }
}
