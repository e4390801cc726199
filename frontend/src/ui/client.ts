import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { ChatClient } from "../chat/client.ts";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { ChatState } from "../chat/state.ts";
import type { Site } from "../site.ts";
import { currentRoomId } from "./route.ts";

const Context = createContext<ChatClient | undefined>(undefined);

export const ClientProvider = Context.Provider;

/** The client of the chat on screen. */
export function useClient(): ChatClient {
  const client = useContext(Context);
  if (!client) throw new Error("no chat around this component");
  return client;
}

/** A client that lives as long as the component, and its state. */
export function useChat(site: Site, config: SiteConfig, session: Session): [ChatClient, ChatState] {
  const [client] = useState(() => new ChatClient(config.websocketUrl, session, site, currentRoomId()));
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
  useOutside(client);
  return [client, useSyncExternalStore(client.store.subscribe, client.store.getState)];
}

/**
 * Timers sleep with the machine: when the network or the user comes back, look at the connection at once. And what the
 * user reads in another tab is read.
 */
function useOutside(client: ChatClient): void {
  useEffect(() => {
    const wake = () => {
      if (!document.hidden) client.wake();
    };
    const readSeen = () => client.readSeen();
    window.addEventListener("online", wake);
    window.addEventListener("storage", readSeen);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      window.removeEventListener("storage", readSeen);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [client]);
}
