/**
 * What the client keeps between two loads of the page, for each user apart: drafts and what was not sent yet, as long
 * as the tab is there, and how far each room was read, for good. No message of others and no token is among it.
 */

import type { ChatState, Kept, Outgoing } from "./state.ts";

export interface Storages {
  /** Ends with the tab: sessionStorage. */
  tab: Storage;
  /** Stays: localStorage. */
  lasting: Storage;
}

export function recall({ tab, lasting }: Storages, self: string): Kept {
  return {
    drafts: read(tab, key("drafts", self), isString),
    seen: read(lasting, key("seen", self), isString),
    unsent: read(tab, key("unsent", self), isOutbox),
  };
}

/** Write down what has changed. */
export function keep({ tab, lasting }: Storages, self: string, now: ChatState, before: ChatState): void {
  if (now.drafts !== before.drafts) write(tab, key("drafts", self), now.drafts);
  if (now.seen !== before.seen) write(lasting, key("seen", self), now.seen);
  const unsent = unsentIn(now);
  if (JSON.stringify(unsent) !== JSON.stringify(unsentIn(before))) write(tab, key("unsent", self), unsent);
}

/** On signing out: what was written and not sent is nobody else's business. */
export function forgetUnsent({ tab }: Storages, self: string): void {
  tab.removeItem(key("drafts", self));
  tab.removeItem(key("unsent", self));
}

/** As it is to be recalled: what was under way when the page went hangs in the air. */
function unsentIn({ rooms, unsent }: ChatState): Record<string, readonly Outgoing[]> {
  const known = Object.values(rooms).map(({ roomId, outbox }) => [roomId, outbox.map(interrupted)] as const);
  const all = Object.entries({ ...unsent, ...Object.fromEntries(known) });
  return Object.fromEntries(all.filter(([, outbox]) => outbox.length > 0));
}

function interrupted(item: Outgoing): Outgoing {
  return item.state === "sending" ? { ...item, state: "unconfirmed" } : item;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isOutbox(value: unknown): value is readonly Outgoing[] {
  return Array.isArray(value) && value.every((item: Partial<Outgoing> | null) => isString(item?.clientId) && isString(item.text));
}

function key(what: string, self: string): string {
  return `cloudrig-chat.${what}.${self.toLowerCase()}`;
}

function read<T>(storage: Storage, name: string, isOne: (value: unknown) => value is T): Record<string, T> {
  try {
    const value: unknown = JSON.parse(storage.getItem(name) ?? "{}");
    const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, T] => isOne(entry[1])));
  } catch {
    return {};
  }
}

function write(storage: Storage, name: string, value: object): void {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the chat works without.
  }
}
