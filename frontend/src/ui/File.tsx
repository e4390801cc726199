import { useEffect, useState } from "react";
import type { FileInfo } from "../chat/protocol.ts";
import { attempt } from "./actions.ts";
import { useClient } from "./client.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  roomId: string;
  messageId: string;
  file: FileInfo;
}

const SHOWN = /^image\/(?:png|jpeg|gif|webp|avif)$/;
const PLAYED = /^(audio|video)\/(?:mpeg|ogg|mp4|webm)$/;

/** A picture, sound or film, shown; or any other file, to be saved. All of it is asked for when it comes on screen. */
export function MessageFile({ roomId, messageId, file }: Props) {
  const client = useClient();
  const save = () => attempt(client.messages.fileUrl(roomId, messageId).then((url) => saveFrom(url, file.name)));
  const chip = <FileChip file={file} onSave={save} />;
  if (SHOWN.test(file.contentType)) return <Shown roomId={roomId} messageId={messageId} file={file} onSave={save} />;
  if (!PLAYED.test(file.contentType)) return chip;
  return <Played roomId={roomId} messageId={messageId} file={file} onSave={save} />;
}

/** The address of the content; undefined until it is known, null when it cannot be had. */
function useFileUrl({ roomId, messageId }: Props): string | null | undefined {
  const client = useClient();
  const [url, setUrl] = useState<string | null>();
  useEffect(() => {
    let current = true;
    const set = (found: string | null) => current && setUrl(found);
    client.messages.fileUrl(roomId, messageId).then(set, () => set(null));
    return () => void (current = false);
  }, [client, roomId, messageId]);
  return url;
}

function Shown(props: Props & { onSave: () => void }) {
  const url = useFileUrl(props);
  const [broken, setBroken] = useState(false);
  const { file, onSave } = props;
  if (url === null || broken) return <FileChip file={file} onSave={onSave} />;
  return (
    <button type="button" onClick={onSave} aria-label={`Save ${file.name}`} className="max-w-full overflow-hidden rounded-2xl bg-line ring-1 ring-line">
      {/* The room is there before the picture is, so that nothing jumps. */}
      <span className="grid h-56 w-80 max-w-full place-items-center">
        {url && <img src={url} alt={file.name} onError={() => setBroken(true)} className="h-56 w-80 max-w-full object-cover" />}
      </span>
    </button>
  );
}

function Played(props: Props & { onSave: () => void }) {
  const url = useFileUrl(props);
  const { file, onSave } = props;
  const Player = file.contentType.startsWith("audio") ? "audio" : "video";
  return (
    <>
      {/* Nobody has written captions for what somebody sent. */}
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      {url && <Player src={url} controls preload="metadata" aria-label={file.name} className="max-h-72 max-w-full rounded-2xl" />}
      <FileChip file={file} onSave={onSave} />
    </>
  );
}

/** Name and size; with `onSave`, what saves it. */
export function FileChip({ file: { name, sizeBytes }, onSave }: { file: FileInfo; onSave?: () => void }) {
  const content = (
    <>
      <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-strong">
        <Icon name="file" />
      </span>
      <span className="min-w-0 text-left">
        {onSave && <span className="sr-only">Save </span>}
        <span dir="auto" className="block truncate text-sm font-medium">
          {name}
        </span>
        <span className="block text-xs text-muted">{sizeInWords(sizeBytes)}</span>
      </span>
    </>
  );
  const look = "flex min-h-13 w-64 max-w-full items-center gap-3 rounded-2xl border border-line bg-surface px-3 py-2 text-ink";
  if (!onSave) return <span className={look}>{content}</span>;
  return (
    <button type="button" className={`${look} hover:border-muted`} onClick={onSave}>
      {content}
    </button>
  );
}

export function sizeInWords(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${sizeBytes} bytes`;
  if (sizeBytes < 1024 * 1024) return `${Math.round(sizeBytes / 1024)} KB`;
  return `${(sizeBytes / (1024 * 1024)).toFixed(1)} MB`;
}

/** The server says that it is to be saved; so the page stays where it is. */
function saveFrom(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.rel = "noopener noreferrer";
  link.click();
}
