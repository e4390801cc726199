import { colourOf, displayName } from "../chat/names.ts";

const SIZES = { small: "size-7 text-[0.7rem]", medium: "size-9 text-sm" };

/** Decoration: the name always stands beside it. */
export function Avatar({ username, size = "medium" }: { username: string; size?: keyof typeof SIZES }) {
  return (
    <span
      aria-hidden="true"
      className={`who-${colourOf(username)} ${SIZES[size]} grid shrink-0 place-items-center rounded-full bg-who font-semibold text-on-who uppercase select-none`}
    >
      {displayName(username).slice(0, 2)}
    </span>
  );
}
