/** The one place where the client's state is kept and changed. */

import { type Event, reduce } from "./reducer.ts";
import type { ChatState } from "./state.ts";

export class Store {
  readonly #listeners = new Set<() => void>();
  #state: ChatState;

  constructor(state: ChatState) {
    this.#state = state;
  }

  readonly getState = (): ChatState => this.#state;

  /** @returns what to call to stop listening */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispatch(event: Event): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}
