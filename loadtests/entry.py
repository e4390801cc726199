"""Who enters when: the shared accounts are opened first, then people come in evenly, so many per second."""

from __future__ import annotations

import time
from itertools import count
from threading import Lock

from loadtests.accounts import Accounts, Post


class Entry:
    """The door of one process's load."""

    def __init__(self, shared: Accounts, ramp: float) -> None:
        self._shared = shared
        self._ramp = ramp
        self._turns = count()
        self._opening = Lock()
        self._began: float | None = None

    def wait(self, post: Post) -> None:
        """Return when it is one's turn. Raises what `post` raises, where the accounts cannot be opened."""
        with self._opening:
            if self._began is None:
                self._shared.open(post)
                self._began = time.time()
            due_at = self._began + next(self._turns) / self._ramp
        time.sleep(max(due_at - time.time(), 0.0))
