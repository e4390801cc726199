/** What goes over the WebSocket, as types, and the one place where text from the server becomes values. */

/** One chat message. `messageId` is a ULID: it sorts by time. `sentAt` is in milliseconds since the epoch. */
export interface Message {
  readonly messageId: string;
  readonly username: string;
  readonly text: string;
  readonly sentAt: number;
  /** Chosen by the sender, so that it recognises its own message when it comes back. */
  readonly clientId?: string;
}

export type Request =
  | { action: "sendMessage"; roomId: string; text: string; clientId: string }
  | { action: "getMessages"; roomId: string; before?: string; limit: number }
  | { action: "typing"; roomId: string }
  | { action: "ping" };

export interface MessageFrame {
  type: "message";
  roomId: string;
  message: Message;
}
export interface MessagesFrame {
  type: "messages";
  roomId: string;
  /** Oldest first. */
  messages: Message[];
  /** Present while there is older history: pass it as `before`. */
  nextBefore?: string;
}
export interface SentFrame {
  type: "sent";
  roomId: string;
  messageId: string;
  sentAt: number;
}
export interface TypingFrame {
  type: "typing";
  roomId: string;
  username: string;
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

export type Frame = MessageFrame | MessagesFrame | SentFrame | TypingFrame | ErrorFrame | OtherFrame;

/** A frame, and the request it answers; a push answers none. */
export interface Received {
  frame: Frame;
  requestId?: string;
}

export const MAX_TEXT_CHARS = 4_000;

/** Length as the server counts it: in code points, not in UTF-16 units. */
export function countChars(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Read one text frame.
 *
 * @returns undefined for what is no frame of the chat: not JSON, a frame that API Gateway itself made (it has no
 *   `type`), or a known type with fields missing or of the wrong kind.
 */
export function parseFrame(text: string): Received | undefined {
  const fields = parseObject(text);
  if (typeof fields?.type !== "string") return undefined;
  const frame = readFrame(fields.type, fields);
  if (!frame) return undefined;
  return typeof fields.requestId === "string" ? { frame, requestId: fields.requestId } : { frame };
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readFrame(type: string, fields: Fields): Frame | undefined {
  switch (type) {
    case "message":
      return readMessageFrame(fields);
    case "messages":
      return readMessagesFrame(fields);
    case "sent":
      return readSentFrame(fields);
    case "typing":
      return readTypingFrame(fields);
    case "error":
      return readErrorFrame(fields);
    default:
      return { type: "other" };
  }
}

function readMessageFrame(fields: Fields): MessageFrame | undefined {
  const message = readMessage(fields);
  if (!message || typeof fields.roomId !== "string") return undefined;
  return { type: "message", roomId: fields.roomId, message };
}

function readMessagesFrame(fields: Fields): MessagesFrame | undefined {
  const { roomId, messages, nextBefore } = fields;
  if (typeof roomId !== "string" || !Array.isArray(messages)) return undefined;
  const known = messages.map(readMessage).filter((message) => message !== undefined);
  const frame: MessagesFrame = { type: "messages", roomId, messages: known };
  return typeof nextBefore === "string" ? { ...frame, nextBefore } : frame;
}

function readMessage(value: unknown): Message | undefined {
  if (!isFields(value)) return undefined;
  const { messageId, username, text, sentAt, clientId } = value;
  if (typeof messageId !== "string" || typeof username !== "string") return undefined;
  if (typeof text !== "string" || typeof sentAt !== "number") return undefined;
  const message: Message = { messageId, username, text, sentAt };
  return typeof clientId === "string" ? { ...message, clientId } : message;
}

function readSentFrame(fields: Fields): SentFrame | undefined {
  const { roomId, messageId, sentAt } = fields;
  if (typeof roomId !== "string" || typeof messageId !== "string" || typeof sentAt !== "number") return undefined;
  return { type: "sent", roomId, messageId, sentAt };
}

function readTypingFrame(fields: Fields): TypingFrame | undefined {
  const { roomId, username } = fields;
  if (typeof roomId !== "string" || typeof username !== "string") return undefined;
  return { type: "typing", roomId, username };
}

function readErrorFrame(fields: Fields): ErrorFrame | undefined {
  const { code, message } = fields;
  if (typeof code !== "string") return undefined;
  return { type: "error", code, message: typeof message === "string" ? message : "" };
}
