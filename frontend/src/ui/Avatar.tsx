import { colourOf, displayName } from "../chat/names.ts";

const SIZES = { small: "size-7 text-[0.7rem]", medium: "size-9 text-sm" };

interface Props {
  username: string;
  size?: keyof typeof SIZES;
  /** Shown as a dot where given. */
  online?: boolean;
}

/** Decoration: the name always stands beside it. */
export function Avatar({ username, size = "medium", online }: Props) {
  return (
    <span aria-hidden="true" className="relative shrink-0">
      <span
        className={`who-${colourOf(username)} ${SIZES[size]} grid place-items-center rounded-full bg-who font-semibold text-on-who uppercase select-none`}
      >
        {displayName(username).slice(0, 2)}
      </span>
      {online !== undefined && (
        <span
          className={`absolute -right-0.5 -bottom-0.5 size-2.5 rounded-full ring-2 ring-raised ${online ? "bg-accent" : "border-2 border-muted bg-raised"}`}
        />
      )}
    </span>
  );
}
