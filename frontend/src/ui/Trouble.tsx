interface Props {
  text: string;
  onRetry: () => void;
}

/** Something could not be loaded. */
export function Trouble({ text, onRetry }: Props) {
  return (
    <p role="alert" className="flex flex-wrap items-center justify-center gap-x-3 px-3 text-sm text-danger">
      <span>{text}</span>
      <button type="button" onClick={onRetry} className="min-h-11 font-semibold underline underline-offset-2">
        Try again
      </button>
    </p>
  );
}
