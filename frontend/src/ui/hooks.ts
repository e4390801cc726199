import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ChatClient } from "../chat/client.ts";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { sameUser } from "../chat/session.ts";
import type { Site } from "../site.ts";

const ROOMS = ["lobby"];

/** A client that lives as long as the component, and its state. */
export function useChat(site: Site, config: SiteConfig, session: Session): [ChatClient, ChatState] {
  const [client] = useState(() => new ChatClient(config.websocketUrl, session, ROOMS, site));
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
  useWake(client);
  return [client, useSyncExternalStore(client.subscribe, client.getState)];
}

/** Timers sleep with the machine: when the network or the user comes back, look at the connection at once. */
function useWake(client: ChatClient): void {
  useEffect(() => {
    const wake = () => {
      if (!document.hidden) client.wake();
    };
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [client]);
}

/** The time in milliseconds, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Show in the page's title how many messages came while nobody looked. */
export function useTitle(room: Room, self: string, name: string): void {
  const seen = useRef("");
  const newest = room.messages.at(-1)?.messageId ?? "";
  const hidden = useHidden();
  useEffect(() => {
    if (!hidden) seen.current = newest;
    const unread = room.messages.filter(({ messageId, username }) => messageId > seen.current && !sameUser(username, self));
    document.title = `${unread.length > 0 ? `(${unread.length}) ` : ""}${name} · cloudrig chat`;
  }, [room.messages, newest, hidden, self, name]);
  useEffect(() => () => void (document.title = "cloudrig chat"), []);
}

function useHidden(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener("visibilitychange", changed);
      return () => document.removeEventListener("visibilitychange", changed);
    },
    () => document.hidden,
  );
}
