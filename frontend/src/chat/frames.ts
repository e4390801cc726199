/** The one place where text from the server becomes values. Nothing in it is trusted to be what it should be. */

import type { FileInfo, Frame, Listing, Member, Message, MessageFrame, Presence, Reaction, Received, Role } from "./protocol.ts";

type Fields = Readonly<Record<string, unknown>>;
/** Reads the fields of one type of frame; undefined when one is missing or of the wrong kind. */
type Read = (fields: Fields) => Frame | undefined;

/**
 * Read one text frame.
 *
 * @returns undefined for what is no frame of the chat: not JSON, a frame that API Gateway itself made (it has no
 *   `type`), or a known type with fields missing or of the wrong kind.
 */
export function parseFrame(text: string): Received | undefined {
  const fields = parseObject(text);
  if (typeof fields?.type !== "string") return undefined;
  const read = READERS.get(fields.type);
  const frame: Frame | undefined = read ? read(fields) : { type: "other" };
  if (!frame) return undefined;
  return isString(fields.requestId) ? { frame, requestId: fields.requestId } : { frame };
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["message", (fields) => readMessageFrame("message", fields, fields)],
  ["messageChanged", (fields) => readMessageFrame("messageChanged", fields, fields)],
  ["edited", (fields) => readMessageFrame("edited", fields, fields.message)],
  ["deleted", (fields) => readMessageFrame("deleted", fields, fields.message)],
  ["reacted", (fields) => readMessageFrame("reacted", fields, fields.message)],
  ["messages", (fields) => readPage("messages", fields)],
  ["found", (fields) => readPage("found", fields)],
  ["upload", readUpload],
  ["file", readFile],
  ["sent", readSent],
  ["typing", ({ roomId, username }) => (isString(roomId) && isString(username) ? { type: "typing", roomId, username } : undefined)],
  ["room", readRoom],
  ["rooms", readRooms],
  ["members", readMembers],
  ["joinRequested", ({ roomId }) => (isString(roomId) ? { type: "joinRequested", roomId } : undefined)],
  ["left", ({ roomId }) => (isString(roomId) ? { type: "left", roomId } : undefined)],
  ["joinRequest", readJoinRequest],
  ["joinDecision", readJoinDecision],
  ["joinDecided", readJoinDecided],
  ["member", readMemberFrame],
  ["presence", readPresence],
  ["error", readError],
]);

/** The message stands in the frame itself, or in a field of it. */
function readMessageFrame(type: MessageFrame["type"], frame: Fields, value: unknown): Frame | undefined {
  const message = readMessage(value);
  const roomId = isFields(value) && isString(value.roomId) ? value.roomId : frame.roomId;
  return message && isString(roomId) ? { type, roomId, message } : undefined;
}

function readPage(type: "messages" | "found", { roomId, messages, nextBefore }: Fields): Frame | undefined {
  if (!isString(roomId) || !Array.isArray(messages)) return undefined;
  const frame = { type, roomId, messages: readEach(messages, readMessage) };
  return isString(nextBefore) ? { ...frame, nextBefore } : frame;
}

function readMessage(value: unknown): Message | undefined {
  if (!isFields(value)) return undefined;
  const { messageId, username, text, sentAt, clientId, editedAt, deletedAt, revision } = value;
  if (!isString(messageId) || !isString(username) || !isString(text) || !isNumber(sentAt)) return undefined;
  const file = readFileInfo(value.file);
  const reactions = Array.isArray(value.reactions) ? readEach(value.reactions, readReaction) : [];
  return {
    messageId,
    username,
    text,
    sentAt,
    ...(isString(clientId) && { clientId }),
    ...(file && { file }),
    ...(reactions.length > 0 && { reactions }),
    ...(isNumber(editedAt) && { editedAt }),
    ...(isNumber(deletedAt) && { deletedAt }),
    ...(isNumber(revision) && { revision }),
  };
}

function readFileInfo(value: unknown): FileInfo | undefined {
  if (!isFields(value)) return undefined;
  const { name, contentType, sizeBytes } = value;
  return isString(name) && isString(contentType) && isNumber(sizeBytes) ? { name, contentType, sizeBytes } : undefined;
}

function readReaction(value: unknown): Reaction | undefined {
  if (!isFields(value) || !isString(value.emoji) || !Array.isArray(value.usernames)) return undefined;
  const usernames = value.usernames.filter(isString);
  return usernames.length > 0 ? { emoji: value.emoji, usernames } : undefined;
}

