/** What the client knows: one immutable value, replaced by `reduce` (reducer.ts) and drawn by the UI. */

import type { Status } from "./connection.ts";
import { type FileInfo, LOBBY, type Member, type Message, type Role } from "./protocol.ts";

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
  /** A file that goes with it, or instead of words. */
  readonly file?: FileInfo;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly queuedAt: number;
  readonly state: "queued" | "sending" | "unconfirmed" | "failed";
  readonly reason?: string;
}

/** The part of a room's history that is older than `messages`. */
export type Older =
  | { readonly state: "none" }
  | { readonly state: "available" | "loading" | "failed"; readonly before: string };

/** What a search found, as it is now: what was deleted since is not among it. */
export interface Found {
  readonly query: string;
  /** Newest first. */
  readonly messages: readonly Message[];
  /** Where to go on; undefined when all was looked at. */
  readonly before: string | undefined;
}

/** `rejected` and `gone` (left elsewhere, or ended) are shown until the user has read so. */
export type Standing = "approved" | "pending" | "rejected" | "gone";

export interface Room {
  readonly roomId: string;
  readonly name: string;
  readonly role: Role;
  readonly standing: Standing;
  /** Who asks to be let in; for admins only. */
  readonly requests: readonly string[];
  /** Absent until they were read. */
  readonly members?: readonly Member[];
  /** Whether reading them, or more of them, failed. */
  readonly membersFailed?: boolean;
  /** Present while there are more members than were read: pass it as `after`. */
  readonly membersAfter?: string;
  /** Oldest first, without gaps and repeats. */
  readonly messages: readonly Message[];
  readonly outbox: readonly Outgoing[];
  readonly older: Older;
  /**
   * Messages before this id were read over an earlier connection, and may have been changed since; absent when all are
   * as the server has them.
   */
  readonly currentFrom?: string;
  /** `stale` until the history has been read over the present connection; `failed` when that was refused. */
  readonly sync: "stale" | "synced" | "failed";
  /** Send time of the newest message up to which nothing is missing; absent until a history was read. */
  readonly completeUntil?: number;
  /** User name → when (ms) to stop showing that they type. */
  readonly typing: Readonly<Record<string, number>>;
  /** The newest message that had been seen when the room was last opened, if there were newer ones. */
  readonly seenOnOpening?: string;
  /** While a search in the room is open, and has found something or nothing. */
  readonly found?: Found;
}

export interface ChatState {
  /** One's own user name. */
  readonly self: string;
  readonly status: Status;
  /** Whether a connection has ever been open. */
  readonly wasOpen: boolean;
  readonly rooms: Readonly<Record<string, Room>>;
  /** How far the list of rooms is known over the present connection. */
  readonly listing: "stale" | "listed" | "failed";
  /** The room on screen; maybe none that this user is in. */
  readonly current: string;
  /** Room id → what was written and not sent. */
  readonly drafts: Readonly<Record<string, string>>;
  /** Room id → id of the newest message that was on screen. */
  readonly seen: Readonly<Record<string, string>>;
  /** Room id → what the page had not sent when it was loaded anew; a room takes it over once it is known. */
  readonly unsent: Readonly<Record<string, readonly Outgoing[]>>;
}

export type Kept = Pick<ChatState, "drafts" | "seen" | "unsent">;

const NOTHING_KEPT: Kept = { drafts: {}, seen: {}, unsent: {} };

export function initialState(self: string, current: string = LOBBY, kept: Kept = NOTHING_KEPT): ChatState {
  const lobby = newRoom(kept, { roomId: LOBBY, name: "Lobby", role: "member", standing: "approved" });
  return { self, status: { phase: "idle" }, wasOpen: false, rooms: { [LOBBY]: lobby }, listing: "stale", current, ...kept };
}

export function newRoom({ unsent }: Pick<Kept, "unsent">, known: Pick<Room, "roomId" | "name" | "role" | "standing">): Room {
  const outbox = unsent[known.roomId] ?? [];
  return { ...known, requests: [], messages: [], outbox, older: { state: "none" }, sync: "stale", typing: {} };
}
