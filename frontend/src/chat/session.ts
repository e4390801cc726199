/**
 * Who is signed in.
 *
 * Kept in sessionStorage: it survives a reload, belongs to one tab (so two windows can be two users), and is gone when
 * the tab is closed.
 */

export interface AccountSession {
  kind: "account";
  /** As it stands on messages. */
  username: string;
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Of a Cognito user: gets the next token. */
  refreshToken?: string;
}

export interface GuestSession {
  kind: "guest";
  /** As it stands on messages: with the `~` that no account's name can have. */
  username: string;
}

export type Session = AccountSession | GuestSession;

const KEY = "cloudrig-chat.session";

export function guestSession(name: string): GuestSession {
  return { kind: "guest", username: `~${name}` };
}

export function isExpired(session: Session, nowMs: number): boolean {
  return session.kind === "account" && session.expiresAt <= nowMs;
}

/** Where this session connects: the token, or a guest's bare name, goes into the query as browsers send no headers. */
export function connectUrl(websocketUrl: string, session: Session): string {
  const url = new URL(websocketUrl);
  if (session.kind === "account") url.searchParams.set("token", session.token);
  else url.searchParams.set("username", session.username.slice(1));
  return url.href;
}

export function saveSession(storage: Storage, session: Session): void {
  storage.setItem(KEY, JSON.stringify(session));
}

export function forgetSession(storage: Storage): void {
  storage.removeItem(KEY);
}

/** The stored session; undefined when there is none, or nothing that this version wrote. */
export function restoreSession(storage: Storage): Session | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    return isSession(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null) return false;
  const { kind, username, token, expiresAt } = value as Record<string, unknown>;
  if (typeof username !== "string") return false;
  if (kind === "guest") return username.startsWith("~");
  return kind === "account" && typeof token === "string" && typeof expiresAt === "number";
}

/** Whether two names are one user: names are unique without regard to case. */
export function sameUser(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
