import { memo, type PointerEvent, useState } from "react";
import { splitLinks } from "../chat/links.ts";
import { colourOf, displayName } from "../chat/names.ts";
import type { Message } from "../chat/protocol.ts";
import type { Outgoing } from "../chat/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useClient } from "./client.ts";
import { Origin } from "./Details.tsx";
import { FileChip, MessageFile } from "./File.tsx";
import { clockTime, fullTime } from "./format.ts";
import { Reactions } from "./Reactions.tsx";
import { Toolbar } from "./Toolbar.tsx";

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
  const { id, roomId, self, username, text, at, own, first, message, outgoing, active, onActive } = props;
  const [hovered, setHovered] = useState(false);
  // A finger does not hover: touching a message makes it the active one.
  const hover = (over: boolean) => (event: PointerEvent) => setHovered(over && event.pointerType === "mouse");
  const changeable = message && message.deletedAt === undefined;
  return (
    <article
      aria-label={`${own ? "You" : username}, ${clockTime(at)}`}
      tabIndex={active ? 0 : -1}
      onFocus={() => onActive(id)}
      onPointerEnter={hover(true)}
      onPointerLeave={hover(false)}
      className={`relative -mx-2 flex gap-3 rounded-xl px-2 transition-colors ${active ? "bg-accent-soft" : ""} ${first ? "pt-3" : "pt-1"} ${own ? "justify-end" : ""}`}
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
        {changeable && (hovered || active) && <Toolbar message={message} roomId={roomId} self={self} own={own} first={first} />}
        <div className={`flex max-w-full min-w-0 items-end gap-2 ${own ? "" : "flex-row-reverse"}`}>
          {outgoing && outgoing.state !== "failed" && <OnItsWay outgoing={outgoing} />}
          {message?.editedAt !== undefined && changeable && <Edited at={message.editedAt} />}
          <div className={`flex min-w-0 flex-col gap-1 ${own ? "items-end" : "items-start"}`}>
            {message?.file && <MessageFile roomId={roomId} messageId={message.messageId} file={message.file} />}
            {outgoing?.file && <FileChip file={outgoing.file} />}
            {message?.deletedAt === undefined ? (
              text !== "" && <Bubble text={text} at={at} own={own} failed={outgoing?.state === "failed"} first={first} />
            ) : (
              <p className="rounded-2xl border border-line px-3.5 py-2 leading-6 text-muted italic">Message deleted</p>
            )}
          </div>
        </div>
        {changeable && message.reactions && <Reactions message={message} roomId={roomId} self={self} />}
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

/** Up to three emoji and nothing else. */
const EMOJI = String.raw`(?:\p{Regional_Indicator}{2}|\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]?(?:\u200D\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]?)*)`;
const FEW_EMOJI = new RegExp(`^(?:${EMOJI}\\s*){1,3}$`, "u");

function Bubble({ text, at, own, failed, first }: BubbleProps) {
  if (!failed && text.length < 64 && FEW_EMOJI.test(text)) {
    return (
      <p title={fullTime(at)} className="px-1 text-4xl leading-tight">
        {text}
      </p>
    );
  }
  return (
    <p
      dir="auto"
      title={fullTime(at)}
      className={`max-w-full min-w-0 rounded-2xl px-3.5 py-2 leading-6 whitespace-pre-wrap ${look(own, failed)} ${first ? (own ? "rounded-tr-md" : "rounded-tl-md") : ""}`}
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
      // Parts have no identity but their place.
      // oxlint-disable-next-line react/no-array-index-key
      <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow" className="underline underline-offset-2">
        {part}
      </a>
    ),
  );
}

function Edited({ at }: { at: number }) {
  return (
    <span title={`Edited ${fullTime(at)}`} className="shrink-0 pb-1 text-xs text-muted">
      edited
    </span>
  );
}

/** Appears only when sending takes a while. */
function OnItsWay({ outgoing: { state, file } }: { outgoing: Outgoing }) {
  const words = state === "queued" ? "Waiting" : file ? "Uploading…" : "Sending…";
  return <span className="appear-late shrink-0 pb-1 text-xs text-muted">{words}</span>;
}

function Failed({ outgoing, roomId }: { outgoing: Outgoing; roomId: string }) {
  const client = useClient();
  return (
    <div role="alert" className="flex flex-wrap items-center justify-end gap-x-3 px-1 text-xs text-danger">
      <span>Not sent. {outgoing.reason}</span>
      <span className="flex gap-3">
        <button type="button" className="min-h-8 font-semibold underline underline-offset-2" onClick={() => client.retry(roomId, outgoing.clientId)}>
          Retry
        </button>
        <button type="button" className="min-h-8 underline underline-offset-2" onClick={() => client.outbox.discard(roomId, outgoing.clientId)}>
          Discard
        </button>
      </span>
    </div>
  );
}
