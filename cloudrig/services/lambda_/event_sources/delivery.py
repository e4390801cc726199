"""Delivers a batch of a shard's records: until it succeeds, is too old or out of retries.

A function that has no room, or is not there, is waited for, which uses up no retries. Nothing is passed over: records
are checked off only when they were processed, or given up for one of those reasons.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cloudrig.engine import names
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, StreamRecord
from cloudrig.services.lambda_.errors import RequestEntityTooLarge
from cloudrig.services.lambda_.event_sources import windows
from cloudrig.services.lambda_.event_sources.batch_failures import first_failed
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.mapping import CALL_FAILED, OK, Checkpoint, Mapping, Source, Window
from cloudrig.services.lambda_.event_sources.on_failure import Failure, send_failure

log = logging.getLogger(__name__)

FIRST_RETRY_DELAY_S = 1.0  # unverified: AWS backs off exponentially and does not say from where
MAX_RETRY_DELAY_S = 60.0  # unverified
RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
RETENTION_S = 86_400
"""A stream keeps its records for a day; a batch that fails until then is lost with them."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A record and its JSON, which is made once however often the record is delivered."""

    record: StreamRecord
    text: bytes


@dataclass(frozen=True, slots=True)
class Tries:
    """What a batch has been through: `used` counts failures that used up a retry, `invokes` calls of the function."""

    used: int = 0
    invokes: int = 0
    answer: Invocation | None = None
    request_id: str = ""


TOO_OLD = "RecordAgeExceeded"
_OF_OLD = Tries(invokes=1)
"""What is told of records that are too old, whatever was tried with them: one invocation, and no answer.

Both recorded from AWS in LocalStack's test snapshots (`test_kinesis_maximum_record_age_exceeded`).
"""
Batch = Sequence[Parcel]


