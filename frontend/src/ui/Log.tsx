import { type KeyboardEvent, useEffect, useMemo, useState } from "react";
import type { Room } from "../chat/state.ts";
import { type Row, timeline } from "../chat/timeline.ts";
import { useClient } from "./client.ts";
import { dayName } from "./format.ts";
import { useNow } from "./hooks.ts";
import { MessageView } from "./Message.tsx";
import { useScroll } from "./scroll.ts";
import { Trouble } from "./Trouble.tsx";

interface Props {
  room: Room;
  name: string;
  self: string;
  /** A message to go to. */
  goal: string | undefined;
}

/** Everything said in a room. Older history loads as one scrolls up. */
export function Log({ room, name, self, goal }: Props) {
  const { messages, outbox, roomId, seenOnOpening } = room;
  const client = useClient();
  const rows = useMemo(
    () => timeline({ messages, outbox, ...(seenOnOpening !== undefined && { seenOnOpening }) }, self),
    [messages, outbox, seenOnOpening, self],
  );
  const [active, setActive] = useState<string>();
  const { log, virtualizer, onScroll, toRow, toOldest, unseen, toNewest } = useScroll(room, rows, active, () => void client.loadOlder(roomId));
  const today = useNow(60_000);
  const focus = (index: number, align: "auto" | "center") => {
    const { key } = rows[index]!;
    setActive(key);
    toRow(index, align);
    // It is in the page once the rows have been drawn for the new place.
    requestAnimationFrame(() => virtualizer.elementsCache.get(key)?.querySelector("article")?.focus({ preventScroll: true }));
  };
  useEffect(() => {
    const index = goal === undefined ? -1 : rows.findIndex(({ key }) => key === goal);
    if (index >= 0) focus(index, "center");
    // oxlint-disable-next-line react/exhaustive-deps -- once for every goal
  }, [goal]);

  /**
   * The arrow keys go from message to message. Home and End go to the ends that are known now: the browser's own way
   * there is a long one, along which rows turn out to be of other heights than it counted with.
   */
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      if (event.key === "End") toNewest();
      else toOldest();
      return;
    }
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const focused = event.target as HTMLElement;
    if (step === 0 || (focused !== log.current && focused.tagName !== "ARTICLE")) return;
    const from = focused === log.current ? rows.length : rows.findIndex(({ key }) => key === active);
    const next = nextMessage(rows, from, step);
    if (next === undefined) return;
    event.preventDefault();
    focus(next, "auto");
  };

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={log}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onBlur={({ currentTarget, relatedTarget }) => currentTarget.contains(relatedTarget) || setActive(undefined)}
        role="log"
        aria-label={`${name}: conversation`}
        aria-live="off"
        aria-busy={room.sync === "stale"}
        // Focusable, so that the arrow keys go through it.
        tabIndex={0}
        className="flex h-full flex-col overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div ref={virtualizer.containerRef} className="relative mt-auto w-full shrink-0">
          <div className="absolute inset-x-0 top-0 grid h-16 place-items-center px-4">
            <Beginning room={room} />
          </div>
          {virtualizer.getVirtualItems().map(({ key, index }) => {
            const row = rows[index]!;
            return (
              <div key={key} ref={virtualizer.measureElement} data-index={index} className="absolute top-0 left-0 w-full">
                <div className="mx-auto max-w-3xl px-4 sm:px-6">
                  <RowView row={row} roomId={roomId} self={self} today={today} active={row.key === active} onActive={setActive} />
                </div>
              </div>
            );
          })}
        </div>
      </section>
      {room.completeUntil !== undefined && rows.length === 0 && <Quiet />}
      {unseen > 0 && (
        <button type="button" onClick={toNewest} className="button-primary absolute inset-x-0 bottom-2 mx-auto w-fit rounded-full text-sm shadow-lg">
          {unseen === 1 ? "1 new message" : `${unseen} new messages`}
          <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

function nextMessage(rows: readonly Row[], from: number, step: number): number | undefined {
  for (let index = from + step; index >= 0 && index < rows.length; index += step) {
    if (rows[index]!.kind === "message") return index;
  }
  return undefined;
}

interface RowProps {
  row: Row;
  roomId: string;
  self: string;
  today: number;
  active: boolean;
  onActive: (key: string | undefined) => void;
}

const RULED = "flex items-center gap-3 text-xs font-medium before:h-px before:flex-1 after:h-px after:flex-1";

function RowView({ row, roomId, self, today, active, onActive }: RowProps) {
  if (row.kind === "day") return <h2 className={`${RULED} pt-5 pb-2 text-muted before:bg-line after:bg-line`}>{dayName(row.at, today)}</h2>;
  if (row.kind === "unread") return <p className={`${RULED} pt-3 pb-1 text-accent-strong before:bg-accent after:bg-accent`}>New messages</p>;
  const { username, text, at, own, first, message, outgoing } = row;
  return (
    <MessageView
      id={row.key}
      roomId={roomId}
      self={self}
      username={username}
      text={text}
      at={at}
      own={own}
      first={first}
      message={message}
      outgoing={outgoing}
      active={active}
      onActive={onActive}
    />
  );
}

/** What stands above the first message. */
function Beginning({ room }: { room: Room }) {
  const { roomId, older, sync, completeUntil, messages } = room;
  const client = useClient();
  if (sync === "failed") {
    return <Trouble text="The messages could not be loaded." onRetry={() => void client.synchronise(roomId)} />;
  }
  if (older.state === "failed") {
    return <Trouble text="Older messages could not be loaded." onRetry={() => void client.loadOlder(roomId)} />;
  }
  if (older.state !== "none" || completeUntil === undefined) {
    return <p className="text-center text-sm text-muted">Loading messages…</p>;
  }
  if (messages.length === 0) return null;
  return <p className="text-center text-sm text-muted">The conversation begins here.</p>;
}

function Quiet() {
  return (
    <div className="pointer-events-none absolute inset-0 grid place-items-center p-6 text-center">
      <div>
        <p className="text-lg font-semibold">It is quiet in here</p>
        <p className="mt-1 text-balance text-muted">Write the first message; everyone in here sees it at once.</p>
      </div>
    </div>
  );
}
