/** What goes over the WebSocket, as types; text from the server becomes these in frames.ts. */

/** One chat message. `messageId` is a ULID: it sorts by time. Times are in milliseconds since the epoch. */
export interface Message {
  readonly messageId: string;
  readonly username: string;
  readonly text: string;
  readonly sentAt: number;
  /** Chosen by the sender, so that it recognises its own message when it comes back. */
  readonly clientId?: string;
  /** Its content is had by `getFile`. */
  readonly file?: FileInfo;
  /** In the order in which they came. */
  readonly reactions?: readonly Reaction[];
  readonly editedAt?: number;
  readonly deletedAt?: number;
  /** Counts the changes: of two states of one message the higher one holds. */
  readonly revision?: number;
}

export interface FileInfo {
  /** What the sender calls it: text, and no path. */
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
}

export interface Reaction {
  readonly emoji: string;
  readonly usernames: readonly string[];
}

export type Role = "admin" | "member";
export type Decision = "approve" | "reject";

/** So many names of those who ask `listRooms` tells at most, the first ones. */
export const MAX_PENDING = 40;

/** A room as `listRooms` tells it to somebody who is in it, or has asked to be. */
export interface Listing {
  readonly roomId: string;
  readonly name: string;
  readonly role: Role;
  readonly status: "approved" | "pending";
  /** Who asks to be let in; for admins only. */
  readonly pending: readonly string[];
}

export interface Member {
  readonly username: string;
  readonly role: Role;
  readonly online: boolean;
}

export interface Presence {
  readonly username: string;
  readonly online: boolean;
}

export type Request =
  | { action: "sendMessage"; roomId: string; text: string; clientId: string }
  | { action: "getMessages"; roomId: string; before?: string; limit: number }
  | { action: "searchMessages"; roomId: string; query: string; before?: string; limit: number }
  | { action: "editMessage"; roomId: string; messageId: string; text: string }
  | { action: "deleteMessage"; roomId: string; messageId: string }
  | { action: "react"; roomId: string; messageId: string; emoji: string; remove: boolean }
  | { action: "createUpload"; contentType: string; sizeBytes: number }
  | { action: "sendFile"; roomId: string; fileId: string; name: string; text: string; clientId: string }
  | { action: "getFile"; roomId: string; messageId: string }
  | { action: "typing"; roomId: string }
  | { action: "createRoom"; name: string }
  | { action: "joinRoom"; roomId: string }
  | { action: "joinRoom"; roomId: string; username: string; decision: Decision }
  | { action: "leaveRoom"; roomId: string }
  | { action: "listRooms"; after?: string }
  | { action: "getMembers"; roomId: string; after?: string }
  | { action: "ping" };

interface OfRoom<Type extends string> {
  type: Type;
  roomId: string;
}
interface OfMessage<Type extends string> extends OfRoom<Type> {
  message: Message;
}
/** A message of somebody, or what became of one: pushed, or answered to whoever changed it. */
export type MessageFrame =
  | OfMessage<"message">
  | OfMessage<"messageChanged">
  | OfMessage<"edited">
  | OfMessage<"deleted">
  | OfMessage<"reacted">;
/** What a search found, oldest first. */
export interface FoundFrame extends OfRoom<"found"> {
  messages: Message[];
  /** Present while there are older messages that were not looked at. */
  nextBefore?: string;
}
/** Where to post a file, with these fields, until `expiresAt`. */
export interface UploadFrame {
  type: "upload";
  fileId: string;
  url: string;
  fields: Readonly<Record<string, string>>;
}
/** Where to get a file. */
export interface FileFrame extends OfRoom<"file"> {
  messageId: string;
  url: string;
  expiresAt: number;
}
export interface MessagesFrame extends OfRoom<"messages"> {
  /** Oldest first. */
  messages: Message[];
  /** Present while there is older history: pass it as `before`. */
  nextBefore?: string;
}
export interface SentFrame extends OfRoom<"sent"> {
  messageId: string;
  sentAt: number;
}
export interface TypingFrame extends OfRoom<"typing"> {
  username: string;
}
/** Answers `createRoom`, and `joinRoom` of somebody who is in. */
export interface RoomFrame extends OfRoom<"room"> {
  name: string;
  role: Role;
}
export interface RoomsFrame {
  type: "rooms";
  rooms: Listing[];
  nextAfter?: string;
}
export interface MembersFrame extends OfRoom<"members"> {
  members: Member[];
  /** Who asks to be let in; for admins only. */
  pending: string[];
  nextAfter?: string;
}
export type JoinRequestedFrame = OfRoom<"joinRequested">;
/** Answers an admin's decision: with the first that was made, not necessarily this one. */
export interface JoinDecidedFrame extends OfRoom<"joinDecided"> {
  username: string;
  decision: Decision;
}
/** Pushed to somebody who asks. */
export interface JoinRequestFrame extends OfRoom<"joinRequest"> {
  username: string;
}
export interface JoinDecisionFrame extends OfRoom<"joinDecision"> {
  decision: Decision;
}
export interface MemberFrame extends OfRoom<"member"> {
  username: string;
  change: "joined" | "left" | "admin";
}
export type LeftFrame = OfRoom<"left">;
export interface PresenceFrame {
  type: "presence";
  changes: Presence[];
}
export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
}
/** An answer whose arrival is all that matters (`pong`, `ok`), or a push this client does not know. */
export interface OtherFrame {
  type: "other";
}

export type Frame =
  | MessageFrame
  | MessagesFrame
  | FoundFrame
  | UploadFrame
  | FileFrame
  | SentFrame
  | TypingFrame
  | RoomFrame
  | RoomsFrame
  | MembersFrame
  | JoinRequestedFrame
  | JoinDecidedFrame
  | JoinRequestFrame
  | JoinDecisionFrame
  | MemberFrame
  | LeftFrame
  | PresenceFrame
  | ErrorFrame
  | OtherFrame;

/** A frame, and the request it answers; a push answers none. */
export interface Received {
  frame: Frame;
  requestId?: string;
}

/** Everybody's room: whoever is connected is in it. */
export const LOBBY = "lobby";
export const MAX_TEXT_CHARS = 4_000;
export const MAX_ROOM_NAME_CHARS = 64;

/** Conversations of two are rooms too, named by the other one. */
export function isDirect(roomId: string): boolean {
  return roomId.startsWith("@");
}

export function directRoomId(username: string): string {
  return `@${username.toLowerCase()}`;
}

/** Length as the server counts it: in code points, not in UTF-16 units. */
export function countChars(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
