"""An invocation on its way to an environment and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_.errors import ServiceException
from cloudrig.services.lambda_.runtime_api import RuntimeEvent


@dataclass(eq=False, slots=True)
class Call:
    """One invocation on its way: what the runtime gets, and the answer that somebody may wait for.

    `ended` is called once, when the function is through with it, whether or not anybody still waits: a caller that
    goes away leaves its function running, and counted. `submitted_at` is the event loop's time.
    """

    event: RuntimeEvent
    answer: asyncio.Future[Invocation]
    wants_tail: bool = False
    ended: Callable[[], None] | None = None
    submitted_at: float = 0.0

    def finish(self, invocation: Invocation) -> None:
        if not self.answer.done():
            self.answer.set_result(invocation)
        self._end()

    def abandon(self) -> None:
        """The environment is closed while somebody waits."""
        if not self.answer.done():
            self.answer.set_exception(ServiceException("The rig closed while the function ran."))
        self._end()

    def _end(self) -> None:
        ended, self.ended = self.ended, None
        if ended is not None:
            ended()
