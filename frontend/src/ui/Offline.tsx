import type { Status } from "../chat/connection.ts";
import { useNow } from "./hooks.ts";

interface Props {
  status: Status;
  wasOpen: boolean;
  onRetry: () => void;
}

/** The strip that appears while a connection that was there is gone. */
export function Offline({ status, wasOpen, onRetry }: Props) {
  if (!wasOpen || (status.phase !== "waiting" && status.phase !== "connecting")) return null;
  return (
    <div className="flex min-h-11 items-center justify-center gap-3 bg-warn-soft px-4 text-sm text-warn">
      {status.phase === "waiting" ? <Countdown until={status.retryAt} /> : <span>Connection lost. Trying again…</span>}
      {status.phase === "waiting" && (
        <button type="button" onClick={onRetry} className="min-h-11 px-1 font-semibold underline underline-offset-2">
          Try now
        </button>
      )}
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const seconds = Math.max(1, Math.ceil((until - useNow(500)) / 1000));
  return <span>Connection lost. Trying again in {seconds} s.</span>;
}
