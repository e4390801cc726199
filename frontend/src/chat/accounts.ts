/** Accounts over the REST API. */

import type { Session } from "./session.ts";

export class AccountError extends Error {
  /** The server's error code, or `Unreachable` when there was no answer that this client understands. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Credentials {
  username: string;
  password: string;
}

/** @throws AccountError `UsernameTaken`, `InvalidUsername`, `InvalidPassword`, `BadRequest` or `Unreachable` */
export async function signUp(fetchFrom: typeof fetch, restUrl: string, credentials: Credentials): Promise<void> {
  await post(fetchFrom, `${restUrl}/signup`, credentials);
}

/** @throws AccountError `InvalidCredentials`, `BadRequest` or `Unreachable` */
export async function signIn(fetchFrom: typeof fetch, restUrl: string, credentials: Credentials): Promise<Session> {
  const { token, username, expiresAt } = await post(fetchFrom, `${restUrl}/login`, credentials);
  if (typeof token !== "string" || typeof username !== "string" || typeof expiresAt !== "number") {
    throw unreachable(restUrl);
  }
  return { kind: "account", username, token, expiresAt };
}

async function post(fetchFrom: typeof fetch, url: string, body: Credentials): Promise<Record<string, unknown>> {
  const response = await fetchFrom(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  const answer: unknown = await response?.json().catch(() => undefined);
  if (!response || typeof answer !== "object" || answer === null) throw unreachable(url);
  const fields = answer as Record<string, unknown>;
  if (!response.ok) throw readError(fields.error, url);
  return fields;
}

function readError(error: unknown, url: string): AccountError {
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== "string") return unreachable(url);
  return new AccountError(code, typeof message === "string" ? message : code);
}

function unreachable(url: string): AccountError {
  return new AccountError("Unreachable", `The chat's API at ${new URL(url).origin} did not answer as expected.`);
}
