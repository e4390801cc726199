"""Asynchronous invocation: an event is taken at once and delivered until it succeeds, is too old or out of retries.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Regional
from cloudrig.services.lambda_.errors import ResourceNotFound, TooManyRequests
from cloudrig.services.lambda_.invocations import MAX_ASYNC_BYTES, Invocations, check_size
from cloudrig.services.lambda_.naming import LATEST, FunctionRef
from cloudrig.services.lambda_.state import EventInvokeConfig, Functions
from cloudrig.services.lambda_.tasks import Tasks

log = logging.getLogger(__name__)

RETRIES = 2
RETRY_DELAYS_S = (60.0, 120.0)
MAX_EVENT_AGE_S = 21_600
THROTTLE_DELAY_S = 1.0
MAX_THROTTLE_DELAY_S = 300.0

_DEFAULTS = EventInvokeConfig(last_modified=0.0)


@dataclass(frozen=True, slots=True)
class _Event:
    ref: FunctionRef
    payload: bytes
    request_id: str
    client_context: str | None
    accepted_at: float


class AsynchronousInvocations:
    """The queue in front of all functions. It is memory: events of a rig that closes are lost."""

    def __init__(self, regions: Regional[Functions], invocations: Invocations, clock: Clock, tasks: Tasks) -> None:
        self._regions = regions
        self._invocations = invocations
        self._clock = clock
        self._tasks = tasks

    def submit(self, ref: FunctionRef, payload: bytes, request_id: str, client_context: str | None = None) -> None:
        """Take an event. Raises ResourceNotFound, RequestEntityTooLarge."""
        self._invocations.find(ref)
        check_size(payload, "Event", MAX_ASYNC_BYTES)
        event = _Event(ref, payload, request_id, client_context, self._clock.now())
        self._tasks.start(self._deliver(event))

    async def _deliver(self, event: _Event) -> None:
        attempts, throttle_delay_s = 0, THROTTLE_DELAY_S
        while True:
            config = self._config(event.ref)
            if self._clock.now() - event.accepted_at > (config.maximum_event_age_s or MAX_EVENT_AGE_S):
                return _give_up(event, "EventAgeExceeded")
            try:
                if await self._succeeds(event):
                    return None
            except TooManyRequests:
                await self._clock.sleep(throttle_delay_s)
                throttle_delay_s = min(throttle_delay_s * 2, MAX_THROTTLE_DELAY_S)
                continue
            except ResourceNotFound:
                return _give_up(event, "FunctionDeleted")
            retries = config.maximum_retry_attempts
            if attempts >= (RETRIES if retries is None else retries):
                return _give_up(event, "RetriesExhausted")
            await self._clock.sleep(RETRY_DELAYS_S[attempts])
            attempts += 1

    async def _succeeds(self, event: _Event) -> bool:
        answer = await self._invocations.run(
            event.ref, event.payload, request_id=event.request_id, client_context=event.client_context
        )
        return answer.function_error is None

    def _config(self, ref: FunctionRef) -> EventInvokeConfig:
        function = self._regions[ref.scope].by_name.get(ref.name)
        return function.event_configs.get(ref.qualifier or LATEST, _DEFAULTS) if function else _DEFAULTS


def _give_up(event: _Event, condition: str) -> None:
    log.warning("event %s of %s is dropped: %s", event.request_id, event.ref.arn, condition)
