/** Accounts of an Amazon Cognito user pool: browsers call it themselves. */

import { AccountError, type Credentials } from "./accounts.ts";
import type { AccountSession } from "./session.ts";

/** From `config.json`. */
export interface CognitoConfig {
  endpoint: string;
  clientId: string;
}

/** The part of Cognito used here; codes of errors are Cognito's, without `Exception`. */
export class Cognito {
  readonly #config: CognitoConfig;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;

  constructor(config: CognitoConfig, fetchFrom: typeof fetch, now: () => number) {
    this.#config = config;
    this.#fetch = fetchFrom;
    this.#now = now;
  }

  /** A code goes to the e-mail address, for `confirm`. @throws AccountError `UsernameExists`, `InvalidPassword`, … */
  async signUp({ username, password }: Credentials, email: string): Promise<void> {
    const attributes = [{ Name: "email", Value: email }];
    await this.#call("SignUp", { Username: username, Password: password, UserAttributes: attributes });
  }

  /** @throws AccountError `CodeMismatch`, `ExpiredCode`, … */
  async confirm(username: string, code: string): Promise<void> {
    await this.#call("ConfirmSignUp", { Username: username, ConfirmationCode: code });
  }

  async sendCode(username: string): Promise<void> {
    await this.#call("ResendConfirmationCode", { Username: username });
  }

  /** @throws AccountError `NotAuthorized`, `UserNotConfirmed`, … */
  signIn({ username, password }: Credentials): Promise<AccountSession> {
    return this.#authenticate("USER_PASSWORD_AUTH", { USERNAME: username, PASSWORD: password });
  }

  /** A session that goes on where one has ended. @throws AccountError `NotAuthorized`, … */
  async renew(refreshToken: string): Promise<AccountSession> {
    return { refreshToken, ...(await this.#authenticate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: refreshToken })) };
  }

  async #authenticate(flow: string, parameters: Record<string, string>): Promise<AccountSession> {
    const answer = await this.#call("InitiateAuth", { AuthFlow: flow, AuthParameters: parameters });
    const { IdToken, RefreshToken, ExpiresIn } = (answer.AuthenticationResult ?? {}) as Record<string, unknown>;
    const name = typeof IdToken === "string" ? usernameIn(IdToken) : undefined;
    if (typeof IdToken !== "string" || name === undefined || typeof ExpiresIn !== "number") throw this.#unreachable();
    const session: AccountSession = { kind: "account", username: `+${name}`, token: IdToken, expiresAt: this.#now() + ExpiresIn * 1000 };
    return typeof RefreshToken === "string" ? { ...session, refreshToken: RefreshToken } : session;
  }

  async #call(name: string, body: Record<string, unknown>): Promise<Record<string, unknown>> {
    const response = await this.#fetch(this.#config.endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `AWSCognitoIdentityProviderService.${name}` },
      body: JSON.stringify({ ClientId: this.#config.clientId, ...body }),
    }).catch(() => undefined);
    const answer: unknown = await response?.json().catch(() => undefined);
    if (!response || typeof answer !== "object" || answer === null) throw this.#unreachable();
    const fields = answer as Record<string, unknown>;
    if (!response.ok) throw this.#readError(fields);
    return fields;
  }

  #readError({ __type, message }: Record<string, unknown>): AccountError {
    if (typeof __type !== "string") return this.#unreachable();
    const code = __type.slice(__type.indexOf("#") + 1).replace(/Exception$/, "");
    return new AccountError(code, typeof message === "string" ? message : code);
  }

  #unreachable(): AccountError {
    return new AccountError("Unreachable", `Cognito at ${new URL(this.#config.endpoint).origin} did not answer as expected.`);
  }
}

/** The name that a token says it is for. The server checks the token; here it is only to be shown. */
function usernameIn(token: string): string | undefined {
  try {
    const payload = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    const { "cognito:username": name } = JSON.parse(atob(payload)) as Record<string, unknown>;
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