class Delivery:
    """Delivers batches of one lane, one after the other. While `calling`, to cancel would lose what is under way."""

    def __init__(self, mapping: Mapping, shard: str, checkpoint: Checkpoint, feed: Feed) -> None:
        self._mapping = mapping
        self._shard = shard
        self._checkpoint = checkpoint
        self._feed = feed
        self.calling = False
        self.stopping = False

    async def deliver(self, batch: Batch, window: Window | None = None, tries: Tries = Tries()) -> None:
        """Have records processed or given up; returns early, with the rest not checked off, when `stopping`."""
        refusals = 0
        while (batch := await self._without_old(batch)) and not self.stopping:
            try:
                failed, tries = await self._call(batch, window, tries)
            except RequestEntityTooLarge:  # one record alone: no other try can do better
                failed, tries = 0, replace(tries, invokes=tries.invokes + 1)
            except ServiceError as error:  # no room, or no function: both may change
                log.warning("%s cannot invoke %s: %s", self._mapping.arn, self._mapping.function.arn, error)
                refusals += 1
                await self.back_off(refusals)
                continue
            settings = self._mapping.settings
            if failed is None:
                return self._check_off(batch)
            if failed == 0 and settings.bisect and len(batch) > 1:
                middle = len(batch) // 2  # a split uses up no retry
                await self.deliver(batch[:middle], window, tries)
                return await self.deliver(batch[middle:], window, tries)
            self._check_off(batch[:failed])
            batch, tries = batch[failed:], replace(tries, used=tries.used + 1)
            if 0 <= settings.maximum_retry_attempts < tries.used:
                return await self._give_up(batch, RETRIES_EXHAUSTED, tries)
            await self.back_off(tries.used)
        return None

    async def close_window(self, window: Window, *, early: bool = False) -> bool:
        """Give the function the state of a window that has ended until it takes it; False where it was stopped before.

        Source: the page of `windows`: the function "suspends further processing until a successful invocation".
        """
        failures = 0
        while not self.stopping:
            members = windows.members(window, self._shard, self._mapping.source_arn, final=True, early=early)
            try:
                answer = await self._invoke(windows.payload([], members), names.request_id())
                if answer.function_error is None:
                    self._mapping.last_result = OK
                    return True
            except ServiceError as error:
                log.warning("%s cannot invoke %s: %s", self._mapping.arn, self._mapping.function.arn, error)
            self._mapping.last_result = CALL_FAILED
            failures += 1
            await self.back_off(failures)
        return False

    async def back_off(self, times: int) -> None:
        if not self.stopping:
            await self._feed.clock.sleep(min(FIRST_RETRY_DELAY_S * 2.0 ** min(times - 1, 10), MAX_RETRY_DELAY_S))

    async def _call(self, batch: Batch, window: Window | None, tries: Tries) -> tuple[int | None, Tries]:
        """Call the function; returns the index of the first record to repeat, None where all is done.

        Raises ServiceError where the function was not run.
        """
        mapping, request_id = self._mapping, names.request_id()
        members = windows.members(window, self._shard, mapping.source_arn) if window else {}
        function, age_s = mapping.function, self._feed.clock.now() - batch[-1].record.at
        self._feed.metrics.read(function.scope, function.name, age_s * 1000)
        try:
            answer = await self._invoke(windows.payload([parcel.text for parcel in batch], members), request_id)
        except ServiceError:
            mapping.last_result = CALL_FAILED
            raise
        failed = self._first_failed(batch, answer, window)
        mapping.last_result = OK if failed is None else CALL_FAILED
        if self._feed.events.listening:
            fields = {"mapping": mapping.uuid, "shard": self._shard, "records": len(batch), "failed": failed}
            self._feed.events.emit("lambda.batch", **fields)
        return failed, Tries(tries.used, tries.invokes + 1, answer, request_id)

    async def _invoke(self, payload: bytes, request_id: str) -> Invocation:
        self.calling = True
        try:
            return await self._feed.invoke(self._mapping.function, payload, request_id=request_id)
        finally:
            self.calling = False

    def _first_failed(self, batch: Batch, answer: Invocation, window: Window | None) -> int | None:
        if answer.function_error is not None:
            return 0
        failed = None
        if self._mapping.settings.reports_item_failures:
            failed = first_failed([parcel.record.sequence_number for parcel in batch], answer.payload)
        if window is not None and failed != 0:
            state = windows.state_of(answer.payload)
            if state is None:
                return 0
            window.state = state
        return failed

    async def _without_old(self, batch: Batch) -> Batch:
        """The records without those at the head that have grown too old, which are given up."""
        limit_s = self._mapping.settings.maximum_record_age_s
        oldest = self._feed.clock.now() - (limit_s if limit_s >= 0 else self._retention_s)
        old = next((index for index, parcel in enumerate(batch) if parcel.record.at >= oldest), len(batch))
        if old:
            await self._give_up(batch[:old], TOO_OLD, _OF_OLD)
        return batch[old:]

    @property
    def _retention_s(self) -> float:
        """How long records last without a limit of the mapping's. Kinesis forgets by itself, when its stream says."""
        return RETENTION_S if self._mapping.source is Source.DYNAMODB else float("inf")

    async def _give_up(self, batch: Batch, condition: str, tries: Tries) -> None:
        mapping = self._mapping
        log.warning("%s gives up %d records of %s: %s", mapping.arn, len(batch), self._shard, condition)
        if mapping.settings.on_failure:
            failure = Failure(
                mapping=mapping,
                shard=self._shard,
                records=[parcel.record for parcel in batch],
                payload=windows.payload([parcel.text for parcel in batch], {}),
                condition=condition,
                invokes=tries.invokes,
                answer=tries.answer,
                request_id=tries.request_id or names.request_id(),
            )
            self.calling = True
            try:
                await send_failure(failure, mapping.settings.on_failure, self._feed.upstream, self._feed.clock)
            finally:
                self.calling = False
        self._check_off(batch)

    def _check_off(self, batch: Batch) -> None:
        self._checkpoint.done(parcel.record.sequence_number for parcel in batch)
