/** Sending: a message is shown at once, and leaves when its turn comes; a file of it is uploaded first. */

import type { Clock } from "./clock.ts";
import { codeOf, type Connection, RequestError } from "./connection.ts";
import { isDirect, type SentFrame } from "./protocol.ts";
import type { Outgoing } from "./state.ts";
import type { Store } from "./store.ts";
import { typeOf, upload } from "./upload.ts";

const REASONS: Readonly<Record<string, string>> = {
  RateLimited: "Too many messages in a short time. Wait a moment, then retry.",
  TooLong: "This message is too long.",
  NotAMember: "You are not a member of this room.",
  RoomNotFound: "This room has ended.",
  TimedOut: "The server did not answer.",
  UnsupportedType: "Files of this type are not taken.",
  TooLarge: "A file has at most 10 MB.",
  NotUploaded: "The file could not be uploaded.",
  FileLost: "The file is not at hand any more. Attach it again.",
};

function reasonFor(code: string, roomId: string): string {
  if (code === "RoomNotFound" && isDirect(roomId)) return "There is nobody of this name.";
  return REASONS[code] ?? "The server could not take this message.";
}

type Lane = "words" | "files";

export class Outbox {
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #fetch: typeof fetch;
  /** Files on their way, by `clientId`. */
  readonly #files = new Map<string, File>();
  /**
   * What is on the wire, by room: words go one at a time, so that they arrive in the order written, and so do files, on
   * their own: nobody's words wait until a large file is there.
   */
  readonly #sending = new Set<string>();

  constructor(store: Store, connection: Connection, clock: Clock, newId: () => string, fetchFrom: typeof fetch) {
    this.#store = store;
    this.#connection = connection;
    this.#clock = clock;
    this.#newId = newId;
    this.#fetch = fetchFrom;
  }

  send(roomId: string, text: string): void {
    this.#store.dispatch({ kind: "queued", roomId, clientId: this.#newId(), text, queuedAt: this.#clock.now() });
    void this.flush(roomId);
  }

  sendFile(roomId: string, file: File, text: string): void {
    const clientId = this.#newId();
    this.#files.set(clientId, file);
    const info = { name: file.name, contentType: typeOf(file), sizeBytes: file.size };
    this.#store.dispatch({ kind: "queued", roomId, clientId, text, queuedAt: this.#clock.now(), file: info });
    void this.flush(roomId);
  }

  discard(roomId: string, clientId: string): void {
    this.#files.delete(clientId);
    this.#store.dispatch({ kind: "discarded", roomId, clientId });
  }

  /** Send what waits in the room, unless its history must be read first. */
  async flush(roomId: string): Promise<void> {
    await Promise.all([this.#sendAll(roomId, "words"), this.#sendAll(roomId, "files")]);
  }

  async #sendAll(roomId: string, what: Lane): Promise<void> {
    const lane = `${what} ${roomId}`;
    if (this.#sending.has(lane)) return;
    this.#sending.add(lane);
    for (let next = this.#next(roomId, what); next; next = this.#next(roomId, what)) {
      await this.#sendOne(roomId, next);
    }
    this.#sending.delete(lane);
  }

  #next(roomId: string, what: Lane) {
    const room = this.#store.getState().rooms[roomId];
    if (!this.#connection.isOpen || room?.sync === "stale") return undefined;
    return room?.outbox.find(({ state, file }) => state === "queued" && (file !== undefined) === (what === "files"));
  }

  async #sendOne(roomId: string, item: Outgoing): Promise<void> {
    const { clientId } = item;
    this.#store.dispatch({ kind: "sending", roomId, clientId });
    try {
      const { messageId, sentAt } = await this.#post(roomId, item);
      this.#files.delete(clientId);
      this.#store.dispatch({ kind: "sent", roomId, clientId, messageId, sentAt });
    } catch (error) {
      const code = codeOf(error);
      // A lost connection has made it `unconfirmed` already; the next history tells.
      if (code === "Disconnected") return;
      const reason = reasonFor(code, roomId);
      this.#store.dispatch({ kind: "sendFailed", roomId, clientId, reason });
    }
  }

  /** @throws RequestError */
  async #post(roomId: string, { clientId, text, file: info }: Outgoing): Promise<SentFrame> {
    const file = this.#files.get(clientId);
    // Words outlive the page, files do not.
    if (info && !file) throw new RequestError("FileLost", "the page was loaded anew");
    if (!file) return this.#connection.ask({ action: "sendMessage", roomId, text, clientId }, "sent");
    const fileId = await upload(this.#connection, this.#fetch, file);
    return this.#connection.ask({ action: "sendFile", roomId, fileId, name: file.name, text, clientId }, "sent");
  }
}
