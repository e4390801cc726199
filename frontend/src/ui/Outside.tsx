import type { ReactNode } from "react";
import { displayName } from "../chat/names.ts";
import { isDirect, LOBBY } from "../chat/protocol.ts";
import type { ChatState, Room } from "../chat/state.ts";
import { useClient } from "./client.ts";
import { useRequest } from "./hooks.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { Problem } from "./Problem.tsx";
import { explain } from "./problems.ts";
import { goTo } from "./route.ts";

/** In place of a conversation: a room that the user is not in, not yet, or not any more. */
export function Outside({ state, room }: { state: ChatState; room: Room | undefined }) {
  const { current, listing } = state;
  // Until the list is there nobody knows whether this is one's own room.
  if (!room) return listing === "stale" ? <Screen icon="hash" title="Loading…" /> : <Unknown roomId={current} />;
  if (room.standing === "pending") return <Pending room={room} />;
  if (room.standing === "rejected") return <Rejected room={room} />;
  return <Gone room={room} />;
}

interface ScreenProps {
  icon: IconName;
  title: string;
  text?: string;
  children?: ReactNode;
}

function Screen({ icon, title, text, children }: ScreenProps) {
  return (
    <div className="grid min-h-0 flex-1 place-items-center overflow-y-auto p-6">
      <div className="flex w-full max-w-sm flex-col items-center gap-3 text-center">
        <span className="grid size-14 place-items-center rounded-2xl bg-accent-soft text-accent-strong">
          <Icon name={icon} className="size-7" />
        </span>
        <h2 dir="auto" className="text-xl font-semibold tracking-tight text-balance">
          {title}
        </h2>
        {text && <p className="text-balance text-muted">{text}</p>}
        {children && <div className="mt-3 flex w-full flex-col gap-3">{children}</div>}
      </div>
    </div>
  );
}

function Unknown({ roomId }: { roomId: string }) {
  const client = useClient();
  return (
    <Screen icon="door" title="You are not in this room" text="An admin of the room decides who is let in.">
      <Action label="Ask to join" primary run={() => client.rooms.ask(roomId)} />
      <ToLobby />
    </Screen>
  );
}

function Pending({ room: { roomId, name } }: { room: Room }) {
  const client = useClient();
  return (
    <Screen icon="door" title={`You asked to join ${name}`} text="An admin of the room decides. This page shows it as soon as it is done; you need not wait here.">
      <Action label="Take the request back" run={() => leave(client.rooms.leave(roomId))} />
      <ToLobby />
    </Screen>
  );
}

function Rejected({ room: { roomId, name } }: { room: Room }) {
  const client = useClient();
  return (
    <Screen icon="door" title={`Your request to join ${name} was not accepted`} text="You may ask again.">
      <Forget roomId={roomId} />
      <Action label="Ask again" run={() => client.rooms.ask(roomId)} />
    </Screen>
  );
}

function Gone({ room: { roomId, name } }: { room: Room }) {
  if (isDirect(roomId)) {
    return (
      <Screen icon="speech" title={`There is nobody called ${displayName(name)}`} text="Or they were a guest, who is gone.">
        <Forget roomId={roomId} />
      </Screen>
    );
  }
  return (
    <Screen icon="door" title={`You are no longer in ${name}`} text="It was left from another window, or it has ended.">
      <Forget roomId={roomId} />
    </Screen>
  );
}

async function leave(leaving: Promise<void>): Promise<void> {
  await leaving;
  goTo(LOBBY);
}

interface ActionProps {
  label: string;
  primary?: boolean;
  run: () => Promise<void>;
}

function Action({ label, primary = false, run: request }: ActionProps) {
  const [run, busy, problem] = useRequest(explain);
  return (
    <>
      <button type="button" className={primary ? "button-primary" : "button-quiet"} aria-busy={busy} onClick={() => run(request)}>
        {label}
      </button>
      <Problem text={problem} />
    </>
  );
}

function Forget({ roomId }: { roomId: string }) {
  const client = useClient();
  const forget = () => {
    goTo(LOBBY);
    client.store.dispatch({ kind: "left", roomId });
  };
  return (
    <button type="button" className="button-primary" onClick={forget}>
      Remove from the list
    </button>
  );
}

function ToLobby() {
  return (
    <button type="button" className="button-quiet" onClick={() => goTo(LOBBY)}>
      Go to the lobby
    </button>
  );
}
