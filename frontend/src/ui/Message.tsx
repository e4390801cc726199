import { memo } from "react";
import { splitLinks } from "../chat/links.ts";
import { colourOf, displayName } from "../chat/names.ts";
import type { Message } from "../chat/protocol.ts";
import type { Outgoing } from "../chat/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useClient } from "./client.ts";
import { Origin } from "./Details.tsx";
import { clockTime, fullTime } from "./format.ts";

interface Props {
  id: string;
  roomId: string;
  self: string;
  username: string;
  text: string;
  at: number;
  own: boolean;
  first: boolean;
  message: Message | undefined;
  outgoing: Outgoing | undefined;
  active: boolean;
  onActive: (id: string | undefined) => void;
}

/** One message. Own ones stand on the right, in a colour of their own. */
export const MessageView = memo(function MessageView(props: Props) {
  const { id, roomId, username, text, at, own, first, outgoing, active, onActive } = props;
  return (
    <article
      aria-label={`${own ? "You" : username}, ${clockTime(at)}`}
      tabIndex={active ? 0 : -1}
      onFocus={() => onActive(id)}
      className={`flex gap-3 rounded-xl ${first ? "pt-3" : "pt-1"} ${own ? "justify-end" : ""}`}
    >
      {!own && (first ? <Avatar username={username} /> : <span className="w-9 shrink-0" />)}
      <div className={`flex min-w-0 max-w-[85%] flex-col gap-1 sm:max-w-[75%] ${own ? "items-end" : "items-start"}`}>
        {first && (
          <p className="flex items-baseline gap-2 px-1 text-xs text-muted">
            {!own && <Author username={username} />}
            <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className="tabular-nums">
              {clockTime(at)}
            </time>
          </p>
        )}
        <div className="flex max-w-full min-w-0 items-end gap-2">
          {outgoing && outgoing.state !== "failed" && <OnItsWay state={outgoing.state} />}
          <Bubble text={text} at={at} own={own} failed={outgoing?.state === "failed"} first={first} />
        </div>
        {outgoing?.state === "failed" && <Failed outgoing={outgoing} roomId={roomId} />}
      </div>
    </article>
  );
});

function Author({ username }: { username: string }) {
  return (
    <>
      <span className={`who-${colourOf(username)} text-sm font-semibold text-who`}>{displayName(username)}</span>
      <Origin username={username} />
    </>
  );
}

interface BubbleProps {
  text: string;
  at: number;
  own: boolean;
  failed: boolean;
  first: boolean;
}

function Bubble({ text, at, own, failed, first }: BubbleProps) {
  return (
    <p
      dir="auto"
      title={fullTime(at)}
      className={`min-w-0 rounded-2xl px-3.5 py-2 leading-6 whitespace-pre-wrap ${look(own, failed)} ${first ? (own ? "rounded-tr-md" : "rounded-tl-md") : ""}`}
    >
      <Text text={text} />
    </p>
  );
}

function look(own: boolean, failed: boolean): string {
  if (failed) return "border border-danger bg-danger-soft text-ink";
  if (!own) return "bg-surface text-ink shadow-xs ring-1 ring-line";
  return "bg-own text-on-own";
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

function Failed({ outgoing, roomId }: { outgoing: Outgoing; roomId: string }) {
  const client = useClient();
  return (
    <div role="alert" className="flex flex-wrap items-center justify-end gap-x-3 px-1 text-xs text-danger">
      <span>Not sent. {outgoing.reason}</span>
      <button type="button" className="min-h-8 font-semibold underline underline-offset-2" onClick={() => client.outbox.retry(roomId, outgoing.clientId)}>
        Retry
      </button>
      <button type="button" className="min-h-8 underline underline-offset-2" onClick={() => client.outbox.discard(roomId, outgoing.clientId)}>
        Discard
      </button>
    </div>
  );
}
