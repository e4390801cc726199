/** What the client knows: one immutable value, replaced by `reduce` (reducer.ts) and drawn by the UI. */

import type { Status } from "./connection.ts";
import type { Message } from "./protocol.ts";

/**
 * A message of one's own on its way to the server.
 *
 * - `queued`: not yet on the wire; sent as soon as the room is in step with the server
 * - `sending`: on the wire, no answer yet
 * - `unconfirmed`: the connection was lost before the answer; whether it was stored shows in the history
 * - `failed`: refused or never answered; `reason` is for the user
 */
export interface Outgoing {
  readonly clientId: string;
  readonly text: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly queuedAt: number;
  readonly state: "queued" | "sending" | "unconfirmed" | "failed";
  readonly reason?: string;
}

/** The part of a room's history that is older than `messages`. */
export type Older =
  | { readonly state: "none" }
  | { readonly state: "available" | "loading" | "failed"; readonly before: string };

export interface Room {
  readonly roomId: string;
  /** Oldest first, without gaps and repeats. */
  readonly messages: readonly Message[];
  readonly outbox: readonly Outgoing[];
  readonly older: Older;
  /** `stale` until the history has been read over the present connection; `failed` when that was refused. */
  readonly sync: "stale" | "synced" | "failed";
  /** Send time of the newest message up to which nothing is missing; absent until a history was read. */
  readonly completeUntil?: number;
  /** User name → when (ms) to stop showing that they type. */
  readonly typing: Readonly<Record<string, number>>;
}

export interface ChatState {
  /** One's own user name. */
  readonly self: string;
  readonly status: Status;
  /** Whether a connection has ever been open. */
  readonly wasOpen: boolean;
  readonly rooms: Readonly<Record<string, Room>>;
}

export function initialState(self: string, roomIds: readonly string[]): ChatState {
  const rooms = Object.fromEntries(roomIds.map((roomId) => [roomId, emptyRoom(roomId)]));
  return { self, status: { phase: "idle" }, wasOpen: false, rooms };
}

function emptyRoom(roomId: string): Room {
  return { roomId, messages: [], outbox: [], older: { state: "none" }, sync: "stale", typing: {} };
}
