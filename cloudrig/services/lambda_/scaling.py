"""When an event gets an environment of its own, and when it waits for one that is busy.

On AWS every event that finds no environment idle starts one, a quarter of a second or more before it is handled. Here
a machine has few cores, and starting is work for them:

1. An event that finds no idle environment has one started: N overlapping events, N environments, as on AWS.
2. Unless the function is fast (under `FAST_S`) and the busy environments can be expected to take it within
   `PATIENCE_S`, which is as long as AWS's cold start, or the machine has more to do than it can (`pressure.py`) while
   some environment of the function is at work: then it waits for those.
3. One that has waited `PATIENCE_S` in vain has one started after all. If no environment came free all the while (on a
   machine with too much to do, in four times that while), each such event; else the environments are at work and more
   would only slow them down: one, then one after twice the time, and so on until nobody waits.

Only about as many environments as there are cores start at a time (`starts.py`), and one whose turn comes when nobody
needs it any more is not started.
"""

from __future__ import annotations

FAST_S = 0.02
PATIENCE_S = 0.25
_LONGEST_PAUSE_S = 8.0
_DRIFT = 0.1


class Scaling:
    """What a pool knows of its function's speed and of its own progress. Times are the event loop's."""

    def __init__(self, now: float) -> None:
        self._typical_s: float | None = None
        self._moved_at = now
        self._started_at = now - PATIENCE_S
        self._pause_s = PATIENCE_S

    def ended(self, duration_s: float, waiting: int, now: float) -> None:
        """An invocation is over. What events took while others waited says less of the function than of the crowd."""
        self._moved_at = now
        if self._typical_s is None or duration_s < self._typical_s:
            self._typical_s = duration_s
        elif not waiting:
            self._typical_s += (duration_s - self._typical_s) * _DRIFT
        if not waiting:
            self._pause_s = PATIENCE_S

    def ready(self, now: float) -> None:
        """An environment can take an event."""
        self._moved_at = now

    def lacking(self, waiting: int, busy: int, *, pressed: bool = False) -> int:
        """How many of `waiting` events are not to wait for the `busy` environments (rules 1 and 2)."""
        if pressed and busy:
            return 0
        if self._typical_s is None or self._typical_s >= FAST_S:
            return waiting
        return max(0, waiting - int(busy * PATIENCE_S / max(self._typical_s, 1e-5)))

    def overdue(self, waited_s: list[float], now: float, *, pressed: bool = False) -> int:
        """How many events that have waited so long, the longest first, have environments started now (rule 3)."""
        late = sum(waited >= PATIENCE_S for waited in waited_s)
        if not late:
            return 0
        if now - self._moved_at >= (4 * PATIENCE_S if pressed else PATIENCE_S):
            return late
        if now - self._started_at < self._pause_s:
            return 0
        self._started_at, self._pause_s = now, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return 1
