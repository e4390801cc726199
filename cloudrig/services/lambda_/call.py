"""An invocation on its way to an environment and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_.errors import ServiceException
from cloudrig.services.lambda_.runtime_api import RuntimeEvent


class AnswerStream:
    """What a function writes of its answer, for one reader, as it comes."""

    def __init__(self) -> None:
        self.content_type: str | None = None
        """As the function gave it; None until something was written, and for functions that do not stream."""
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    def open(self, content_type: str) -> None:
        self.content_type = content_type

    def put(self, data: bytes) -> None:
        if data:
            self._pieces.put_nowait(data)

    def close(self) -> None:
        """Nothing follows: the call has its answer."""
        self._pieces.put_nowait(None)

    async def pieces(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece


@dataclass(eq=False, slots=True)
class Call:
    """One invocation on its way: what the runtime gets, and the answer that somebody may wait for.

    `ended` is called once, when the function is through with it, whether or not anybody still waits: a caller that
    goes away leaves its function running, and counted. `submitted_at` is the event loop's time. With a `stream`, what
    the function streams goes there, and the answer's payload is empty or an error.
    """

    event: RuntimeEvent
    answer: asyncio.Future[Invocation]
    wants_tail: bool = False
    ended: Callable[[], None] | None = None
    submitted_at: float = 0.0
    stream: AnswerStream | None = None

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
        if self.stream is not None:
            self.stream.close()
