"""Invoking a function: who may, whether there is room, and what becomes of the event.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html,
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from cloudrig.engine import names
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Regional, Scope
from cloudrig.services.lambda_.call import AnswerStream, Call
from cloudrig.services.lambda_.errors import RequestEntityTooLarge, TooManyRequests
from cloudrig.services.lambda_.fleet import Fleet
from cloudrig.services.lambda_.metrics import Metrics
from cloudrig.services.lambda_.naming import LATEST, FunctionRef
from cloudrig.services.lambda_.policy import check_allowed
from cloudrig.services.lambda_.runtime_api import RuntimeEvent
from cloudrig.services.lambda_.state import ACCOUNT_CONCURRENCY, Functions, Version
from cloudrig.services.lambda_.tracing import trace_header

MAX_SYNC_BYTES = 6_291_456
MAX_ASYNC_BYTES = 1_048_576


class Invocations:
    """Takes events to the fleet and answers back."""

    def __init__(self, regions: Regional[Functions], fleet: Fleet, events: Events, metrics: Metrics) -> None:
        self._regions = regions
        self._fleet = fleet
        self._events = events
        self._metrics = metrics

    def find(self, ref: FunctionRef) -> Version:
        """The version that would run. Raises ResourceNotFound."""
        return self._regions[ref.scope].find_version(ref)

    def check_permission(self, ref: FunctionRef, principal: str, source_arn: str | None) -> None:
        """Raises ResourceNotFound; AccessDenied where the function's policy does not let a service invoke it."""
        function = self._regions[ref.scope].find(ref)
        check_allowed(function.policies.get(ref.qualifier or LATEST), ref.arn, principal, source_arn)

    async def run(self, ref: FunctionRef, payload: bytes, *, request_id: str | None = None) -> Invocation:
        """Run an event and wait for the answer. A function's error is an answer, not an exception.

        Raises ResourceNotFound, RequestEntityTooLarge, TooManyRequests.
        """
        return await self.start(ref, payload, request_id=request_id).answer

    def start(
        self,
        ref: FunctionRef,
        payload: bytes,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
        wants_tail: bool = False,
        stream: AnswerStream | None = None,
        trace: str = "",
    ) -> Call:
        """Send an event on its way; a `stream` gets what the function streams, as it comes. Raises as `run`.

        `trace` is the tracing header of who asks.
        """
        functions = self._regions[ref.scope]
        function, version = functions.route(ref)
        check_size(payload, "RequestResponse", MAX_SYNC_BYTES)
        try:
            functions.enter(function, partial(self._fleet.at_work, functions))
        except TooManyRequests:
            self._metrics.throttled(ref.scope, ref.name)
            raise
        own = trace_header(time.time(), trace, function.sampling if version.settings.tracing == "Active" else None)
        event = RuntimeEvent(request_id or names.request_id(), ref.arn, own, payload, client_context)
        loop = asyncio.get_running_loop()
        call = Call(event, loop.create_future(), wants_tail, partial(functions.leave, function), loop.time(), stream)
        measure = partial(self._measure, ref.scope, ref.name, loop.time(), min(function.in_flight, ACCOUNT_CONCURRENCY))
        call.answer.add_done_callback(measure)
        if self._events.listening:
            call.answer.add_done_callback(partial(self._emit, version, event, time.perf_counter()))
        self._fleet.submit(version, call)
        return call

    def _measure(
        self, scope: Scope, name: str, began: float, concurrency: int, answered: asyncio.Future[Invocation]
    ) -> None:
        if answered.cancelled() or answered.exception() is not None:
            return
        duration_ms = (asyncio.get_running_loop().time() - began) * 1000
        failed = answered.result().function_error is not None
        self._metrics.invoked(scope, name, duration_ms, concurrency, failed=failed)

    def _emit(self, version: Version, event: RuntimeEvent, began: float, answered: asyncio.Future[Invocation]) -> None:
        if answered.cancelled() or answered.exception() is not None:
            return
        answer = answered.result()
        self._events.emit(
            "lambda.invoke",
            function=version.name,
            version=version.number,
            request_id=event.request_id,
            duration_ms=(time.perf_counter() - began) * 1000,
            request_bytes=len(event.payload),
            response_bytes=len(answer.payload),
            function_error=answer.function_error,
        )


def check_size(payload: bytes, kind: str, limit: int) -> None:
    """Raises RequestEntityTooLarge for an event larger than its invocation type allows."""
    if len(payload) > limit:
        raise RequestEntityTooLarge(
            f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        )
