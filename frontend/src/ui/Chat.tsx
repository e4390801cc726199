import { Tooltip } from "@base-ui/react/tooltip";
import { useEffect, useLayoutEffect, useState } from "react";
import type { ChatClient } from "../chat/client.ts";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { unreadIn, unreadInAll } from "../chat/unread.ts";
import type { Site } from "../site.ts";
import { Announcer } from "./Announcer.tsx";
import { ClientProvider, useChat, useClient } from "./client.ts";
import { Composer } from "./Composer.tsx";
import { ConnectionBadge } from "./ConnectionBadge.tsx";
import { Details } from "./Details.tsx";
import { Header, titleOf } from "./Header.tsx";
import { useHidden, useMedia, useTitle } from "./hooks.ts";
import { Log } from "./Log.tsx";
import { useNews } from "./news.ts";
import { Notice } from "./Notice.tsx";
import { Offline } from "./Offline.tsx";
import { useOnDemand } from "./onDemand.ts";
import { Outside } from "./Outside.tsx";
import { useRoomId } from "./route.ts";
import { Sidebar } from "./Sidebar.tsx";
import { Toasts } from "./toasts.tsx";
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
  return (
    <ClientProvider value={client}>
      <Tooltip.Provider delay={500}>
        <Screen state={state} lasting={site.storages.lasting} onSignOut={onSignOut} />
        <Toasts />
      </Tooltip.Provider>
    </ClientProvider>
  );
}

/** Not one connection so far, and at least one attempt failed. */
function neverReached({ wasOpen, status }: ChatState): boolean {
  return !wasOpen && (status.phase === "waiting" || (status.phase === "connecting" && status.attempt > 0));
}

const loadDialogs = () => import("./dialogs.tsx");

type Open = "none" | "create" | "join" | "share" | "leave" | "rooms" | "details";

/** Rooms, conversation and people: side by side as far as there is room, else as sheets over the conversation. */
function Screen({ state, lasting, onSignOut }: { state: ChatState; lasting: Storage; onSignOut: () => void }) {
  const room = useCurrentRoom(state);
  const [open, setOpen] = useState<Open>("none");
  const close = () => setOpen("none");
  const dialogs = useOnDemand(loadDialogs, open !== "none");
  const wide = useMedia("(min-width: 75rem)");
  const [peopleShown, setPeopleShown] = useState(true);
  const inRoom = room?.standing === "approved";
  const unread = unreadInAll(state) - (room ? unreadIn(room, state) : 0);
  useNews(state, wide && peopleShown);
  useTitle(room ? titleOf(room) : "Chat", unreadInAll(state));
  const sidebar = (
    <Sidebar state={state} lasting={lasting} onCreate={() => setOpen("create")} onJoin={() => setOpen("join")} onSignOut={onSignOut} onChosen={close} />
  );
  const details = (hide: () => void) =>
    room && <Details room={room} self={state.self} onShare={() => setOpen("share")} onClose={hide} />;
  return (
    <div className="grid h-dvh grid-cols-[minmax(0,1fr)] md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[18rem_minmax(0,1fr)]">
      <aside className="hidden min-h-0 border-r border-line md:block">{sidebar}</aside>
      <div className={`grid min-h-0 ${wide && inRoom && peopleShown ? "grid-cols-[minmax(0,1fr)_18rem]" : "grid-cols-[minmax(0,1fr)]"}`}>
        <main className="flex min-h-0 min-w-0 flex-col">
          <Header
            state={state}
            room={room}
            unread={unread}
            detailsShown={wide ? peopleShown : open === "details"}
            onRooms={() => setOpen("rooms")}
            onDetails={() => (wide ? setPeopleShown(!peopleShown) : setOpen("details"))}
            onShare={() => setOpen("share")}
            onLeave={() => setOpen("leave")}
          />
          <Reconnecting state={state} />
          {inRoom ? <Conversation key={room.roomId} room={room} state={state} /> : <Outside state={state} room={room} />}
        </main>
        {wide && inRoom && peopleShown && <aside className="min-h-0 border-l border-line">{details(() => setPeopleShown(false))}</aside>}
      </div>
      {dialogs && (
        <>
          <dialogs.Sheet open={open === "rooms"} onClose={close} title="Rooms" side="start">
            {sidebar}
          </dialogs.Sheet>
          <dialogs.Sheet open={open === "details" && inRoom} onClose={close} title="People" side="end">
            {details(close)}
          </dialogs.Sheet>
          <dialogs.CreateRoom open={open === "create"} onClose={close} />
          <dialogs.JoinRoom open={open === "join"} onClose={close} />
          {room && <dialogs.ShareRoom key={room.roomId} room={room} open={open === "share"} onClose={close} />}
          {room && <dialogs.LeaveRoom room={room} self={state.self} open={open === "leave"} onClose={close} />}
        </>
      )}
    </div>
  );
}

/** The room that the address names. */
function useCurrentRoom(state: ChatState): Room | undefined {
  const client = useClient();
  const roomId = useRoomId();
  useLayoutEffect(() => {
    if (client.store.getState().current !== roomId) client.open(roomId);
  }, [client, roomId]);
  return state.rooms[state.current];
}

function Reconnecting({ state }: { state: ChatState }) {
  const client = useClient();
  return <Offline status={state.status} wasOpen={state.wasOpen} onRetry={() => client.wake()} />;
}

function Conversation({ room, state }: { room: Room; state: ChatState }) {
  const client = useClient();
  const { roomId, messages } = room;
  const { self, drafts } = state;
  const hidden = useHidden();
  const newest = messages.at(-1)?.messageId;
  useEffect(() => {
    if (!hidden) client.store.dispatch({ kind: "seen", roomId });
  }, [client, roomId, newest, hidden]);
  return (
    <>
      <Log room={room} name={titleOf(room)} self={self} />
      <Announcer room={room} self={self} />
      <Typing typing={room.typing} />
      <Composer text={drafts[roomId] ?? ""} onChange={(text) => client.draft(roomId, text)} onSend={(text) => client.send(roomId, text)} />
    </>
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
