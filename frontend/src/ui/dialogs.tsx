/** Dialogs; loaded when one is opened first. */

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { type FormEvent, useState } from "react";
import { countChars, LOBBY, MAX_ROOM_NAME_CHARS } from "../chat/protocol.ts";
import type { Room } from "../chat/state.ts";
import { useClient } from "./client.ts";
import { copyText } from "./clipboard.ts";
import { Field } from "./Field.tsx";
import { useRequest } from "./hooks.ts";
import { Icon } from "./Icon.tsx";
import { Modal } from "./overlays.tsx";
import { Problem } from "./Problem.tsx";
import { explain } from "./problems.ts";
import { goTo, roomIdIn, roomLink } from "./route.ts";

export { Sheet } from "./overlays.tsx";

interface Props {
  open: boolean;
  onClose: () => void;
}

export function CreateRoom({ open, onClose }: Props) {
  return (
    <Modal open={open} onClose={onClose} title="New room" description="You are its admin: whoever has the link can ask to join, and you decide.">
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [name, setName] = useState("");
  const [run, busy, problem] = useRequest(explain);
  const chars = countChars(name.trim());
  const create = (event: FormEvent) => {
    event.preventDefault();
    if (chars === 0 || chars > MAX_ROOM_NAME_CHARS) return;
    run(async () => {
      const roomId = await client.rooms.create(name.trim());
      onClose();
      goTo(roomId);
    });
  };
  return (
    <form onSubmit={create} className="flex flex-col gap-4" noValidate>
      <Field label="Room name" value={name} onChange={setName} autoComplete="off" autoFocus spellCheck />
      <Problem text={chars > MAX_ROOM_NAME_CHARS ? `A name has at most ${MAX_ROOM_NAME_CHARS} characters.` : problem} />
      <button type="submit" className="button-primary" disabled={chars === 0 || chars > MAX_ROOM_NAME_CHARS} aria-busy={busy}>
        Create room
      </button>
    </form>
  );
}

export function JoinRoom({ open, onClose }: Props) {
  return (
    <Modal open={open} onClose={onClose} title="Join a room" description="Paste the link, or the room’s id, that somebody gave you. An admin of the room decides.">
      <JoinForm onClose={onClose} />
    </Modal>
  );
}

function JoinForm({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [input, setInput] = useState("");
  const [run, busy, problem] = useRequest(explain);
  const roomId = roomIdIn(input);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (roomId === "") return;
    run(async () => {
      await client.rooms.ask(roomId);
      onClose();
      goTo(roomId);
    });
  };
  return (
    <form onSubmit={ask} className="flex flex-col gap-4" noValidate>
      <Field label="Link or room id" value={input} onChange={setInput} autoComplete="off" autoFocus />
      <Problem text={problem} />
      <button type="submit" className="button-primary" disabled={roomId === ""} aria-busy={busy}>
        Ask to join
      </button>
    </form>
  );
}

export function ShareRoom({ room, open, onClose }: Props & { room: Room }) {
  const [copied, setCopied] = useState(false);
  const link = roomLink(room.roomId);
  const copy = async () => setCopied(await copyText(link));
  return (
    <Modal open={open} onClose={onClose} title="Invite people" description={`Whoever opens this link can ask to join ${room.name}.`}>
      <div className="flex flex-col gap-3">
        <label className="flex flex-col gap-1.5 text-sm font-medium">
          Link
          <input readOnly value={link} onFocus={(event) => event.target.select()} className="min-h-12 rounded-xl border border-line bg-paper px-4 font-mono text-xs text-muted" />
        </label>
        <button type="button" className="button-primary" onClick={() => void copy()}>
          <Icon name={copied ? "check" : "copy"} />
          {copied ? "Copied" : "Copy link"}
        </button>
        <p className="text-xs text-muted">
          Room id: <span className="font-mono select-all">{room.roomId}</span>
        </p>
      </div>
    </Modal>
  );
}

/** Asked before something that cannot be undone. */
interface ConfirmProps extends Props {
  title: string;
  text: string;
  action: string;
  onConfirm: () => Promise<void>;
}

export function Confirm({ open, onClose, title, text, action, onConfirm }: ConfirmProps) {
  const [run, busy, problem] = useRequest(explain);
  const confirm = () =>
    run(async () => {
      await onConfirm();
      onClose();
    });
  return (
    <AlertDialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-backdrop transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="floating fixed top-1/2 left-1/2 z-50 flex w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col gap-5 p-6">
          <div>
            <AlertDialog.Title className="text-xl font-semibold tracking-tight text-balance">{title}</AlertDialog.Title>
            <AlertDialog.Description className="mt-2 text-sm text-muted">{text}</AlertDialog.Description>
          </div>
          <Problem text={problem} />
          <div className="grid grid-cols-2 gap-3">
            <AlertDialog.Close className="button-quiet">Cancel</AlertDialog.Close>
            <button type="button" className="button-danger" aria-busy={busy} onClick={confirm}>
              {action}
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export function LeaveRoom({ room, self, open, onClose }: Props & { room: Room; self: string }) {
  const client = useClient();
  const others = (room.members ?? []).filter(({ username }) => username.toLowerCase() !== self.toLowerCase());
  const alone = room.members !== undefined && room.membersAfter === undefined && others.length === 0;
  const handsOver = room.role === "admin" && !others.some(({ role }) => role === "admin");
  const text = alone
    ? "You are its last member: the room ends, and nobody can read it any more."
    : handsOver
      ? "You are its last admin: whoever has been a member longest takes over. To come back you have to ask."
      : "To come back you have to ask again.";
  const leave = async () => {
    await client.rooms.leave(room.roomId);
    goTo(LOBBY);
  };
  return <Confirm open={open} onClose={onClose} title={`Leave ${room.name}?`} text={text} action="Leave" onConfirm={leave} />;
}
