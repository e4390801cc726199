/** `config.json`, written beside the site when it is deployed: where the API is and which ways to sign in are on. */

import type { CognitoConfig } from "./cognito.ts";

export type AuthMode = "jwt" | "cognito" | "guest";

export interface SiteConfig {
  /** Base of the REST API, without a slash at its end. */
  restUrl: string;
  websocketUrl: string;
  /** Those of the deployment's modes that this site knows. */
  authModes: AuthMode[];
  /** Where `cognito` is on. */
  cognito?: CognitoConfig;
}

export class ConfigError extends Error {}

/**
 * Fetch and check the configuration.
 *
 * @throws ConfigError when it is missing, is no JSON, or lacks an address; the message says which.
 */
export async function loadConfig(fetchFrom: typeof fetch, url: string): Promise<SiteConfig> {
  const response = await fetchFrom(url, { cache: "no-cache" }).catch(() => undefined);
  if (!response) throw new ConfigError("config.json could not be fetched: the site's server does not answer.");
  if (!response.ok) throw new ConfigError(`config.json is missing: the site's server answered ${response.status}.`);
  const value: unknown = await response.json().catch(() => undefined);
  return readConfig(value);
}

function readConfig(value: unknown): SiteConfig {
  if (typeof value !== "object" || value === null) throw new ConfigError("config.json is not a JSON object.");
  const { restUrl, websocketUrl, authModes, cognito } = value as Record<string, unknown>;
  if (!isUrl(restUrl, "http")) throw new ConfigError("config.json has no valid restUrl.");
  if (!isUrl(websocketUrl, "ws")) throw new ConfigError("config.json has no valid websocketUrl.");
  const known = (["jwt", "cognito", "guest"] as const).filter((mode) => Array.isArray(authModes) && authModes.includes(mode));
  if (known.length === 0) throw new ConfigError("config.json names no way to sign in that this site knows.");
  const config = { restUrl: restUrl.replace(/\/+$/, ""), websocketUrl, authModes: known };
  return known.includes("cognito") ? { ...config, cognito: readCognito(cognito) } : config;
}

function readCognito(value: unknown): CognitoConfig {
  const { endpoint, clientId } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (!isUrl(endpoint, "http") || typeof clientId !== "string") throw new ConfigError("config.json does not say where Cognito is.");
  return { endpoint, clientId };
}

/** An absolute URL of the scheme, or of its secure form. */
function isUrl(value: unknown, scheme: "http" | "ws"): value is string {
  return typeof value === "string" && URL.canParse(value) && new RegExp(`^${scheme}s?:`).test(new URL(value).protocol);
}
