import type { Status } from "../chat/connection.ts";
import { Avatar } from "./Avatar.tsx";
import { ConnectionBadge } from "./ConnectionBadge.tsx";

interface Props {
  name: string;
  self: string;
  status: Status;
  wasOpen: boolean;
  onSignOut: () => void;
}

export function Header({ name, self, status, wasOpen, onSignOut }: Props) {
  return (
    <header className="flex items-center gap-3 border-b border-line bg-surface px-4 py-2.5 pt-[max(0.625rem,env(safe-area-inset-top))] sm:px-6">
      <h1 className="text-lg font-semibold tracking-tight">{name}</h1>
      <ConnectionBadge status={status} wasOpen={wasOpen} />
      <div className="ml-auto flex min-w-0 items-center gap-2.5">
        <span className="hidden min-w-0 truncate text-sm font-medium sm:block">{self}</span>
        <Avatar username={self} size="small" />
        <button
          type="button"
          onClick={onSignOut}
          className="grid size-11 shrink-0 place-items-center rounded-xl text-muted transition-colors hover:bg-paper hover:text-ink"
          aria-label="Sign out"
          title="Sign out"
        >
          <svg viewBox="0 0 24 24" className="size-5 fill-none stroke-current stroke-2" aria-hidden="true">
            <path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h9" strokeLinecap="round" strokeLinejoin="round" />
          </svg>
        </button>
      </div>
    </header>
  );
}
