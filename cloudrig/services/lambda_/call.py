"""An invocation on its way to an environment and back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_.errors import ServiceException
from cloudrig.services.lambda_.runtime_api import RuntimeEvent


@dataclass(eq=False, slots=True)
class Call:
    """One invocation on its way: what the runtime gets, and the answer that somebody may wait for."""

    event: RuntimeEvent
    answer: asyncio.Future[Invocation]
    wants_tail: bool = False

    def finish(self, invocation: Invocation) -> None:
        if not self.answer.done():
            self.answer.set_result(invocation)

    def abandon(self) -> None:
        """The environment is closed while somebody waits."""
        if not self.answer.done():
            self.answer.set_exception(ServiceException("The rig closed while the function ran."))
