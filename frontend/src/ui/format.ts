/** Times in the reader's language and time zone, and messages on one line. */

import type { Message } from "../chat/protocol.ts";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });

/** What a message says where there is no room for more than words. */
export function inWords({ text, file, deletedAt }: Message): string {
  return deletedAt === undefined ? text || (file?.name ?? "") : "Message deleted";
}

export function shortTime(at: number): string {
  return short.format(at);
}

export function clockTime(at: number): string {
  return clock.format(at);
}

export function fullTime(at: number): string {
  return moment.format(at);
}

export function dayName(at: number, now: number): string {
  const date = new Date(at);
  const today = new Date(now);
  const yesterday = new Date(now);
  yesterday.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? thisYear : otherYear).format(at);
}
