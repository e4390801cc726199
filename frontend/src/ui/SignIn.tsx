import { useState } from "react";
import type { SiteConfig } from "../chat/config.ts";
import type { Session } from "../chat/session.ts";
import type { Site } from "../site.ts";
import { AccountForm } from "./AccountForm.tsx";
import { Brand } from "./Brand.tsx";
import { CognitoForm } from "./CognitoForm.tsx";
import { Welcome } from "./Welcome.tsx";

interface Props {
  site: Site;
  config: SiteConfig;
  /** Why the user is here, when it was not their wish. */
  notice: string | undefined;
  onEnter: (session: Session) => void;
}

export function SignIn({ site, config, notice, onEnter }: Props) {
  const own = config.authModes.includes("jwt");
  const guests = config.authModes.includes("guest");
  const { cognito } = config;
  const [byCognito, setByCognito] = useState(!own && cognito !== undefined);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1.1fr_1fr]">
      <Welcome />
      <main className="mx-auto flex w-full max-w-md flex-col justify-center gap-8 px-6 py-10">
        <div className="lg:hidden">
          <Brand />
        </div>
        <div>
          <h1 className="text-3xl font-semibold tracking-tight">{own || cognito ? "Welcome" : "Join the lobby"}</h1>
          <p className="mt-2 text-muted">{byCognito ? BY_COGNITO : explain(own, guests)}</p>
        </div>
        {notice && <p className="rounded-xl bg-warn-soft px-4 py-3 text-sm text-balance text-warn">{notice}</p>}
        {cognito && byCognito ? (
          <CognitoForm site={site} config={cognito} onEnter={onEnter} />
        ) : (
          <AccountForm site={site} restUrl={config.restUrl} accounts={own} guests={guests} onEnter={onEnter} />
        )}
        {cognito && (own || guests) && (
          <button type="button" className="min-h-11 text-sm font-medium text-accent-strong underline underline-offset-2" onClick={() => setByCognito(!byCognito)}>
            {byCognito ? (own ? "Use an account of this chat" : "Join as guest instead") : "Use an Amazon Cognito account"}
          </button>
        )}
      </main>
    </div>
  );
}

const BY_COGNITO = "Sign in with your Amazon Cognito account, or create one; a code is sent to your e-mail address.";

function explain(accounts: boolean, guests: boolean): string {
  if (!accounts) return "Pick a name and you are in.";
  if (!guests) return "Sign in, or create an account with the name and password you type.";
  return "Sign in, create an account with the name and password you type, or look in as a guest with a name alone.";
}
