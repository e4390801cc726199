/** User names: what the server accepts, and how they look. */

export const NAME_PATTERN = /^[A-Za-z0-9_-]{3,32}$/;
export const COLOURS = 6;

/** What stands in the way of this user name; undefined when nothing does. */
export function nameProblem(name: string): string | undefined {
  if (NAME_PATTERN.test(name)) return undefined;
  return "A user name has 3 to 32 letters (A–Z), digits, “_” or “-”.";
}

/** What stands in the way of this password: bcrypt reads 72 bytes and no more. */
export function passwordProblem(password: string): string | undefined {
  const sizeBytes = new TextEncoder().encode(password).length;
  return sizeBytes >= 8 && sizeBytes <= 72 ? undefined : "A password has 8 to 72 characters.";
}

/** One of the colours, 0 to 5, and the same one every time and everywhere: FNV-1a of the name in lower case. */
export function colourOf(username: string): number {
  let hash = 0x811c9dc5;
  for (const char of username.toLowerCase()) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}

/** A name without the mark of where it comes from. */
export function displayName(username: string): string {
  return /^[~+]/.test(username) ? username.slice(1) : username;
}

/** `~NAME` is a guest. */
export function isGuest(username: string): boolean {
  return username.startsWith("~");
}

/** `+NAME` comes from a Cognito user pool. */
export function isCognito(username: string): boolean {
  return username.startsWith("+");
}
