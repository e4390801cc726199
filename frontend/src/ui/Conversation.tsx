import { type DragEvent, useEffect, useMemo, useState } from "react";
import type { Message } from "../chat/protocol.ts";
import { sameUser } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { MAX_FILE_BYTES } from "../chat/upload.ts";
import { ActionsProvider, attempt } from "./actions.ts";
import { Announcer } from "./Announcer.tsx";
import { useClient } from "./client.ts";
import { Composer } from "./Composer.tsx";
import { titleOf } from "./Header.tsx";
import { useHidden } from "./hooks.ts";
import { Log } from "./Log.tsx";
import { loadDialogs, useOnDemand } from "./onDemand.ts";
import { tell } from "./toasts.tsx";
import { Typing } from "./Typing.tsx";

interface Props {
  room: Room;
  state: ChatState;
  /** A message to go to, from a search. */
  goal: string | undefined;
}

/** What is said in a room, and where one says something. */
export function Conversation({ room, state: { self, drafts }, goal }: Props) {
  const client = useClient();
  const { roomId, messages } = room;
  const [editing, setEditing] = useState<{ messageId: string; text: string }>();
  const [removing, setRemoving] = useState<Message>();
  const dialogs = useOnDemand(loadDialogs, removing !== undefined);
  useSeen(roomId, messages.at(-1)?.messageId);
  const actions = useMemo(() => ({ edit: ({ messageId, text }: Message) => setEditing({ messageId, text }), remove: setRemoving }), []);

  const send = (text: string) => {
    if (!editing) return client.send(roomId, text);
    attempt(client.messages.edit(roomId, editing.messageId, text));
    setEditing(undefined);
  };
  const editLast = () => {
    const last = messages.findLast(({ username, deletedAt, text }) => sameUser(username, self) && deletedAt === undefined && text !== "");
    if (last) actions.edit(last);
  };
  const sendFiles = (files: File[]) => {
    for (const file of files) {
      const problem = problemOf(file);
      if (problem === undefined) client.outbox.sendFile(roomId, file, "");
      else tell({ title: problem });
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    sendFiles([...event.dataTransfer.files]);
  };

  return (
    <ActionsProvider value={actions}>
      <div className="flex min-h-0 flex-1 flex-col" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <Log room={room} name={titleOf(room)} self={self} goal={goal} />
        <Announcer room={room} self={self} />
        <Typing typing={room.typing} />
        <Composer
          text={editing?.text ?? drafts[roomId] ?? ""}
          onChange={(text) => (editing ? setEditing({ ...editing, text }) : client.draft(roomId, text))}
          onSend={send}
          onFiles={sendFiles}
          editing={editing !== undefined}
          onCancel={() => setEditing(undefined)}
          onEditLast={editLast}
        />
      </div>
      {dialogs && (
        <dialogs.Confirm
          open={removing !== undefined}
          onClose={() => setRemoving(undefined)}
          title="Delete this message?"
          text="Everybody sees that it was deleted; nobody can read it any more."
          action="Delete"
          onConfirm={async () => removing && client.messages.remove(roomId, removing.messageId)}
        />
      )}
    </ActionsProvider>
  );
}

/** While the page is looked at, what comes in is seen. */
function useSeen(roomId: string, newest: string | undefined): void {
  const client = useClient();
  const hidden = useHidden();
  useEffect(() => {
    if (!hidden) client.store.dispatch({ kind: "seen", roomId });
  }, [client, roomId, newest, hidden]);
}

/** What stands in the way of sending this file; undefined when nothing does. */
function problemOf({ name, size }: File): string | undefined {
  if (size === 0) return `${name} is empty.`;
  if (size > MAX_FILE_BYTES) return `${name} has more than 10 MB.`;
  return undefined;
}