function readUpload({ fileId, url, fields }: Fields): Frame | undefined {
  if (!isString(fileId) || !isWebAddress(url) || !isFields(fields)) return undefined;
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => isString(entry[1]));
  return { type: "upload", fileId, url, fields: Object.fromEntries(entries) };
}

function readFile({ roomId, messageId, url, expiresAt }: Fields): Frame | undefined {
  if (!isString(roomId) || !isString(messageId) || !isWebAddress(url) || !isNumber(expiresAt)) return undefined;
  return { type: "file", roomId, messageId, url, expiresAt };
}

function readSent({ roomId, messageId, sentAt }: Fields): Frame | undefined {
  if (!isString(roomId) || !isString(messageId) || !isNumber(sentAt)) return undefined;
  return { type: "sent", roomId, messageId, sentAt };
}

function readRoom({ roomId, name, role }: Fields): Frame | undefined {
  if (!isString(roomId) || !isString(name)) return undefined;
  return { type: "room", roomId, name, role: readRole(role) };
}

function readRooms({ rooms, nextAfter }: Fields): Frame | undefined {
  if (!Array.isArray(rooms)) return undefined;
  const frame = { type: "rooms" as const, rooms: readEach(rooms, readListing) };
  return isString(nextAfter) ? { ...frame, nextAfter } : frame;
}

function readListing(value: unknown): Listing | undefined {
  if (!isFields(value)) return undefined;
  const { roomId, name, role, status, pending } = value;
  if (!isString(roomId) || !isString(name) || (status !== "approved" && status !== "pending")) return undefined;
  return { roomId, name, role: readRole(role), status, pending: Array.isArray(pending) ? pending.filter(isString) : [] };
}

/** Members and those who ask to be come in one list. */
function readMembers({ roomId, members, nextAfter }: Fields): Frame | undefined {
  if (!isString(roomId) || !Array.isArray(members)) return undefined;
  const all = members.filter(isFields);
  const pending = all.filter(({ status }) => status === "pending").map(({ username }) => username).filter(isString);
  const approved = readEach(all.filter(({ status }) => status !== "pending"), readMember);
  const frame = { type: "members" as const, roomId, members: approved, pending };
  return isString(nextAfter) ? { ...frame, nextAfter } : frame;
}

function readMember({ username, role, online }: Fields): Member | undefined {
  return isString(username) ? { username, role: readRole(role), online: online === true } : undefined;
}

function readJoinRequest({ roomId, username }: Fields): Frame | undefined {
  return isString(roomId) && isString(username) ? { type: "joinRequest", roomId, username } : undefined;
}

function readJoinDecision({ roomId, decision }: Fields): Frame | undefined {
  return isString(roomId) && isDecision(decision) ? { type: "joinDecision", roomId, decision } : undefined;
}

function readJoinDecided({ roomId, username, decision }: Fields): Frame | undefined {
  if (!isString(roomId) || !isString(username) || !isDecision(decision)) return undefined;
  return { type: "joinDecided", roomId, username, decision };
}

function readMemberFrame({ roomId, username, change }: Fields): Frame | undefined {
  if (!isString(roomId) || !isString(username)) return undefined;
  if (change !== "joined" && change !== "left" && change !== "admin") return undefined;
  return { type: "member", roomId, username, change };
}

/** One change, or many in a list. */
function readPresence(fields: Fields): Frame | undefined {
  const changes = readEach(Array.isArray(fields.changes) ? fields.changes : [fields], readChange);
  return changes.length > 0 ? { type: "presence", changes } : undefined;
}

function readChange(value: unknown): Presence | undefined {
  if (!isFields(value) || !isString(value.username) || typeof value.online !== "boolean") return undefined;
  return { username: value.username, online: value.online };
}

function readError({ code, message }: Fields): Frame | undefined {
  return isString(code) ? { type: "error", code, message: isString(message) ? message : "" } : undefined;
}

function readEach<Item, Value>(items: readonly Item[], read: (item: Item) => Value | undefined): Value[] {
  return items.map(read).filter((value) => value !== undefined);
}

function readRole(role: unknown): Role {
  return role === "admin" ? "admin" : "member";
}

function isDecision(value: unknown): value is "approve" | "reject" {
  return value === "approve" || value === "reject";
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWebAddress(value: unknown): value is string {
  return isString(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
