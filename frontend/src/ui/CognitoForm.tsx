import { type FormEvent, type ReactNode, useState } from "react";
import { AccountError } from "../chat/accounts.ts";
import { Cognito, type CognitoConfig } from "../chat/cognito.ts";
import { nameProblem } from "../chat/names.ts";
import type { Session } from "../chat/session.ts";
import type { Site } from "../site.ts";
import { Field } from "./Field.tsx";
import { Problem } from "./Problem.tsx";

interface Props {
  site: Site;
  config: CognitoConfig;
  onEnter: (session: Session) => void;
}

/** Signing in; making an account; typing the code that came by e-mail. */
type Step = "sign in" | "sign up" | "confirm";

const PROBLEMS: Readonly<Record<string, string>> = {
  NotAuthorized: "User name and password do not match.",
  UserNotFound: "User name and password do not match.",
  UsernameExists: "This user name is taken. Choose another one, or sign in if it is yours.",
  CodeMismatch: "This is not the code. Look at the last e-mail.",
  ExpiredCode: "This code is too old. Ask for a new one.",
  LimitExceeded: "Too many attempts. Wait a while, then try again.",
};

export function CognitoForm({ site, config, onEnter }: Props) {
  const [cognito] = useState(() => new Cognito(config, site.fetch, () => site.clock.now()));
  const [step, setStep] = useState<Step>("sign in");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const { run, busy, problem, setProblem } = useSteps(setStep);
  const credentials = { username, password };
  const go = (to: Step) => () => {
    setProblem(undefined);
    setStep(to);
  };

  const signIn = () => run(async () => onEnter(await cognito.signIn(credentials)));
  const signUp = () =>
    run(async () => {
      await cognito.signUp(credentials, email);
      setStep("confirm");
    });
  const confirm = () =>
    run(async () => {
      await cognito.confirm(username, code.trim());
      onEnter(await cognito.signIn(credentials));
    });

  const name = <Field label="User name" autoComplete="username" value={username} onChange={setUsername} autoFocus />;
  const secret = (autoComplete: string) => (
    <Field label="Password" type="password" autoComplete={autoComplete} value={password} onChange={setPassword} />
  );
  if (step === "sign up") {
    const wrong = nameProblem(username) ?? (password.length < 8 ? "A password has 8 characters or more." : email.includes("@") ? undefined : "Enter your e-mail address.");
    return (
      <StepForm key={step} label="Create account" onSubmit={() => (wrong === undefined ? signUp() : setProblem(wrong))}>
        {name}
        <Field label="E-mail" type="email" autoComplete="email" value={email} onChange={setEmail} />
        {secret("new-password")}
        <Buttons label="Create account" problem={problem} busy={busy} other="Sign in instead" onOther={go("sign in")} />
      </StepForm>
    );
  }
  if (step === "confirm") {
    return (
      <StepForm key={step} label="Confirm" onSubmit={confirm}>
        <p className="text-sm text-muted">A code was sent to the e-mail address of {username}.</p>
        <Field label="Code" autoComplete="one-time-code" inputMode="numeric" value={code} onChange={setCode} autoFocus />
        <Buttons label="Confirm" problem={problem} busy={busy} other="New code" onOther={() => run(() => cognito.sendCode(username))} />
      </StepForm>
    );
  }
  return (
    <StepForm key={step} label="Sign in" onSubmit={signIn}>
      {name}
      {secret("current-password")}
      <Buttons label="Sign in" problem={problem} busy={busy} other="Create account" onOther={go("sign up")} />
    </StepForm>
  );
}

/** `run` does one thing at a time and keeps what went wrong, in words for the user. */
function useSteps(setStep: (step: Step) => void) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const attempt = async (request: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await request();
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      if (error.code === "UserNotConfirmed") setStep("confirm");
      else setProblem(PROBLEMS[error.code] ?? error.message);
    }
    setBusy(false);
  };
  return { run: (request: () => Promise<void>) => void attempt(request), busy, problem, setProblem };
}

/** Give each step a `key`: its first field takes the focus when the form is new. */
interface StepFormProps {
  label: string;
  onSubmit: () => void;
  children: ReactNode;
}

function StepForm({ label, onSubmit, children }: StepFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form noValidate onSubmit={submit} aria-label={label} className="flex flex-col gap-4">
      {children}
    </form>
  );
}

interface ButtonsProps {
  label: string;
  problem: string | undefined;
  busy: boolean;
  other: string;
  onOther: () => void;
}

function Buttons({ label, problem, busy, other, onOther }: ButtonsProps) {
  return (
    <>
      <Problem text={problem} />
      <div className="grid grid-cols-2 gap-3">
        <button type="submit" className="button-primary" aria-busy={busy}>
          {label}
        </button>
        <button type="button" className="button-quiet" onClick={onOther}>
          {other}
        </button>
      </div>
    </>
  );
}
