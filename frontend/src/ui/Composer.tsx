import { type ClipboardEvent, type FormEvent, type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { countChars, MAX_TEXT_CHARS } from "../chat/protocol.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  text: string;
  onChange: (text: string) => void;
  onSend: (text: string) => void;
  onFiles: (files: File[]) => void;
  /** Set while a message that was sent is changed. */
  editing: boolean;
  onCancel: () => void;
  /** The arrow key up, where nothing is written. */
  onEditLast: () => void;
}

/** From here on the count is shown. */
const NEAR_LIMIT_CHARS = MAX_TEXT_CHARS - 500;

/** Where one writes: Enter sends, Shift+Enter begins a new line. */
export function Composer({ text, onChange, onSend, onFiles, editing, onCancel, onEditLast }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  useGrow(box, text);
  useEffect(() => {
    if (editing) box.current?.focus();
  }, [editing]);
  const chars = countChars(text.trim());
  const sendable = chars > 0 && chars <= MAX_TEXT_CHARS;

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!sendable) return;
    onSend(text.trim());
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter accepts a suggestion.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) send(event);
    if (event.key === "Escape" && editing) onCancel();
    if (event.key === "ArrowUp" && text === "" && !editing) onEditLast();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || editing) return;
    event.preventDefault();
    onFiles(files);
  };

  return (
    <form
      onSubmit={send}
      className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
    >
      {editing && (
        <p className="flex items-center gap-2 px-2 pb-1 text-sm font-medium text-accent-strong">
          <Icon name="edit" className="size-4" />
          Editing a message
          <button type="button" className="ml-auto min-h-8 px-1 text-sm underline underline-offset-2" onClick={onCancel}>
            Cancel
          </button>
        </p>
      )}
      <div className="flex items-end gap-1 rounded-2xl border border-edge bg-surface p-1.5 shadow-sm transition-colors focus-within:border-accent">
        {!editing && <Attach onFiles={onFiles} />}
        <textarea
          ref={box}
          rows={1}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          aria-label="Message"
          aria-describedby={chars > NEAR_LIMIT_CHARS ? "message-length" : undefined}
          placeholder="Write a message"
          enterKeyHint="send"
          dir="auto"
          autoFocus
          className="max-h-40 min-h-11 flex-1 resize-none bg-transparent px-2 py-2.5 text-base leading-6 outline-none placeholder:text-muted"
        />
        <button
          type="submit"
          disabled={!sendable}
          aria-label={editing ? "Save" : "Send"}
          title={editing ? "Save" : "Send"}
          className="button-primary size-11 shrink-0 px-0"
        >
          <Icon name={editing ? "check" : "arrowUp"} />
        </button>
      </div>
      {chars > NEAR_LIMIT_CHARS && (
        <p id="message-length" className={`mt-1 px-2 text-xs ${sendable ? "text-muted" : "font-medium text-danger"}`}>
          {chars} of {MAX_TEXT_CHARS} characters
        </p>
      )}
    </form>
  );
}

function Attach({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" aria-label="Attach files" title="Attach files" className="button-icon" onClick={() => input.current?.click()}>
        <Icon name="clip" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}

/** As high as the text, up to the style's `max-height`. */
function useGrow(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [box, text]);
}
