/** How the log scrolls: it stays at the newest message until the reader goes up, and then keeps their place. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Room } from "../chat/state.ts";
import type { Row } from "../chat/timeline.ts";

/** This close to the end counts as at the end. */
const AT_END_PX = 48;
/** This close to the beginning, older history is asked for. */
const NEAR_BEGINNING_PX = 600;
/** Room above the first row, for what is said about older messages. */
export const BEGINNING_PX = 64;
const ESTIMATES_PX = { day: 44, unread: 36, message: 56 };

export type Virtualizer = ReturnType<typeof useVirtualizer<HTMLElement, HTMLElement>>;

interface Scroll {
  log: RefObject<HTMLElement | null>;
  virtualizer: Virtualizer;
  onScroll: () => void;
  /** Show a row, or the oldest one. */
  toRow: (index: number, align: "auto" | "center") => void;
  toOldest: () => void;
  /** Messages of others that came in below what is on screen. */
  unseen: number;
  toNewest: () => void;
}

/** Only rows on screen, and a few around them, are in the page. `active` is kept there too: it may have the focus. */
export function useScroll(room: Room, rows: readonly Row[], active: string | undefined, loadOlder: () => void): Scroll {
  const log = useRef<HTMLElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const heightBefore = useRef(0);
  const [seen, setSeen] = useState("");
  const newest = room.messages.at(-1)?.messageId ?? "";
  if (atEnd && seen !== newest) setSeen(newest);

  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => log.current,
    estimateSize: (index) => ESTIMATES_PX[rows[index]!.kind],
    getItemKey: (index) => rows[index]!.key,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    paddingStart: BEGINNING_PX,
    paddingEnd: 16,
    overscan: 8,
    directDomUpdates: true,
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) => {
      const first = Math.max(0, startIndex - overscan);
      const last = Math.min(count - 1, endIndex + overscan);
      const range = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const kept = active === undefined ? -1 : rows.findIndex(({ key }) => key === active);
      if (kept < 0 || (kept >= first && kept <= last)) return range;
      return kept < first ? [kept, ...range] : [...range, kept];
    },
  });

  const toNewest = () => {
    virtualizer.scrollToEnd();
    setAtEnd(true);
  };
  const toRow = (index: number, align: "auto" | "center" | "start") => {
    setAtEnd(false);
    virtualizer.scrollToIndex(index, { align });
  };
  const toOldest = () => {
    setAtEnd(false);
    virtualizer.scrollToOffset(0);
  };
  const onScroll = () => {
    const element = log.current;
    if (!element) return;
    // Where rows turn out to be of other heights than was thought it scrolls by itself: that is not the reader's wish.
    if (isAtEnd(element) || element.scrollHeight === heightBefore.current) setAtEnd(isAtEnd(element));
    heightBefore.current = element.scrollHeight;
    if (element.scrollTop < NEAR_BEGINNING_PX) loadOlder();
  };

  // At first what is new, or the end; and one's own message is always shown.
  useLayoutEffect(() => {
    const unread = rows.findIndex(({ kind }) => kind === "unread");
    if (unread >= 0) toRow(unread, "start");
    else toNewest();
    // oxlint-disable-next-line react/exhaustive-deps -- once
  }, []);
  const waiting = room.outbox.length;
  useLayoutEffect(() => {
    if (waiting > 0) toNewest();
    // oxlint-disable-next-line react/exhaustive-deps -- when there is more to send
  }, [waiting]);
  useKeepAtEnd(log, atEnd, setAtEnd, heightBefore);
  // A page of short messages may not fill the screen, and then nobody can scroll.
  const oldest = room.messages[0]?.messageId;
  useEffect(() => {
    if (log.current && log.current.scrollTop < NEAR_BEGINNING_PX) loadOlder();
    // oxlint-disable-next-line react/exhaustive-deps -- `loadOlder` is new every time
  }, [oldest, room.sync]);

  return { log, virtualizer, onScroll, toRow, toOldest, unseen: countUnseen(rows, seen), toNewest };
}

/** The log shrinks when a phone's keyboard opens or the composer grows; what is in it grows as rows are measured. */
function useKeepAtEnd(
  log: RefObject<HTMLElement | null>,
  atEnd: boolean,
  setAtEnd: (atEnd: boolean) => void,
  heightBefore: RefObject<number>,
): void {
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (atEnd) element.scrollTop = element.scrollHeight;
      else if (isAtEnd(element)) setAtEnd(true);
      heightBefore.current = element.scrollHeight;
    });
    observer.observe(element);
    observer.observe(element.firstElementChild!);
    return () => observer.disconnect();
  }, [log, atEnd, setAtEnd, heightBefore]);
}

function isAtEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < AT_END_PX;
}

function countUnseen(rows: readonly Row[], seen: string): number {
  let count = 0;
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index]!;
    if (row.kind !== "message" || row.outgoing) continue;
    if (row.message!.messageId <= seen) break;
    if (!row.own) count += 1;
  }
  return count;
}
