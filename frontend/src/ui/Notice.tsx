import type { ReactNode } from "react";
import { Brand } from "./Brand.tsx";

interface Props {
  title: string;
  /** What went wrong, in words for whoever runs the site. */
  details: string;
  children: ReactNode;
}

/** A whole screen that says why there is no chat, and what to do. */
export function Notice({ title, details, children }: Props) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-6 p-6">
      <Brand />
      <h1 className="text-3xl font-semibold tracking-tight text-balance">{title}</h1>
      <div className="flex flex-col items-start gap-6 text-muted">{children}</div>
      <p className="rounded-xl border border-line bg-surface px-4 py-3 font-mono text-xs leading-relaxed text-muted">{details}</p>
    </main>
  );
}
