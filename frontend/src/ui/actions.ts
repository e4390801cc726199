/** What the rows of the log can ask of the conversation around them. */

import { createContext, useContext } from "react";
import { codeOf } from "../chat/connection.ts";
import type { Message } from "../chat/protocol.ts";
import { explain } from "./problems.ts";
import { tell } from "./toasts.tsx";

export interface Actions {
  edit: (message: Message) => void;
  remove: (message: Message) => void;
}

const Context = createContext<Actions>({ edit() {}, remove() {} });

export const ActionsProvider = Context.Provider;

export function useActions(): Actions {
  return useContext(Context);
}

/** For what a click does at once: when it fails, it says so. */
export function attempt(request: Promise<unknown>): void {
  request.catch((error: unknown) => tell({ title: explain(codeOf(error)) }));
}
