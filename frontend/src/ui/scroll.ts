/** How the log scrolls: it stays at the newest message until the reader goes up, and then keeps their place. */

import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Message } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import type { Room } from "../chat/state.ts";

/** This close to the end counts as at the end. */
const AT_END_PX = 48;
/** This close to the beginning, older history is asked for. */
const NEAR_BEGINNING_PX = 400;

interface Scroll {
  log: RefObject<HTMLElement | null>;
  onScroll: () => void;
  /** Messages of others that came in below what is on screen. */
  unseen: number;
  toNewest: () => void;
}

export function useScroll(room: Room, self: string, loadOlder: () => void): Scroll {
  const log = useRef<HTMLElement>(null);
  const heightPx = useRef(0);
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState("");
  const { messages, outbox } = room;
  const oldest = messages[0]?.messageId;
  const newest = messages.at(-1)?.messageId ?? "";
  if (atEnd && seen !== newest) setSeen(newest);

  const toNewest = () => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
    setAtEnd(true);
  };
  const onScroll = () => {
    const element = log.current;
    if (!element) return;
    setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX);
    if (element.scrollTop < NEAR_BEGINNING_PX) loadOlder();
  };

  // What is added above pushes everything down: follow it.
  useLayoutEffect(() => {
    const element = log.current;
    if (element && !atEnd) element.scrollTop += element.scrollHeight - heightPx.current;
    // oxlint-disable-next-line react/exhaustive-deps -- only when the beginning changes
  }, [oldest]);
  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    if (atEnd) element.scrollTop = element.scrollHeight;
    heightPx.current = element.scrollHeight;
  });
  // One's own message is always shown.
  useLayoutEffect(() => {
    if (outbox.length > 0) toNewest();
  }, [outbox.length]);
  useKeepAtEnd(log, atEnd);
  // A page of short messages may not fill the screen, and then nobody can scroll.
  useEffect(() => {
    if (log.current && log.current.scrollTop < NEAR_BEGINNING_PX) loadOlder();
    // oxlint-disable-next-line react/exhaustive-deps -- `loadOlder` is new every time
  }, [oldest, room.sync]);

  return { log, onScroll, unseen: countUnseen(messages, seen, self), toNewest };
}

/** The log shrinks when a phone's keyboard opens or the composer grows. */
function useKeepAtEnd(log: RefObject<HTMLElement | null>, atEnd: boolean): void {
  useEffect(() => {
    const element = log.current;
    if (!element || !atEnd) return;
    const observer = new ResizeObserver(() => {
      element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [log, atEnd]);
}

function countUnseen(messages: readonly Message[], seen: string, self: string): number {
  return messages.filter(({ messageId, username }) => messageId > seen && !sameUser(username, self)).length;
}
