"""Asynchronous invocation: an event is taken at once and delivered until it succeeds, is too old or out of retries.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import logging

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Regional
from cloudrig.services.lambda_.errors import (
    RequestEntityTooLarge,
    ResourceNotFound,
    ServiceException,
    TooManyRequests,
)
from cloudrig.services.lambda_.invocation_records import Event, Records
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


class AsynchronousInvocations:
    """The queue in front of all functions. It is memory: what a rig that closes still holds is lost, and logged."""

    def __init__(
        self,
        regions: Regional[Functions],
        invocations: Invocations,
        records: Records,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._regions = regions
        self._invocations = invocations
        self._records = records
        self._clock = clock
        self._tasks = tasks
        self._held: set[Event] = set()

    def submit(
        self, ref: FunctionRef, payload: bytes, request_id: str, client_context: str | None = None, trace: str = ""
    ) -> None:
        """Take an event; `trace` is the tracing header of who asks. Raises ResourceNotFound, RequestEntityTooLarge."""
        self._invocations.find(ref)
        check_size(payload, "Event", MAX_ASYNC_BYTES)
        event = Event(ref, payload, request_id, client_context, trace, self._clock.now())
        self._held.add(event)
        self._tasks.start(self._handle(event))

    def close(self) -> None:
        """Say what is lost."""
        for event in self._held:
            log.warning("event %s of %s is lost: the rig ends", event.request_id, event.ref.arn)

    async def _handle(self, event: Event) -> None:
        """Deliver an event and tell its destinations how that ended."""
        try:
            await self._report(event, await self._deliver(event))
        finally:
            self._held.discard(event)

    async def _report(self, event: Event, condition: str) -> None:
        config = self._config(event.ref)
        if condition == "Success":
            if config.on_success:
                await self._tell(config.on_success, event, condition)
        else:
            log.warning("event %s of %s is dropped: %s", event.request_id, event.ref.arn, condition)
            await self._records.bury(event, self._dead_letter_arn(event.ref))
            if config.on_failure:
                await self._tell(config.on_failure, event, condition)

    async def _deliver(self, event: Event) -> str:
        """Invoke until it succeeds or may not be tried again; returns the condition that ended it."""
        throttle_delay_s = THROTTLE_DELAY_S
        while True:
            function = self._regions[event.ref.scope].by_name.get(event.ref.name)
            if function is not None and function.reserved == 0:
                return "ZeroReservedConcurrency"
            try:
                if await self._succeeds(event):
                    return "Success"
                if event.invocations > self._retries(event):
                    return "RetriesExhausted"
                delay_s = RETRY_DELAYS_S[event.invocations - 1]
            except ResourceNotFound:
                return "FunctionDeleted"
            except Exception as error:  # throttles, and what AWS calls system errors
                if not isinstance(error, TooManyRequests | ServiceException):
                    log.exception("event %s of %s could not be delivered", event.request_id, event.ref.arn)
                delay_s = throttle_delay_s
                throttle_delay_s = min(throttle_delay_s * 2, MAX_THROTTLE_DELAY_S)
            if self._clock.now() + delay_s - event.accepted_at >= self._max_age_s(event):
                return "EventAgeExceeded"  # at once: captured in LocalStack's AWS-validated test_maxeventage
            await self._clock.sleep(delay_s)

    async def _succeeds(self, event: Event) -> bool:
        call = self._invocations.start(
            event.ref,
            event.payload,
            request_id=event.request_id,
            client_context=event.client_context,
            trace=event.trace,
        )
        event.answer = await call.answer
        event.invocations += 1
        return event.answer.function_error is None

    async def _tell(self, arn: str, event: Event, condition: str) -> None:
        """Send the record of an event to a destination, a function among them."""
        record = self._records.record(event, condition)
        if not arn.startswith("arn:aws:lambda:"):
            await self._records.send(arn, event, condition, record)
            return
        try:
            self.submit(*self._records.for_function(arn, record))
        except (ResourceNotFound, RequestEntityTooLarge) as error:
            log.warning("the record of event %s is dropped: %s", event.request_id, error)

    def _config(self, ref: FunctionRef) -> EventInvokeConfig:
        function = self._regions[ref.scope].by_name.get(ref.name)
        return function.event_configs.get(ref.qualifier or LATEST, _DEFAULTS) if function else _DEFAULTS

    def _retries(self, event: Event) -> int:
        retries = self._config(event.ref).maximum_retry_attempts
        return RETRIES if retries is None else retries

    def _max_age_s(self, event: Event) -> int:
        return self._config(event.ref).maximum_event_age_s or MAX_EVENT_AGE_S

    def _dead_letter_arn(self, ref: FunctionRef) -> str | None:
        function = self._regions[ref.scope].by_name.get(ref.name)
        version = function.version(ref.qualifier) if function else None
        return version.settings.dead_letter_arn if version else None
