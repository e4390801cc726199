import { displayName } from "../chat/names.ts";

/** Who types. Not announced: it would interrupt a screen reader all the time. */
export function Typing({ typing }: { typing: Readonly<Record<string, number>> }) {
  const names = Object.keys(typing).map(displayName);
  return (
    <p className="mx-auto flex h-7 w-full max-w-3xl items-center gap-2 px-4 text-sm text-muted sm:px-6">
      {names.length > 0 && (
        <>
          <span className="flex gap-1" aria-hidden="true">
            <span className="dot size-1.5 rounded-full bg-current" />
            <span className="dot size-1.5 rounded-full bg-current" />
            <span className="dot size-1.5 rounded-full bg-current" />
          </span>
          <span className="truncate">{describe(names)}</span>
        </>
      )}
    </p>
  );
}

function describe(names: string[]): string {
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return `${names.length} people are typing…`;
}
