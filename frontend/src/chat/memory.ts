/**
 * What the client keeps between two loads of the page, for each user apart: drafts, as long as the tab is there, and
 * how far each room was read, for good. No message and no token is among it.
 */

import type { Kept } from "./state.ts";

export interface Storages {
  /** Ends with the tab: sessionStorage. */
  tab: Storage;
  /** Stays: localStorage. */
  lasting: Storage;
}

export function recall({ tab, lasting }: Storages, self: string): Kept {
  return { drafts: read(tab, key("drafts", self)), seen: read(lasting, key("seen", self)) };
}

/** Write down what has changed. */
export function keep({ tab, lasting }: Storages, self: string, now: Kept, before: Kept): void {
  if (now.drafts !== before.drafts) write(tab, key("drafts", self), now.drafts);
  if (now.seen !== before.seen) write(lasting, key("seen", self), now.seen);
}

/** On signing out: what was written and not sent is nobody else's business. */
export function forgetDrafts({ tab }: Storages, self: string): void {
  tab.removeItem(key("drafts", self));
}

function key(what: string, self: string): string {
  return `cloudrig-chat.${what}.${self.toLowerCase()}`;
}

function read(storage: Storage, name: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(storage.getItem(name) ?? "{}");
    const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}

function write(storage: Storage, name: string, value: Record<string, string>): void {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the chat works without.
  }
}
