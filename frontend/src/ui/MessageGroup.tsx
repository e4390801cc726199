import { memo } from "react";
import type { ChatClient } from "../chat/client.ts";
import { splitLinks } from "../chat/links.ts";
import { colourOf } from "../chat/names.ts";
import type { Outgoing } from "../chat/state.ts";
import type { Group } from "../chat/timeline.ts";
import { Avatar } from "./Avatar.tsx";
import { clockTime, fullTime } from "./format.ts";

interface Props {
  group: Group;
  roomId: string;
  client: ChatClient;
}

/** What one person said without being interrupted. Own messages stand on the right, in their own colour. */
export function MessageGroup({ group, roomId, client }: Props) {
  const { username, own, entries } = group;
  return (
    <article aria-label={`${own ? "You" : username}, ${clockTime(entries[0].at)}`} className={`flex gap-3 ${own ? "justify-end" : ""}`}>
      {!own && <Avatar username={username} />}
      <div className={`flex min-w-0 max-w-[85%] flex-col gap-1 sm:max-w-[75%] ${own ? "items-end" : "items-start"}`}>
        <p className="flex items-baseline gap-2 px-1 text-xs text-muted">
          {own ? <span className="sr-only">You</span> : <Author username={username} />}
          <time dateTime={new Date(entries[0].at).toISOString()} title={fullTime(entries[0].at)} className="tabular-nums">
            {clockTime(entries[0].at)}
          </time>
        </p>
        {entries.map(({ key, text, at, outgoing }) => (
          <div key={key} className={`flex min-w-0 max-w-full flex-col gap-1 ${own ? "items-end" : "items-start"}`}>
            <div className="flex max-w-full min-w-0 items-end gap-2">
              {outgoing && outgoing.state !== "failed" && <OnItsWay state={outgoing.state} />}
              <Bubble text={text} at={at} own={own} failed={outgoing?.state === "failed"} />
            </div>
            {outgoing?.state === "failed" && <Failed outgoing={outgoing} roomId={roomId} client={client} />}
          </div>
        ))}
      </div>
    </article>
  );
}

function Author({ username }: { username: string }) {
  return <span className={`who-${colourOf(username)} text-sm font-semibold text-who`}>{username}</span>;
}

interface BubbleProps {
  text: string;
  at: number;
  own: boolean;
  failed: boolean;
}

const Bubble = memo(function Bubble({ text, at, own, failed }: BubbleProps) {
  return (
    <p
      dir="auto"
      title={fullTime(at)}
      className={`min-w-0 rounded-2xl px-3.5 py-2 leading-6 whitespace-pre-wrap ${look(own, failed)}`}
    >
      <Text text={text} />
    </p>
  );
});

function look(own: boolean, failed: boolean): string {
  if (failed) return "border border-danger bg-danger-soft text-ink rounded-br-md";
  if (!own) return "bg-surface text-ink shadow-xs ring-1 ring-line rounded-tl-md";
  return "bg-own text-on-own rounded-br-md";
}

function Text({ text }: { text: string }) {
  return splitLinks(text).map(({ text: part, href }, index) =>
    href === undefined ? (
      part
    ) : (
      // Parts have no identity but their place, and a message never changes.
      // oxlint-disable-next-line react/no-array-index-key
      <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow" className="underline underline-offset-2">
        {part}
      </a>
    ),
  );
}

/** Appears only when sending takes a while. */
function OnItsWay({ state }: { state: "queued" | "sending" | "unconfirmed" }) {
  return <span className="appear-late shrink-0 pb-1 text-xs text-muted">{state === "queued" ? "Waiting" : "Sending…"}</span>;
}

function Failed({ outgoing, roomId, client }: { outgoing: Outgoing; roomId: string; client: ChatClient }) {
  return (
    <div role="alert" className="flex flex-wrap items-center justify-end gap-x-3 px-1 text-xs text-danger">
      <span>Not sent. {outgoing.reason}</span>
      <button type="button" className="min-h-8 font-semibold underline underline-offset-2" onClick={() => client.retry(roomId, outgoing.clientId)}>
        Retry
      </button>
      <button type="button" className="min-h-8 underline underline-offset-2" onClick={() => client.discard(roomId, outgoing.clientId)}>
        Discard
      </button>
    </div>
  );
}
