import { useMemo } from "react";
import type { ChatClient } from "../chat/client.ts";
import type { Room } from "../chat/state.ts";
import { timeline } from "../chat/timeline.ts";
import { dayName } from "./format.ts";
import { useNow } from "./hooks.ts";
import { MessageGroup } from "./MessageGroup.tsx";
import { useScroll } from "./scroll.ts";

interface Props {
  room: Room;
  name: string;
  self: string;
  client: ChatClient;
}

/** Everything said in a room. Older history loads as one scrolls up. */
export function Log({ room, name, self, client }: Props) {
  const { messages, outbox, roomId } = room;
  const days = useMemo(() => timeline({ messages, outbox }, self), [messages, outbox, self]);
  const today = useNow(60_000);
  const { log, onScroll, unseen, toNewest } = useScroll(room, self, () => void client.loadOlder(roomId));
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={log}
        onScroll={onScroll}
        role="log"
        aria-label={`${name}: conversation`}
        aria-live="off"
        // Focusable, so that the arrow keys scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none] [mask-image:linear-gradient(black_calc(100%-1rem),transparent)] focus-visible:-outline-offset-2"
      >
        <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-end gap-4 px-4 pt-6 pb-4 sm:px-6">
          <Beginning room={room} client={client} />
          {days.map((day) => (
            <div key={day.key} className="flex flex-col gap-4">
              <h2 className="flex items-center gap-3 text-xs font-medium text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
                {dayName(day.at, today)}
              </h2>
              {day.groups.map((group) => (
                <MessageGroup key={group.key} group={group} roomId={roomId} client={client} />
              ))}
            </div>
          ))}
        </div>
      </section>
      {unseen > 0 && (
        <button type="button" onClick={toNewest} className="button-primary absolute inset-x-0 bottom-2 mx-auto w-fit rounded-full text-sm shadow-lg">
          {unseen === 1 ? "1 new message" : `${unseen} new messages`}
          <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

/** What stands above the first message. */
function Beginning({ room, client }: { room: Room; client: ChatClient }) {
  const { roomId, older, sync, completeUntil, messages } = room;
  if (sync === "failed") {
    return <Trouble text="The messages could not be loaded." onRetry={() => void client.synchronise(roomId)} />;
  }
  if (older.state === "failed") {
    return <Trouble text="Older messages could not be loaded." onRetry={() => void client.loadOlder(roomId)} />;
  }
  if (older.state !== "none" || completeUntil === undefined) {
    return <p className="text-center text-sm text-muted">Loading messages…</p>;
  }
  if (messages.length > 0) return <p className="text-center text-sm text-muted">The conversation begins here.</p>;
  return (
    <div className="my-auto py-12 text-center">
      <p className="text-lg font-semibold">It is quiet in here</p>
      <p className="mt-1 text-muted">Write the first message; everyone in here sees it at once.</p>
    </div>
  );
}

function Trouble({ text, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <p role="alert" className="flex items-center justify-center gap-3 text-sm text-danger">
      {text}
      <button type="button" onClick={onRetry} className="min-h-11 font-semibold underline underline-offset-2">
        Try again
      </button>
    </p>
  );
}
