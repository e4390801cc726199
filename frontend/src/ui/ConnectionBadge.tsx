import type { Status } from "../chat/connection.ts";

/** How the connection is, in one or two words; a live region, so that changes are read out. */
export function ConnectionBadge({ status, wasOpen }: { status: Status; wasOpen: boolean }) {
  const open = status.phase === "open";
  return (
    <p
      role="status"
      className={`flex shrink-0 items-center gap-2 rounded-full px-3 py-1 text-xs font-medium max-sm:px-2 ${open ? "bg-accent-soft text-accent-strong" : "bg-warn-soft text-warn"}`}
    >
      <span className={`size-2 rounded-full ${open ? "bg-accent" : "animate-pulse bg-warn"}`} aria-hidden="true" />
      <span className={open ? "max-sm:sr-only" : ""}>{open ? "Connected" : wasOpen ? "Reconnecting…" : "Connecting…"}</span>
    </p>
  );
}
