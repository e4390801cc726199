import { type FormEvent, type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { countChars, MAX_TEXT_CHARS } from "../chat/protocol.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  /** What was written so far; kept for each room. */
  text: string;
  onChange: (text: string) => void;
  onSend: (text: string) => void;
}

/** From here on the count is shown. */
const NEAR_LIMIT_CHARS = MAX_TEXT_CHARS - 500;

/** Where one writes: Enter sends, Shift+Enter begins a new line. */
export function Composer({ text, onChange, onSend }: Props) {
  const box = useRef<HTMLTextAreaElement>(null);
  useGrow(box, text);
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
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  };

  return (
    <form
      onSubmit={send}
      className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
    >
      <div className="flex items-end gap-2 rounded-2xl border border-line bg-surface p-1.5 shadow-sm transition-colors focus-within:border-accent">
        <textarea
          ref={box}
          rows={1}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={onKeyDown}
          aria-label="Message"
          aria-describedby={chars > NEAR_LIMIT_CHARS ? "message-length" : undefined}
          placeholder="Write a message"
          enterKeyHint="send"
          dir="auto"
          autoFocus
          className="max-h-40 min-h-11 flex-1 resize-none bg-transparent px-3 py-2.5 text-base leading-6 outline-none placeholder:text-muted"
        />
        <button type="submit" disabled={!sendable} aria-label="Send" title="Send" className="button-primary size-11 shrink-0 px-0">
          <Icon name="arrowUp" />
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

/** As high as the text, up to the style's `max-height`. */
function useGrow(box: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [box, text]);
}
