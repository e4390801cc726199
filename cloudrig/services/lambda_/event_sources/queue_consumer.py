"""Carries out a mapping of an SQS queue: receives messages, delivers batches side by side, deletes what succeeded.

What fails is not deleted and comes back after the queue's visibility timeout. A function that has no room is tried
again while its messages are invisible, and nothing is received meanwhile, so that throttling does not use up the
receives of a redrive policy. Order within the groups of a FIFO queue is the queue's doing: it gives out no message of a
group that has one in flight.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Sequence

from cloudrig.engine.aws_json import CallFailed
from cloudrig.engine.enduring import Enduring
from cloudrig.engine.errors import ServiceError, UpstreamUnavailable
from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_.errors import RequestEntityTooLarge, ResourceNotFound
from cloudrig.services.lambda_.event_sources import windows
from cloudrig.services.lambda_.event_sources.batch_failures import failed_items
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.filters import compile_filter
from cloudrig.services.lambda_.event_sources.lane import ENVELOPE_BYTES
from cloudrig.services.lambda_.event_sources.mapping import Mapping
from cloudrig.services.lambda_.event_sources.queue import ANY_QUEUE, Message, Queue, pause
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES

log = logging.getLogger(__name__)

POLL_EVERY_S = 1.0
"""How often a queue is looked at that nobody seems to write to: delayed messages, and those that come back."""
FIRST_BATCHES = 5
"""Batches at a time to begin with; while they do not suffice, as many more every second (300 a minute, as on AWS)."""
MAX_BATCHES = 1250
MAX_REFUSAL_DELAY_S = 8.0


class QueueConsumer:
    """Reads a mapping's queue; `start` and `stop` as the mapping is enabled and disabled."""

    def __init__(self, mapping: Mapping, feed: Feed) -> None:
        self._mapping = mapping
        self._queue = Queue(mapping.source_arn, feed.upstream)
        self._feed = feed
        self._poller: _Poller | None = None

    async def locate(self) -> None:
        """A queue has no position."""

    def start(self) -> None:
        self._poller = _Poller(self._mapping, self._queue, self._feed)

    def stop(self) -> None:
        """Receive no more. Batches in hand are finished and count."""
        if self._poller is not None:
            self._poller.stop()
            self._poller = None

    def wake(self, queue_name: str) -> None:
        """Something may have been sent to a queue, or to any."""
        if self._poller is not None and queue_name in (ANY_QUEUE, self._queue.name):
            self._poller.wake()


