import { useCallback, useEffect, useState } from "react";
import { AccountError } from "../chat/accounts.ts";
import { Cognito } from "../chat/cognito.ts";
import type { SiteConfig } from "../chat/config.ts";
import { ConfigError, loadConfig } from "../chat/config.ts";
import { forgetUnsent } from "../chat/memory.ts";
import { forgetSession, isExpired, restoreSession, type Session, saveSession } from "../chat/session.ts";
import type { Site } from "../site.ts";
import { Chat } from "./Chat.tsx";
import { Notice } from "./Notice.tsx";
import { SignIn } from "./SignIn.tsx";

type Loading = { phase: "loading" } | { phase: "failed"; problem: string } | { phase: "ready"; config: SiteConfig };

const ENDED = "Your session has ended. Sign in again to go on.";

/** Configuration first, then whoever is signed in, else the sign-in form. */
export function App({ site }: { site: Site }) {
  const [loading, reload] = useConfig(site);
  if (loading.phase === "loading") return <p className="appear-late grid min-h-dvh place-items-center text-muted">Loading…</p>;
  if (loading.phase === "ready") return <Signed site={site} config={loading.config} onLost={reload} />;
  return (
    <Notice title="This site is not set up yet" details={loading.problem}>
      <p>It could not read its configuration, which is written beside it when the chat is deployed.</p>
      <button type="button" className="button-primary" onClick={reload}>
        Try again
      </button>
    </Notice>
  );
}

interface SignedProps {
  site: Site;
  config: SiteConfig;
  onLost: () => void;
}

function Signed({ site, config, onLost }: SignedProps) {
  const [session, setSession] = useState(() => restoreSession(site.storages.tab));
  const [notice, setNotice] = useState<string>();
  const enter = (entered: Session) => {
    saveSession(site.storages.tab, entered);
    setNotice(undefined);
    setSession(entered);
  };
  /** What was written and not sent stays for who comes back. */
  const leave = (reason?: string) => {
    forgetSession(site.storages.tab);
    setNotice(reason);
    setSession(undefined);
  };
  /** Where a token has ended, there may be a way to the next one. */
  const renew = async (ended: Session) => {
    const renewed = await nextSession(site, config, ended);
    if (renewed) enter(renewed);
    else leave(ENDED);
  };
  if (!session) return <SignIn site={site} config={config} notice={notice} onEnter={enter} />;
  if (isExpired(session, site.clock.now())) return <Ended onShown={() => void renew(session)} />;
  return (
    <Chat
      // A renewed session, or another address, is a new connection.
      key={`${config.websocketUrl} ${session.kind === "account" ? session.token : session.username}`}
      site={site}
      config={config}
      session={session}
      onSignOut={() => {
        leave();
        forgetUnsent(site.storages, session.username);
      }}
      onBack={() => leave()}
      onExpired={() => void renew(session)}
      onLost={onLost}
    />
  );
}

/** Nothing to see: it is found out whether the session goes on. */
function Ended({ onShown }: { onShown: () => void }) {
  // oxlint-disable-next-line react/exhaustive-deps -- once
  useEffect(onShown, []);
  return null;
}

async function nextSession(site: Site, { cognito }: SiteConfig, session: Session): Promise<Session | undefined> {
  if (!cognito || session.kind !== "account" || session.refreshToken === undefined) return undefined;
  try {
    return await new Cognito(cognito, site.fetch, () => site.clock.now()).renew(session.refreshToken);
  } catch (error) {
    if (error instanceof AccountError) return undefined;
    throw error;
  }
}

/** @returns how far loading is, and what loads again: a chat that was deployed anew may have other addresses */
function useConfig(site: Site): [Loading, () => void] {
  const [loading, setLoading] = useState<Loading>({ phase: "loading" });
  const load = useCallback(async () => {
    try {
      const config = await loadConfig(site.fetch, site.configUrl);
      setLoading((before) => (JSON.stringify(before) === JSON.stringify({ phase: "ready", config }) ? before : { phase: "ready", config }));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { message } = error;
      setLoading((before) => (before.phase === "ready" ? before : { phase: "failed", problem: message }));
    }
  }, [site]);
  useEffect(() => void load(), [load]);
  return [loading, () => void load()];
}
