/**
 * One WebSocket that comes back.
 *
 *     idle ─open()→ connecting ─→ open ─(lost)→ waiting ─(time, wake)→ connecting
 *                        └───────(refused)──────┘
 *     any ─close()→ idle          connecting ─(no credentials any more)→ expired
 *
 * A browser says nothing about why a handshake failed (401 looks like an unplugged cable), so every failure is retried,
 * and the caller's `address` says when there is no point in it.
 */

import { backoffMs } from "./backoff.ts";
import type { Cancel, Clock } from "./clock.ts";
import { parseFrame } from "./frames.ts";
import type { Frame, Request } from "./protocol.ts";

/** The part of a browser's WebSocket used here. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  opened: () => void;
  received: (data: unknown) => void;
  /** Also when it never opened. */
  closed: () => void;
}

export type OpenSocket = (url: string, events: SocketEvents) => Socket;

export type Status =
  | { phase: "idle" }
  /** `attempt` counts from 0: how many failed before this one. */
  | { phase: "connecting"; attempt: number }
  | { phase: "open" }
  | { phase: "waiting"; retryAt: number }
  | { phase: "expired" };

export class RequestError extends Error {
  /** The server's code; or `Disconnected` (the answer is lost, the effect unknown) or `TimedOut`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code of a failed request. @throws anything else that was thrown */
export function codeOf(error: unknown): string {
  if (error instanceof RequestError) return error.code;
  throw error;
}

export interface ConnectionOptions {
  /** Where to connect now; undefined when the credentials have run out. */
  address: () => string | undefined;
  openSocket: OpenSocket;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  onStatus: (status: Status) => void;
  onPush: (frame: Frame) => void;
}

/** API Gateway closes a connection after 10 minutes without a message. */
export const HEARTBEAT_MS = 5 * 60_000;
export const CONNECT_TIMEOUT_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 12_000;
/** A connection that stood this long was a good one: the next loss starts with the shortest wait again. */
export const STABLE_MS = 10_000;

interface Pending {
  sentAt: number;
  resolve: (frame: Frame) => void;
  reject: (error: RequestError) => void;
  cancelTimeout: Cancel;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #pending = new Map<string, Pending>();
  #status: Status = { phase: "idle" };
  #socket: Socket | undefined;
  /** The timer of the present phase: handshake timeout, retry. */
  #cancelTimer: Cancel = () => {};
  #cancelHeartbeat: Cancel = () => {};
  #failures = 0;
  #openedAt = 0;
  #heardAt = 0;
  #requests = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#status.phase === "open";
  }

  open(): void {
    if (this.#status.phase === "idle") this.#connect();
  }

  close(): void {
    this.#dropSocket();
    this.#enter({ phase: "idle" });
  }

  /** The network or the user is back: retry at once, or find out whether an open connection still lives. */
  wake(): void {
    if (this.#status.phase === "waiting") this.#connect();
    else if (this.isOpen) this.#ping();
  }

  /**
   * Send a request and wait for the frame that answers it.
   *
   * @throws RequestError (by rejection) for an `error` answer, no answer in time, or the connection lost meanwhile
   */
  request(request: Request): Promise<Frame> {
    const socket = this.#socket;
    if (!socket || !this.isOpen) return Promise.reject(new RequestError("Disconnected", "not connected"));
    this.#requests += 1;
    const requestId = `r${this.#requests}`;
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const cancelTimeout = clock.after(REQUEST_TIMEOUT_MS, () => this.#timeOut(requestId));
      this.#pending.set(requestId, { sentAt: clock.now(), resolve, reject, cancelTimeout });
      socket.send(JSON.stringify({ ...request, requestId }));
    });
  }

  /** As `request`, for an answer of one type. @throws RequestError `Unexpected` for any other */
  async ask<Type extends Frame["type"]>(request: Request, type: Type): Promise<Extract<Frame, { type: Type }>> {
    const frame = await this.request(request);
    if (frame.type !== type) throw new RequestError("Unexpected", `${frame.type} in place of ${type}`);
    return frame as Extract<Frame, { type: Type }>;
  }

  /** Send without waiting for an answer; nothing happens while disconnected. */
  notify(request: Request): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify(request));
  }

  #connect(): void {
    const url = this.#options.address();
    if (url === undefined) return this.#enter({ phase: "expired" });
    // A socket given up may still have events under way.
    const whilePresent =
      <T extends unknown[]>(react: (...event: T) => void) =>
      (...event: T) => {
        if (this.#socket === socket) react(...event);
      };
    const socket = this.#options.openSocket(url, {
      opened: whilePresent(() => this.#opened()),
      received: whilePresent((data: unknown) => this.#received(data)),
      closed: whilePresent(() => this.#lost()),
    });
    this.#socket = socket;
    this.#enter({ phase: "connecting", attempt: this.#failures });
    this.#cancelTimer = this.#options.clock.after(CONNECT_TIMEOUT_MS, () => this.#lost());
  }

  #opened(): void {
    this.#openedAt = this.#heardAt = this.#options.clock.now();
    this.#enter({ phase: "open" });
    this.#scheduleHeartbeat();
  }

  #lost(): void {
    const { clock, random } = this.#options;
    if (this.isOpen && clock.now() - this.#openedAt >= STABLE_MS) this.#failures = 0;
    this.#dropSocket();
    const delayMs = backoffMs(this.#failures, random);
    this.#failures += 1;
    this.#enter({ phase: "waiting", retryAt: clock.now() + delayMs });
    this.#cancelTimer = clock.after(delayMs, () => this.#connect());
  }

  #enter(status: Status): void {
    this.#cancelTimer();
    this.#status = status;
    this.#options.onStatus(status);
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelHeartbeat();
    if (!socket) return;
    socket.close();
    for (const requestId of this.#pending.keys()) {
      this.#take(requestId)?.reject(new RequestError("Disconnected", "connection lost before the answer"));
    }
  }

  #received(data: unknown): void {
    this.#heardAt = this.#options.clock.now();
    const received = typeof data === "string" ? parseFrame(data) : undefined;
    if (!received) return;
    const { frame, requestId } = received;
    const pending = requestId === undefined ? undefined : this.#take(requestId);
    if (!pending) this.#options.onPush(frame);
    else if (frame.type === "error") pending.reject(new RequestError(frame.code, frame.message));
    else pending.resolve(frame);
  }

  #take(requestId: string): Pending | undefined {
    const pending = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    pending?.cancelTimeout();
    return pending;
  }

  #timeOut(requestId: string): void {
    const sentAt = this.#pending.get(requestId)?.sentAt ?? 0;
    // Nothing at all since the request: a dead connection that nobody closed, as after a laptop's sleep.
    if (this.#heardAt <= sentAt) this.#lost();
    else this.#take(requestId)?.reject(new RequestError("TimedOut", "no answer"));
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#ping();
      this.#scheduleHeartbeat();
    });
  }

  #ping(): void {
    // A ping that fails ends in #timeOut or #lost, which have said so already.
    this.request({ action: "ping" }).catch(() => {});
  }
}