class _Poller:
    def __init__(self, mapping: Mapping, queue: Queue, feed: Feed) -> None:
        self._mapping = mapping
        self._queue = queue
        self._feed = feed
        self._matches = compile_filter(mapping.source, mapping.settings.filters)
        self._stopping = False
        self._woken = asyncio.Event()
        self._freed = asyncio.Event()
        self._running = self._refused = 0
        self._limit = FIRST_BATCHES
        feed.tasks.start(self._poll())

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()
        self._freed.set()

    def wake(self) -> None:
        self._woken.set()

    async def _poll(self) -> None:
        going_on = Enduring(f"{self._mapping.arn}: reading of its queue")  # what it had received comes back
        while not self._stopping:
            async with going_on:
                await self._slot()
                batch = await self._gather()
                if self._stopping:
                    await self._attempt(self._queue.release(batch))
                elif batch:
                    self._running += 1
                    self._feed.tasks.start(self._deliver(batch))

    async def _slot(self) -> None:
        """Wait until another batch may run."""
        while not self._stopping and not self._has_room():
            self._freed.clear()
            await pause(self._freed, 1.0)
            if not self._has_room() and not self._refused:
                self._limit = min(self._limit + FIRST_BATCHES, MAX_BATCHES)

    def _has_room(self) -> bool:
        most = self._mapping.settings.maximum_concurrency or MAX_BATCHES
        return not self._refused and self._running < min(self._limit, most)

    async def _gather(self) -> list[Message]:
        """A batch: full, or what came until the batching window ended, or until this was stopped."""
        batch: list[Message] = []
        size, window_s = self._mapping.settings.batch_size, self._mapping.settings.batching_window_s
        ends, total = 0.0, 0
        while not self._stopping:
            self._woken.clear()
            found = await self._receive(size - len(batch))
            if window_s:  # then events have this in any case: so in LocalStack's AWS-validated snapshots
                found = [{"md5OfMessageAttributes": None, **message} for message in found]
            wanted = await self._filtered(found)
            if wanted and not batch:
                ends = self._feed.clock.now() + window_s
            batch += wanted
            total += sum(len(one["body"]) for one in wanted)
            if batch and (len(batch) >= size or total >= MAX_SYNC_BYTES or self._feed.clock.now() >= ends):
                break
            if not found:
                await self._wait(ends if batch else None)
        return batch

    async def _wait(self, until: float | None) -> None:
        """Until a message may have come, or the batching window ends."""
        timer = None
        if until is not None:
            timer = self._feed.clock.call_later(until - self._feed.clock.now(), self._woken.set)
        else:
            self._limit = FIRST_BATCHES
        await pause(self._woken, POLL_EVERY_S)
        if timer is not None:
            timer.cancel()

    async def _receive(self, count: int) -> list[Message]:
        try:
            self._feed.find(self._mapping.function)
            return await self._queue.receive(count)
        except ResourceNotFound:  # nobody to deliver to; it may come back
            return []
        except (CallFailed, UpstreamUnavailable) as error:
            log.warning("%s cannot read its queue: %s", self._mapping.arn, error)
            return []

    async def _filtered(self, found: list[Message]) -> list[Message]:
        """Messages that the function is to see; those that the filters leave out are deleted."""
        if self._matches is None:
            return found
        wanted: list[Message] = []
        unwanted: list[Message] = []
        for message in found:
            (wanted if self._matches(message) else unwanted).append(message)
        if unwanted:
            await self._attempt(self._queue.delete(unwanted))
        return wanted

    async def _deliver(self, batch: list[Message]) -> None:
        try:
            received_at = asyncio.get_running_loop().time()
            for part in _parts(batch):
                await self._deliver_part(part, received_at)
        except (CallFailed, UpstreamUnavailable) as error:
            log.warning("%s cannot talk to its queue: %s", self._mapping.arn, error)
        except Exception:  # the messages come back
            log.exception("%s could not deliver a batch", self._mapping.arn)
        finally:
            self._running -= 1
            self._freed.set()

    async def _deliver_part(self, part: Sequence[Message], received_at: float) -> None:
        answer = await self._call(part, received_at)
        failed = self._failed(part, answer)
        done = [message for index, message in enumerate(part) if index not in failed]
        if done:
            await self._queue.delete(done)
        if self._feed.events.listening:
            fields = {"mapping": self._mapping.uuid, "records": len(part), "failed": len(failed)}
            self._feed.events.emit("lambda.batch", **fields)

    async def _call(self, part: Sequence[Message], received_at: float) -> Invocation | None:
        """Call the function, again and again where it has no room; None once half the visibility timeout is over."""
        payload, delay_s = windows.payload([_json(message) for message in part], {}), 0.25
        while True:
            try:
                return await self._feed.invoke(self._mapping.function, payload)
            except RequestEntityTooLarge:
                return None
            except ServiceError as error:
                log.warning("%s cannot invoke %s: %s", self._mapping.arn, self._mapping.function.arn, error)
            self._refused += 1
            try:
                left_s = received_at + await self._queue.visibility_timeout_s() / 2 - asyncio.get_running_loop().time()
                if delay_s > left_s:
                    return None
                await asyncio.sleep(delay_s)  # as real as the visibility timeout that it must not outlast
            finally:
                self._refused -= 1
                self._freed.set()
            delay_s = min(delay_s * 2, MAX_REFUSAL_DELAY_S)

    def _failed(self, part: Sequence[Message], answer: Invocation | None) -> set[int]:
        everything = set(range(len(part)))
        if answer is None or answer.function_error is not None:
            return everything
        if not self._mapping.settings.reports_item_failures:
            return set()
        failed = failed_items([message["messageId"] for message in part], answer.payload)
        return everything if failed is None else failed

    async def _attempt(self, work: Awaitable[None]) -> None:
        """Do what the queue may refuse without harm: the messages come back."""
        try:
            await work
        except (CallFailed, UpstreamUnavailable) as error:
            log.warning("%s cannot talk to its queue: %s", self._mapping.arn, error)


def _json(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def _parts(batch: list[Message]) -> list[list[Message]]:
    """A batch in as few parts as the size of an event allows."""
    parts: list[list[Message]] = [[]]
    room = limit = MAX_SYNC_BYTES - ENVELOPE_BYTES
    for message in batch:
        size = len(_json(message)) + 1
        if parts[-1] and size > room:
            parts.append([])
            room = limit
        parts[-1].append(message)
        room -= size
    return parts
