import { type MouseEvent, useState } from "react";
import type { Message } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import { attempt, useActions } from "./actions.ts";
import { useClient } from "./client.ts";
import { copyText } from "./clipboard.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { tell } from "./toasts.tsx";

const EMOJI = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

interface Props {
  message: Message;
  roomId: string;
  self: string;
  own: boolean;
  first: boolean;
}

/** What can be done with the message that is pointed at, or has the focus. */
export function Toolbar({ message, roomId, self, own, first }: Props) {
  const [picking, setPicking] = useState(false);
  const actions = useActions();
  const copy = async () => {
    if (await copyText(message.text)) tell({ title: "Copied" });
  };
  return (
    <div
      role="toolbar"
      aria-label="Actions"
      className={`floating absolute right-2 z-10 flex rounded-xl p-0.5 ${first ? "-top-2" : own ? "-top-9" : "-top-4"}`}
    >
      {picking ? (
        <EmojiChoice message={message} roomId={roomId} self={self} onDone={() => setPicking(false)} />
      ) : (
        <>
          <Tool icon="smile" label="React" onClick={() => setPicking(true)} />
          {message.text !== "" && <Tool icon="copy" label="Copy text" onClick={() => void copy()} />}
          {own && <Tool icon="edit" label="Edit" onClick={() => actions.edit(message)} />}
          {own && <Tool icon="trash" label="Delete" onClick={() => actions.remove(message)} />}
        </>
      )}
    </div>
  );
}

function Tool({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={label} title={label} className="button-icon size-9" onClick={onClick}>
      <Icon name={icon} className="size-4.5" />
    </button>
  );
}

function EmojiChoice({ message, roomId, self, onDone }: Pick<Props, "message" | "roomId" | "self"> & { onDone: () => void }) {
  const client = useClient();
  /** The button that has the focus goes away: the message keeps it. */
  const close = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    currentTarget.closest("article")?.focus({ preventScroll: true });
    onDone();
  };
  const choose = (emoji: string) => (event: MouseEvent<HTMLElement>) => {
    attempt(client.messages.react(roomId, message.messageId, emoji, hasReacted(message, emoji, self)));
    close(event);
  };
  return EMOJI.map((emoji, index) => (
    <button
      key={emoji}
      type="button"
      // The button that had the focus is gone.
      autoFocus={index === 0}
      aria-label={`React with ${emoji}`}
      aria-pressed={hasReacted(message, emoji, self)}
      className="button-icon size-9 text-lg text-ink max-sm:size-8"
      onClick={choose(emoji)}
      onKeyDown={(event) => event.key === "Escape" && close(event)}
    >
      {emoji}
    </button>
  ));
}

export function hasReacted({ reactions }: Message, emoji: string, self: string): boolean {
  const reaction = reactions?.find((each) => each.emoji === emoji);
  return reaction?.usernames.some((username) => sameUser(username, self)) ?? false;
}
