/** Time as the client sees it, so that tests can move it. All times are milliseconds since the epoch. */

export type Cancel = () => void;

export interface Clock {
  now(): number;
  /** Run `task` once, `delayMs` from now, unless cancelled first. */
  after(delayMs: number, task: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
