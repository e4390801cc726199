/** The chat's server, in memory, and a clock that only moves when told. */

import type { Cancel, Clock } from "../src/chat/clock.ts";
import { systemClock } from "../src/chat/clock.ts";
import type { Socket, SocketEvents } from "../src/chat/connection.ts";
import type { Message } from "../src/chat/protocol.ts";
import type { Site } from "../src/site.ts";

export const START_MS = Date.UTC(2026, 10, 20, 12);

export class ManualClock implements Clock {
  #now = START_MS;
  #tasks: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Cancel {
    const task = { at: this.#now + delayMs, run };
    this.#tasks.push(task);
    return () => void (this.#tasks = this.#tasks.filter((other) => other !== task));
  }

  /** Move on, running what falls due in order, and let everything that follows from it happen. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#tasks = this.#tasks.filter((task) => task !== next);
      this.#now = next.at;
      next.run();
      await settled();
    }
    this.#now = end;
  }

  #due(end: number) {
    return this.#tasks.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}

/** All promises under way have been kept. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Fields = Record<string, unknown>;
interface Peer {
  username: string;
  events: SocketEvents;
}
interface FakeRoom {
  roomId: string;
  name: string;
  /** User name → role. */
  members: Map<string, "admin" | "member">;
  pending: string[];
}

/**
 * Speaks the chat's contract over sockets that never leave the process. Everything arrives in a later microtask, in
 * order, as it would over a fast network.
 */
export class FakeServer {
  /** What was said, by room. */
  histories = new Map<string, Message[]>();
  rooms = new Map<string, FakeRoom>();
  /** What was uploaded, by `fileId`. */
  files = new Map<string, Blob>();
  /** Whether the bucket takes files. */
  bucketAccepts = true;
  accounts = new Map<string, string>();
  peers: Peer[] = [];
  /** Addresses of all handshakes, refused ones included. */
  handshakes: string[] = [];
  requests: Fields[] = [];
  accepting = true;
  /** `mute` does what it is asked and tells nobody; `deaf` does nothing. */
  mode: "normal" | "mute" | "deaf" = "normal";
  /** Error code with which to answer requests of an action. */
  refusals = new Map<string, string>();
  tokenLifeMs = 3_600_000;
  #clock: Clock;
  #ids = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  readonly openSocket = (url: string, events: SocketEvents): Socket => {
    this.handshakes.push(url);
    const peer: Peer = { username: nameOf(new URL(url)), events };
    queueMicrotask(() => (this.accepting ? this.#accept(peer) : events.closed()));
    return { send: (text) => queueMicrotask(() => this.#receive(peer, text)), close: () => this.#forget(peer) };
  };

  readonly fetch: typeof fetch = async (input, init) => {
    const { pathname, host } = new URL(String(input));
    if (host === "files.test") return this.takeFile(init?.body as FormData);
    if (pathname.endsWith("/config.json")) return Response.json(CONFIG);
    const { username, password } = JSON.parse(String(init?.body)) as Record<string, string>;
    return pathname.endsWith("/signup") ? this.#signUp(username!, password!) : this.#logIn(username!, password!);
  };

  /** What was said in the lobby. */
  get messages(): Message[] {
    return this.history("lobby");
  }

  history(roomId: string): Message[] {
    const known = this.histories.get(roomId) ?? [];
    this.histories.set(roomId, known);
    return known;
  }

  /** A room that is there already; whoever is named first is its admin. */
  addRoom(roomId: string, name: string, ...members: string[]): FakeRoom {
    const roles = members.map((member, index) => [member, index === 0 ? "admin" : "member"] as const);
    const room: FakeRoom = { roomId, name, members: new Map(roles), pending: [] };
    this.rooms.set(roomId, room);
    return room;
  }

  /** Someone writes: stored, and pushed to everyone in the room. */
  say(username: string, text: string, clientId?: string, roomId = "lobby"): Message {
    const message = this.store(username, text, this.#clock.now(), clientId, roomId);
    this.push({ type: "message", roomId, ...message }, this.#peersIn(roomId));
    return message;
  }

  store(username: string, text: string, sentAt = this.#clock.now(), clientId?: string, roomId = "lobby"): Message {
    this.#ids += 1;
    const messageId = `${String(sentAt).padStart(15, "0")}${String(this.#ids).padStart(6, "0")}`;
    const message: Message = { messageId, username, text, sentAt, ...(clientId === undefined ? {} : { clientId }) };
    this.history(roomId).push(message);
    return message;
  }

  push(frame: Fields, to = this.peers): void {
    for (const { events } of to) queueMicrotask(() => events.received(JSON.stringify(frame)));
  }

  /** All connections are lost. */
  drop(): void {
    const lost = this.peers;
    this.peers = [];
    for (const { events } of lost) events.closed();
  }

  #accept(peer: Peer): void {
    this.peers.push(peer);
    peer.events.opened();
  }

  #forget(peer: Peer): void {
    this.peers = this.peers.filter((other) => other !== peer);
  }

  #receive(peer: Peer, text: string): void {
    const request = JSON.parse(text) as Fields;
    this.requests.push(request);
    if (this.mode === "deaf") return;
    const code = this.refusals.get(String(request.action));
    const answer = code === undefined ? this.#act(peer, request) : { type: "error", code, message: code };
    if (this.mode === "normal") this.push({ ...answer, requestId: request.requestId }, [peer]);
  }

  #act(peer: Peer, request: Fields): Fields {
    const { roomId } = request;
    switch (request.action) {
      case "sendMessage":
        return this.#sendMessage(peer, request);
      case "getMessages":
        return this.#getMessages(request);
      case "typing":
        return { type: "ok" };
      case "createRoom":
        this.addRoom(`room-${this.rooms.size + 1}`, String(request.name), peer.username);
        return { type: "room", roomId: `room-${this.rooms.size}`, name: request.name, role: "admin" };
      case "listRooms":
        return { type: "rooms", rooms: [LOBBY, ...this.#roomsOf(peer.username)] };
      case "getMembers":
        return { type: "members", roomId, members: this.#membersOf(String(roomId)) };
      case "editMessage":
        return this.#change(peer, request, "edited", { text: String(request.text), editedAt: this.#clock.now() });
      case "deleteMessage":
        return this.#change(peer, request, "deleted", { text: "", deletedAt: this.#clock.now() });
      case "react":
        return this.#change(peer, request, "reacted", { reactions: [{ emoji: String(request.emoji), usernames: [peer.username] }] });
      case "searchMessages":
        return { type: "found", roomId, messages: this.history(String(roomId)).filter(({ text }) => text.includes(String(request.query))) };
      case "createUpload":
        return { type: "upload", fileId: `file-${this.files.size + 1}`, url: "http://files.test/", fields: { key: `file-${this.files.size + 1}` }, expiresAt: 0 };
      case "sendFile":
        return this.#sendFile(peer, request);
      case "getFile":
        return { type: "file", roomId, messageId: request.messageId, url: `http://files.test/${this.requests.length}`, expiresAt: this.#clock.now() + 300_000 };
      case "joinRoom":
        return this.#joinRoom(peer, request);
      case "leaveRoom":
        return this.#leaveRoom(peer, String(roomId));
      default:
        return { type: "pong", serverTime: this.#clock.now() };
    }
  }

  #roomsOf(username: string): Fields[] {
    return [...this.rooms.values()].flatMap(({ roomId, name, members, pending }) => {
      const role = members.get(username);
      if (role) return [{ roomId, name, role, status: "approved", ...(role === "admin" && { pending }) }];
      return pending.includes(username) ? [{ roomId, name, role: "member", status: "pending" }] : [];
    });
  }

  #membersOf(roomId: string): Fields[] {
    const online = new Set(this.peers.map(({ username }) => username));
    const room = this.rooms.get(roomId);
    if (!room) return [...online].map((username) => ({ username, role: "member", status: "approved", online: true }));
    const members = [...room.members].map(([username, role]) => ({ username, role, status: "approved", online: online.has(username) }));
    return [...members, ...room.pending.map((username) => ({ username, role: "member", status: "pending", online: online.has(username) }))];
  }

  #joinRoom(peer: Peer, { roomId, username, decision }: Fields): Fields {
    const room = this.rooms.get(String(roomId));
    if (!room) return { type: "error", code: "RoomNotFound", message: "" };
    if (decision !== undefined) return this.decide(room, String(username), decision === "approve");
    const role = room.members.get(peer.username);
    if (role) return { type: "room", roomId, name: room.name, role };
    this.ask(room, peer.username);
    return { type: "joinRequested", roomId };
  }

  /** Somebody asks to be let in. */
  ask(room: FakeRoom, username: string): void {
    room.pending.push(username);
    this.push({ type: "joinRequest", roomId: room.roomId, username }, this.#peersIn(room.roomId));
  }

  /** An admin decides. */
  decide(room: FakeRoom, username: string, approved: boolean): Fields {
    const { roomId } = room;
    room.pending = room.pending.filter((other) => other !== username);
    if (approved) room.members.set(username, "member");
    const decision = approved ? "approve" : "reject";
    this.push({ type: "joinDecision", roomId, decision }, this.peers.filter((peer) => peer.username === username));
    if (approved) this.push({ type: "member", roomId, username, change: "joined" }, this.#peersIn(roomId));
    return { type: "joinDecided", roomId, username, decision };
  }

  #leaveRoom({ username }: Peer, roomId: string): Fields {
    const room = this.rooms.get(roomId);
    room?.members.delete(username);
    if (room) room.pending = room.pending.filter((other) => other !== username);
    return { type: "left", roomId };
  }

  #peersIn(roomId: string): Peer[] {
    const room = this.rooms.get(roomId);
    return room ? this.peers.filter(({ username }) => room.members.has(username)) : this.peers;
  }

  #change(peer: Peer, { roomId, messageId }: Fields, type: string, what: Partial<Message>): Fields {
    const messages = this.history(String(roomId));
    const index = messages.findIndex((message) => message.messageId === messageId);
    const message = { ...messages[index]!, ...what, revision: (messages[index]?.revision ?? 0) + 1 };
    messages[index] = message;
    this.push({ type: "messageChanged", roomId, ...message }, this.#peersIn(String(roomId)).filter((other) => other !== peer));
    return { type, message: { roomId, ...message } };
  }

  /** The bucket; tests may have it take its time. */
  takeFile = async (form: FormData): Promise<Response> => {
    if (!this.bucketAccepts) return new Response("<Error/>", { status: 403 });
    this.files.set(String(form.get("key")), form.get("file") as Blob);
    return new Response(null, { status: 204 });
  };

  #sendFile(peer: Peer, { roomId, fileId, name, text, clientId }: Fields): Fields {
    const blob = this.files.get(String(fileId));
    if (!blob) return { type: "error", code: "FileNotFound", message: "" };
    const stored = this.store(peer.username, String(text), this.#clock.now(), String(clientId), String(roomId));
    const message = { ...stored, file: { name: String(name), contentType: blob.type, sizeBytes: blob.size } };
    this.history(String(roomId)).splice(-1, 1, message);
    this.push({ type: "message", roomId, ...message }, this.#peersIn(String(roomId)));
    return { type: "sent", roomId, messageId: message.messageId, sentAt: message.sentAt };
  }

  #sendMessage(peer: Peer, { roomId, text, clientId }: Fields): Fields {
    const room = String(roomId);
    const message =
      this.mode === "mute"
        ? this.store(peer.username, String(text), this.#clock.now(), String(clientId), room)
        : this.say(peer.username, String(text), String(clientId), room);
    return { type: "sent", roomId, messageId: message.messageId, sentAt: message.sentAt };
  }

  #getMessages({ roomId, before, limit }: Fields): Fields {
    const older = this.history(String(roomId)).filter(({ messageId }) => before === undefined || messageId < String(before));
    const messages = older.slice(-Number(limit));
    const more = older.length > messages.length ? { nextBefore: messages[0]?.messageId } : {};
    return { type: "messages", roomId, messages, ...more };
  }

  #signUp(username: string, password: string): Response {
    if (this.accounts.has(username)) return refusal(409, "UsernameTaken");
    this.accounts.set(username, password);
    return Response.json({ username }, { status: 201 });
  }

  #logIn(username: string, password: string): Response {
    if (this.accounts.get(username) !== password) return refusal(401, "InvalidCredentials");
    return Response.json({ token: `token-of-${username}`, username, expiresAt: this.#clock.now() + this.tokenLifeMs });
  }
}

const LOBBY = { roomId: "lobby", name: "Lobby", role: "member", status: "approved" };

export const CONFIG = {
  restUrl: "http://api.test/prod",
  websocketUrl: "ws://api.test/ws",
  authModes: ["jwt", "guest"],
};

function nameOf({ searchParams }: URL): string {
  return searchParams.get("token")?.replace("token-of-", "") ?? `~${searchParams.get("username")}`;
}

function refusal(status: number, code: string): Response {
  return Response.json({ error: { code, message: code } }, { status });
}

/** A whole site on a server, with a storage of its own. */
export function fakeSite(server: FakeServer, clock: Clock = systemClock): Site {
  let ids = 0;
  return {
    fetch: server.fetch,
    storages: { tab: window.sessionStorage, lasting: window.localStorage },
    configUrl: "http://site.test/chat/config.json",
    openSocket: server.openSocket,
    clock,
    random: () => 0.5,
    newId: () => `client-${(ids += 1)}`,
  };
}
