/** Rooms: which there are, who is in them, and getting in and out. */

import { codeOf, type Connection } from "./connection.ts";
import type { Decision, Frame, Listing, Request } from "./protocol.ts";
import type { Store } from "./store.ts";

export class Rooms {
  readonly #store: Store;
  readonly #connection: Connection;
  /** Counts what changed in the list of rooms: a list asked for before may not know of it yet. */
  #changes = 0;
  /** What was said by itself since members were asked for, for each time that they are being read. */
  readonly #heard = new Set<Frame[]>();

  constructor(store: Store, connection: Connection) {
    this.#store = store;
    this.#connection = connection;
  }

  /** Read the list of rooms. Done by itself on every new connection; again when that failed. */
  async refresh(): Promise<void> {
    try {
      let changes: number;
      let rooms: Listing[];
      do {
        changes = this.#changes;
        rooms = await this.#readAll();
      } while (changes !== this.#changes);
      this.#store.dispatch({ kind: "listed", rooms });
    } catch (error) {
      if (codeOf(error) !== "Disconnected") this.#store.dispatch({ kind: "listFailed" });
    }
  }

  /** @returns the new room's id @throws RequestError */
  async create(name: string): Promise<string> {
    const frame = await this.#ask({ action: "createRoom", name }, "room");
    this.#store.dispatch({ ...frame, kind: "entered" });
    return frame.roomId;
  }

  /** Ask to be let into a room, or find that one is in. @throws RequestError `RoomNotFound` for one */
  async ask(roomId: string): Promise<void> {
    const frame = await this.#connection.request({ action: "joinRoom", roomId });
    this.#changes += 1;
    if (frame.type === "room") this.#store.dispatch({ ...frame, kind: "entered" });
    // The answer has no name; the list does.
    else await this.refresh();
  }

  /** Let somebody in, or not; the first decision of any admin holds. @returns which that was @throws RequestError */
  async decide(roomId: string, username: string, decision: Decision): Promise<Decision> {
    try {
      const frame = await this.#ask({ action: "joinRoom", roomId, username, decision }, "joinDecided");
      this.#store.dispatch({ kind: "requestSettled", roomId, username });
      return frame.decision;
    } catch (error) {
      // Taken back meanwhile.
      if (codeOf(error) === "NotAMember") this.#store.dispatch({ kind: "requestSettled", roomId, username });
      throw error;
    }
  }

  /** Leave a room, or take a request back. @throws RequestError */
  async leave(roomId: string): Promise<void> {
    try {
      await this.#ask({ action: "leaveRoom", roomId }, "left");
    } catch (error) {
      if (!isGone(codeOf(error))) throw error;
    }
    this.#changes += 1;
    this.#store.dispatch({ kind: "left", roomId });
  }

  /** Read the members, or those that come after the ones that are known. */
  async readMembers(roomId: string, more = false): Promise<void> {
    const heard: Frame[] = [];
    this.#heard.add(heard);
    const after = more ? this.#store.getState().rooms[roomId]?.membersAfter : undefined;
    try {
      const frame = await this.#ask({ action: "getMembers", roomId, ...(after !== undefined && { after }) }, "members");
      const { members, pending, nextAfter } = frame;
      this.#store.dispatch({ kind: "membersRead", roomId, members, pending, after: nextAfter, first: after === undefined });
    } catch (error) {
      const code = codeOf(error);
      if (isGone(code)) this.#store.dispatch({ kind: "gone", roomId });
      else if (code !== "Disconnected") this.#store.dispatch({ kind: "membersFailed", roomId });
    }
    // The answer may be older than these; each of them can be heard twice.
    this.#heard.delete(heard);
    for (const frame of heard) this.hear(frame);
  }

  /** What the server says by itself. @returns whether the frame was about rooms */
  hear(frame: Frame): boolean {
    for (const heard of this.#heard) heard.push(frame);
    switch (frame.type) {
      case "joinRequest":
        this.#changes += 1;
        this.#store.dispatch({ ...frame, kind: "requested" });
        return true;
      case "joinDecision":
        this.#changes += 1;
        this.#store.dispatch({ ...frame, kind: "decided" });
        return true;
      case "member":
        this.#changes += 1;
        this.#store.dispatch({ ...frame, kind: "memberChanged" });
        return true;
      case "presence":
        this.#store.dispatch({ ...frame, kind: "presence" });
        return true;
      default:
        return false;
    }
  }

  async #readAll(): Promise<Listing[]> {
    let frame = await this.#ask({ action: "listRooms" }, "rooms");
    const rooms = frame.rooms;
    while (frame.nextAfter !== undefined) {
      frame = await this.#ask({ action: "listRooms", after: frame.nextAfter }, "rooms");
      rooms.push(...frame.rooms);
    }
    return rooms;
  }

  async #ask<Type extends Frame["type"]>(request: Request, type: Type): Promise<Extract<Frame, { type: Type }>> {
    const frame = await this.#connection.ask(request, type);
    if (request.action !== "listRooms" && request.action !== "getMembers") this.#changes += 1;
    return frame;
  }
}

/** Whether the code says that one is not in the room, or that there is none. */
export function isGone(code: string): boolean {
  return code === "NotAMember" || code === "RoomNotFound";
}
