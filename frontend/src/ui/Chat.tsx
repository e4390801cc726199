import { useEffect } from "react";
import type { ChatClient } from "../chat/client.ts";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import type { Site } from "../site.ts";
import { Announcer } from "./Announcer.tsx";
import { Composer } from "./Composer.tsx";
import { ConnectionBadge } from "./ConnectionBadge.tsx";
import { Header } from "./Header.tsx";
import { useChat, useTitle } from "./hooks.ts";
import { Log } from "./Log.tsx";
import { Notice } from "./Notice.tsx";
import { Offline } from "./Offline.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { Typing } from "./Typing.tsx";

interface Props {
  site: Site;
  config: SiteConfig;
  session: Session;
  onSignOut: () => void;
  onExpired: () => void;
}

export function Chat({ site, config, session, onSignOut, onExpired }: Props) {
  const [client, state] = useChat(site, config, session);
  const { phase } = state.status;
  useEffect(() => {
    if (phase === "expired") onExpired();
  }, [phase, onExpired]);
  if (neverReached(state)) {
    return <Unreachable url={config.websocketUrl} client={client} state={state} onSignOut={onSignOut} />;
  }
  const room = state.rooms.lobby;
  return room && <RoomScreen client={client} state={state} room={room} name="Lobby" onSignOut={onSignOut} />;
}

/** Not one connection so far, and at least one attempt failed. */
function neverReached({ wasOpen, status }: ChatState): boolean {
  return !wasOpen && (status.phase === "waiting" || (status.phase === "connecting" && status.attempt > 0));
}

interface RoomScreenProps {
  client: ChatClient;
  state: ChatState;
  room: Room;
  name: string;
  onSignOut: () => void;
}

function RoomScreen({ client, state, room, name, onSignOut }: RoomScreenProps) {
  const { self, status } = state;
  useTitle(room, self, name);
  return (
    <div className="grid h-dvh lg:grid-cols-[17rem_1fr]">
      <Sidebar room={room} name={name} self={self} />
      <main className="flex min-h-0 min-w-0 flex-col">
        <Header name={name} self={self} status={status} wasOpen={state.wasOpen} onSignOut={onSignOut} />
        <Offline status={status} wasOpen={state.wasOpen} onRetry={() => client.wake()} />
        <Log room={room} name={name} self={self} client={client} />
        <Announcer room={room} self={self} />
        <Typing typing={room.typing} />
        <Composer onSend={(text) => client.send(room.roomId, text)} onTyping={() => client.typing(room.roomId)} />
      </main>
    </div>
  );
}

interface UnreachableProps {
  url: string;
  client: ChatClient;
  state: ChatState;
  onSignOut: () => void;
}

function Unreachable({ url, client, state, onSignOut }: UnreachableProps) {
  return (
    <Notice title="The chat cannot be reached" details={`No connection to ${url}`}>
      <p>
        It may be down, or your sign-in is no longer accepted. This page keeps trying by itself; signing in again helps
        in the second case.
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <button type="button" className="button-primary" onClick={() => client.wake()}>
          Try now
        </button>
        <button type="button" className="button-quiet" onClick={onSignOut}>
          Back to sign-in
        </button>
        <ConnectionBadge status={state.status} wasOpen={state.wasOpen} />
      </div>
    </Notice>
  );
}
