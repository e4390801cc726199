/** Search in a room; loaded when it is opened first. */

import { type FormEvent, useEffect, useState } from "react";
import { displayName } from "../chat/names.ts";
import type { Message } from "../chat/protocol.ts";
import type { Found, Room } from "../chat/state.ts";
import { Avatar } from "./Avatar.tsx";
import { useClient } from "./client.ts";
import { Field } from "./Field.tsx";
import { inWords, shortTime } from "./format.ts";
import { useRequest } from "./hooks.ts";
import { Icon } from "./Icon.tsx";
import { Problem } from "./Problem.tsx";
import { explain } from "./problems.ts";

interface Props {
  room: Room;
  onChoose: (messageId: string) => void;
  onClose: () => void;
}

export function SearchPanel({ room: { roomId, found }, onChoose, onClose }: Props) {
  const client = useClient();
  const [query, setQuery] = useState("");
  const [run, busy, problem] = useRequest(explain);
  const search = (words: string, before?: string) => run(() => client.messages.search(roomId, words, before));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (query.trim() !== "") search(query.trim());
  };
  useEffect(() => () => client.messages.closeSearch(roomId), [client, roomId]);
  return (
    <div className="flex h-full min-h-0 flex-col bg-raised">
      <div className="flex min-h-16 items-center justify-between border-b border-line py-2 pr-2 pl-5">
        <h2 className="text-base font-semibold">Search</h2>
        <button type="button" className="button-icon" aria-label="Close search" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <form role="search" onSubmit={submit} className="flex flex-col gap-3 border-b border-line p-4">
        <Field label="Words to look for" value={query} onChange={setQuery} autoComplete="off" autoFocus />
        <button type="submit" className="button-primary" disabled={query.trim() === ""} aria-busy={busy}>
          <Icon name="search" />
          Search
        </button>
        <Problem text={problem} />
      </form>
      <div className="min-h-0 flex-1 overflow-y-auto p-2">
        <p aria-live="polite" className="px-3 py-2 text-sm text-muted empty:hidden">
          {found && summary(found)}
        </p>
        <ul aria-label="Messages found">
          {found?.messages.map((message) => (
            <Hit key={message.messageId} message={message} onChoose={onChoose} />
          ))}
        </ul>
        {found?.before !== undefined && (
          <button type="button" className="button-quiet m-2" aria-busy={busy} onClick={() => search(found.query, found.before)}>
            Search older messages
          </button>
        )}
      </div>
    </div>
  );
}

function summary({ query, messages, before }: Found): string {
  const more = before === undefined ? "" : " so far";
  if (messages.length === 0) return `Nothing with “${query}”${more}.`;
  return `${messages.length} ${messages.length === 1 ? "message" : "messages"} with “${query}”${more}.`;
}

function Hit({ message, onChoose }: { message: Message; onChoose: (messageId: string) => void }) {
  const { messageId, username, sentAt } = message;
  return (
    <li>
      <button type="button" onClick={() => onChoose(messageId)} className="flex w-full gap-3 rounded-xl px-3 py-2 text-left hover:bg-paper">
        <Avatar username={username} size="small" />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className="truncate text-sm font-semibold">{displayName(username)}</span>
            <time dateTime={new Date(sentAt).toISOString()} className="ml-auto shrink-0 text-xs text-muted tabular-nums">
              {shortTime(sentAt)}
            </time>
          </span>
          <span dir="auto" className="line-clamp-3 text-sm text-muted">
            {inWords(message)}
          </span>
        </span>
      </button>
    </li>
  );
}
