import { useEffect, useState, useSyncExternalStore } from "react";
import { codeOf } from "../chat/connection.ts";

/** The time in milliseconds, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Show in the page's title where one is, and how many messages nobody has looked at. */
export function useTitle(name: string, unread: number): void {
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name} · cloudrig chat`;
  }, [name, unread]);
  useEffect(() => () => void (document.title = "cloudrig chat"), []);
}

/** Whether the page is in a tab that nobody sees. */
export function useHidden(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener("visibilitychange", changed);
      return () => document.removeEventListener("visibilitychange", changed);
    },
    () => document.hidden,
  );
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}

/**
 * A request that a button makes.
 *
 * @returns what starts it, whether it is under way, and what went wrong with the last, in words for the user
 */
export function useRequest(explain: (code: string) => string): [(request: () => Promise<void>) => void, boolean, string | undefined] {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = async (request: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await request();
    } catch (error) {
      setProblem(explain(codeOf(error)));
    }
    setBusy(false);
  };
  return [(request) => void run(request), busy, problem];
}
