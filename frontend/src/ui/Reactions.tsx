import type { Message } from "../chat/protocol.ts";
import { attempt } from "./actions.ts";
import { useClient } from "./client.ts";
import { hasReacted } from "./Toolbar.tsx";

/** Who reacted, and with what; a click joins in, or takes one's own away. */
export function Reactions({ message, roomId, self }: { message: Message; roomId: string; self: string }) {
  const client = useClient();
  return (
    <ul aria-label="Reactions" className="flex flex-wrap gap-1">
      {message.reactions?.map(({ emoji, usernames }) => {
        const mine = hasReacted(message, emoji, self);
        const who = usernames.slice(0, 20).join(", ") + (usernames.length > 20 ? ", …" : "");
        return (
          <li key={emoji}>
            <button
              type="button"
              aria-pressed={mine}
              aria-label={`${emoji} ${usernames.length}: ${who}`}
              title={who}
              onClick={() => attempt(client.messages.react(roomId, message.messageId, emoji, mine))}
              className="flex min-h-7 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 text-sm transition-colors hover:border-muted aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
            >
              {emoji} <span className="text-xs font-semibold tabular-nums">{usernames.length}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
