import { type FormEvent, useState } from "react";
import { AccountError, type Credentials, signIn, signUp } from "../chat/accounts.ts";
import { nameProblem, passwordProblem } from "../chat/names.ts";
import { guestSession, type Session } from "../chat/session.ts";
import type { Site } from "../site.ts";
import { Field } from "./Field.tsx";
import { Problem } from "./Problem.tsx";

type Way = "sign in" | "sign up" | "guest";

const PROBLEMS: Readonly<Record<string, string>> = {
  InvalidCredentials: "User name and password do not match.",
  UsernameTaken: "This user name is taken. Choose another one, or sign in if it is yours.",
};

interface Props {
  site: Site;
  restUrl: string;
  onEnter: (session: Session) => void;
  accounts: boolean;
  guests: boolean;
}

/** One form, up to three ways in. Enter signs in, or joins as a guest where there are no accounts. */
export function AccountForm({ site, restUrl, accounts, guests, onEnter }: Props) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { enter, busy, problem } = useEntry(site, restUrl, onEnter);
  const go = (way: Way) => () => void enter(way, { username, password });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(accounts ? "sign in" : "guest")();
  };
  return (
    <form noValidate onSubmit={submit} aria-label="Sign in" className="flex flex-col gap-4">
      <Field label="User name" autoComplete="username" value={username} onChange={setUsername} autoFocus />
      {accounts && (
        <Field label="Password" type="password" autoComplete="current-password" value={password} onChange={setPassword} />
      )}
      <Problem text={problem} />
      {accounts && (
        <div className="grid grid-cols-2 gap-3">
          <button type="submit" className="button-primary" aria-busy={busy === "sign in"}>
            Sign in
          </button>
          <button type="button" className="button-quiet" aria-busy={busy === "sign up"} onClick={go("sign up")}>
            Create account
          </button>
        </div>
      )}
      {accounts && guests && <Divider />}
      {guests && (
        <button type="button" className={accounts ? "button-quiet" : "button-primary"} onClick={go("guest")}>
          Join as guest
        </button>
      )}
    </form>
  );
}

/** `busy` names the way being tried, `problem` what went wrong with the last. */
function useEntry(site: Site, restUrl: string, onEnter: (session: Session) => void) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState<Way>();
  const enter = async (way: Way, credentials: Credentials) => {
    const found = findProblem(way, credentials);
    setProblem(found);
    if (found !== undefined || busy) return;
    setBusy(way);
    try {
      onEnter(await sessionFor(way, site.fetch, restUrl, credentials));
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      setProblem(PROBLEMS[error.code] ?? error.message);
      setBusy(undefined);
    }
  };
  return { enter, busy, problem };
}

/** @throws AccountError */
async function sessionFor(way: Way, fetchFrom: typeof fetch, restUrl: string, credentials: Credentials): Promise<Session> {
  if (way === "guest") return guestSession(credentials.username);
  if (way === "sign up") await signUp(fetchFrom, restUrl, credentials);
  return signIn(fetchFrom, restUrl, credentials);
}

/** What the server would refuse anyway. */
function findProblem(way: Way, { username, password }: Credentials): string | undefined {
  const problem = nameProblem(username);
  if (problem !== undefined || way === "guest") return problem;
  if (way === "sign up") return passwordProblem(password);
  return password === "" ? "Enter your password." : undefined;
}

function Divider() {
  return (
    <div className="flex items-center gap-3 text-sm text-muted" aria-hidden="true">
      <span className="h-px flex-1 bg-line" />
      or
      <span className="h-px flex-1 bg-line" />
    </div>
  );
}
