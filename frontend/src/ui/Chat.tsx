import { Tooltip } from "@base-ui/react/tooltip";
import { useEffect, useLayoutEffect, useState } from "react";
import type { ChatClient } from "../chat/client.ts";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { unreadIn, unreadInAll } from "../chat/unread.ts";
import type { Site } from "../site.ts";
import { ClientProvider, useChat, useClient } from "./client.ts";
import { ConnectionBadge } from "./ConnectionBadge.tsx";
import { Conversation } from "./Conversation.tsx";
import { Details } from "./Details.tsx";
import { Header, titleOf } from "./Header.tsx";
import { useMedia, useTitle } from "./hooks.ts";
import { useNews } from "./news.ts";
import { Notice } from "./Notice.tsx";
import { Offline } from "./Offline.tsx";
import { loadDialogs, loadSearch, useOnDemand } from "./onDemand.ts";
import { Outside } from "./Outside.tsx";
import { useRoomId } from "./route.ts";
import { Sidebar } from "./Sidebar.tsx";
import { tell, Toasts } from "./toasts.tsx";

interface Props {
  site: Site;
  config: SiteConfig;
  session: Session;
  onSignOut: () => void;
  /** To the sign-in form, to try that again. */
  onBack: () => void;
  onExpired: () => void;
  /** A connection is lost, or did not come about. */
  onLost: () => void;
}

export function Chat({ site, config, session, onSignOut, onBack, onExpired, onLost }: Props) {
  const [client, state] = useChat(site, config, session);
  const { phase } = state.status;
  useEffect(() => {
    if (phase === "expired") onExpired();
    if (phase === "waiting") onLost();
    // oxlint-disable-next-line react/exhaustive-deps -- once for every change of the phase
  }, [phase]);
  if (neverReached(state)) {
    return <Unreachable url={config.websocketUrl} client={client} state={state} onBack={onBack} />;
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

/** What lies over the page, on a narrow one the panels too. */
type Open = "none" | "create" | "join" | "share" | "leave" | "rooms" | "panel";
/** What stands beside the conversation, where there is room. */
type Panel = "none" | "people" | "search";

/** Rooms, conversation and people: side by side as far as there is room, else as sheets over the conversation. */
function Screen({ state, lasting, onSignOut }: { state: ChatState; lasting: Storage; onSignOut: () => void }) {
  const room = useCurrentRoom(state);
  const inRoom = room?.standing === "approved";
  const wide = useMedia("(min-width: 75rem)");
  const [open, setOpen] = useState<Open>("none");
  const close = () => setOpen("none");
  const [panel, setPanel] = useState<Panel>("people");
  const [goal, setGoal] = useGoal(room);
  const dialogs = useOnDemand(loadDialogs, open !== "none");
  const search = useOnDemand(loadSearch, panel === "search");
  useNews(state, wide && panel === "people");
  useTitle(room ? titleOf(room) : "Chat", unreadInAll(state));

  const panelShown = wide ? panel : open === "panel" ? panel : "none";
  const toggle = (wanted: Panel) => {
    setPanel(wide && panel === wanted ? "none" : wanted);
    if (!wide) setOpen("panel");
  };
  const hide = () => (wide ? setPanel("none") : close());
  const choose = (messageId: string) => {
    setGoal(messageId);
    if (!wide) close();
  };
  const sidebar = { state, lasting, onCreate: () => setOpen("create"), onJoin: () => setOpen("join"), onSignOut, onChosen: close };
  const beside = inRoom && (
    <>
      {panelShown === "people" && <Details room={room} self={state.self} onShare={() => setOpen("share")} onWrite={close} onClose={hide} />}
      {panelShown === "search" && search && <search.SearchPanel key={room.roomId} room={room} onChoose={choose} onClose={hide} />}
    </>
  );
  return (
    <div className="grid h-dvh grid-cols-[minmax(0,1fr)] md:grid-cols-[16rem_minmax(0,1fr)] lg:grid-cols-[18rem_minmax(0,1fr)]">
      <aside aria-label="Rooms and account" className="hidden min-h-0 border-r border-line md:block">
        <Sidebar {...sidebar} />
      </aside>
      <div className={`grid min-h-0 ${wide && inRoom && panel !== "none" ? "grid-cols-[minmax(0,1fr)_18rem]" : "grid-cols-[minmax(0,1fr)]"}`}>
        <main className="flex min-h-0 min-w-0 flex-col">
          <Header
            state={state}
            room={room}
            unread={unreadInAll(state) - (room ? unreadIn(room, state) : 0)}
            panel={panelShown}
            onRooms={() => setOpen("rooms")}
            onPeople={() => toggle("people")}
            onSearch={() => toggle("search")}
            onShare={() => setOpen("share")}
            onLeave={() => setOpen("leave")}
          />
          <Reconnecting state={state} />
          {inRoom ? <Conversation key={room.roomId} room={room} state={state} goal={goal} /> : <Outside state={state} room={room} />}
        </main>
        {wide && inRoom && panel !== "none" && <aside aria-label="Beside the conversation" className="min-h-0 border-l border-line">{beside}</aside>}
      </div>
      {dialogs && (
        <>
          <dialogs.Sheet open={open === "rooms"} onClose={close} title="Rooms" side="start">
            <Sidebar {...sidebar} onClose={close} />
          </dialogs.Sheet>
          <dialogs.Sheet open={!wide && open === "panel" && inRoom} onClose={close} title={panel === "search" ? "Search" : "People"} side="end">
            {beside}
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

/** A message to go to in the room on screen; loaded first, if it is older than what is there. */
function useGoal(room: Room | undefined): [string | undefined, (messageId: string) => void] {
  const client = useClient();
  const [goal, setGoal] = useState<{ roomId: string; messageId: string }>();
  const go = async (messageId: string) => {
    if (!room) return;
    setGoal(undefined);
    const { roomId } = room;
    if (await client.loadBackTo(roomId, messageId)) setGoal({ roomId, messageId });
    else tell({ title: "This message could not be loaded." });
  };
  return [goal && goal.roomId === room?.roomId ? goal.messageId : undefined, (messageId) => void go(messageId)];
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

interface UnreachableProps {
  url: string;
  client: ChatClient;
  state: ChatState;
  onBack: () => void;
}

function Unreachable({ url, client, state, onBack }: UnreachableProps) {
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
        <button type="button" className="button-quiet" onClick={onBack}>
          Back to sign-in
        </button>
        <ConnectionBadge status={state.status} wasOpen={state.wasOpen} />
      </div>
    </Notice>
  );
}
