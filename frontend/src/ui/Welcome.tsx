import { Avatar } from "./Avatar.tsx";
import { Brand } from "./Brand.tsx";

const SAMPLE = [
  { username: "mira", text: "Deployed. Anyone awake to try it?" },
  { username: "jonas", text: "Here! Two windows, two names." },
  { username: "~kim", text: "Guest entry works as well 👋" },
];

/** The picture beside the form on wide screens; decoration throughout. */
export function Welcome() {
  return (
    <aside aria-hidden="true" className="hidden flex-col justify-between border-r border-line bg-accent-soft p-12 lg:flex">
      <Brand />
      <div className="mx-auto flex w-full max-w-md flex-col gap-4">
        {SAMPLE.map(({ username, text }, index) => (
          <div key={username} className={`flex items-end gap-3 ${["", "ml-10", "ml-4"][index]}`}>
            <Avatar username={username} />
            <p className="rounded-2xl rounded-bl-md bg-surface px-4 py-3 shadow-sm">{text}</p>
          </div>
        ))}
        <p className="ml-auto rounded-2xl rounded-br-md bg-own px-4 py-3 text-on-own shadow-sm">On my way in.</p>
      </div>
      <p className="max-w-md text-sm text-muted">
        A lobby for everyone, and rooms for those who are let in. Messages travel over a WebSocket, are kept, and are
        there when you come back.
      </p>
    </aside>
  );
}
