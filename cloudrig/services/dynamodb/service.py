"""DynamoDB and DynamoDB Streams: dynoxide processes behind a proxy that sees every write.

One process per account and region. Requests for items pass through byte for byte (`region.forward`); operations on
tables are completed (`control`) or answered (`extras`) by the engine; streams are read as soon as a write has passed
through (`feed`) and served from there (`streams_api`, `reader`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

from cloudrig.engine import wire
from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented, ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb import answers, capacity, control, extras
from cloudrig.services.dynamodb.errors import (
    InternalServerError,
    Refused,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from cloudrig.services.dynamodb.limits import MAX_REQUEST_BYTES, read_body
from cloudrig.services.dynamodb.process import Dynoxide
from cloudrig.services.dynamodb.reader import Reader
from cloudrig.services.dynamodb.region import READS, WRITES, Region, database_path
from cloudrig.services.dynamodb.streams_api import StreamsApi
from cloudrig.services.dynamodb.ttl import Sweeper

log = logging.getLogger(__name__)

_ON_ITEMS = READS | WRITES
_PASSED_ON = _ON_ITEMS | {"ListTables", "TagResource", "UntagResource", "ListTagsOfResource"}
_ON_TABLES = {**control.OPERATIONS, **extras.OPERATIONS}


class DynamoDb:
    """The two services of one rig: `tables` and `streams` for the router, `reader` for event source mappings."""

    def __init__(self, binary: Path, data_dir: Path, processes: Processes, clock: Clock, events: Events) -> None:
        self._binary = binary
        self._folder = data_dir / "dynamodb"
        self._processes = processes
        self._clock = clock
        self.events = events
        self._regions: dict[Scope, Region] = {}
        self._sweepers: dict[Scope, Sweeper] = {}
        self._opening = asyncio.Lock()
        self.tables = Tables(self)
        self.streams = Streams(self, clock)
        self.reader = Reader(self.region)

    async def start(self) -> None:
        """Open the default account and region; others open when first asked for."""
        await asyncio.to_thread(self._folder.mkdir, 0o700, parents=True, exist_ok=True)
        await self.region(Scope())

    async def close(self) -> None:
        for sweeper in self._sweepers.values():
            await sweeper.close()
        for region in self._regions.values():
            await region.close()

    async def region(self, scope: Scope) -> Region:
        """The state of an account and region, opened when it is not yet."""
        region = self._regions.get(scope)
        if region is not None:
            return region
        async with self._opening:
            if scope not in self._regions:
                self._regions[scope] = await self._open(scope)
        return self._regions[scope]

    async def stored_bytes(self) -> tuple[int, int]:
        """What all accounts and regions store, and what of it is backed up continuously."""
        parts = [await region.stored_bytes() for region in tuple(self._regions.values())]
        return sum(stored for stored, _ in parts), sum(backed_up for _, backed_up in parts)

    async def sweep(self) -> None:
        """Delete expired items now instead of at the next minute of the rig's clock."""
        for sweeper in tuple(self._sweepers.values()):
            await sweeper.sweep()

    async def _open(self, scope: Scope) -> Region:
        dynoxide = Dynoxide(self._binary, database_path(self._folder, scope), self._processes)
        region = Region(scope, self._folder, dynoxide, self._clock, self.events)
        try:
            await region.open()
        except BaseException:
            await region.close()
            raise
        sweeper = self._sweepers[scope] = Sweeper(region, self._clock)
        sweeper.start()
        return region


class Tables:
    """The DynamoDB API. Implements `interfaces.Service`; starts and ends with `DynamoDb`."""

    def __init__(self, dynamodb: DynamoDb) -> None:
        self._dynamodb = dynamodb

    def max_body_bytes(self, operation: str) -> int:
        return MAX_REQUEST_BYTES

    async def call(self, operation: str, request: Request) -> Response:
        try:
            region = await self._dynamodb.region(request.caller.scope)
            body = read_body(request.body, request.headers.get("Content-Encoding"))
            if operation in _PASSED_ON:
                if self._dynamodb.events.listening and operation in _ON_ITEMS:
                    return await self._metered(region, operation, body)
                return answers.passed_on(await region.forward(operation, body))
            return await self._on_tables(region, operation, body, request)
        except Refused as refusal:
            return answers.written(refusal.status, refusal.body)
        except ServiceError as error:
            return answers.of_error(error)
        except Exception:  # the request edge: one bad request must not be more than one 500
            log.exception("dynamodb %s failed", operation)
            return answers.of_error(
                InternalServerError("The request failed inside cloudrig; its log has the traceback.")
            )

    async def _metered(self, region: Region, operation: str, body: bytes) -> Response:
        """Pass a request for items on, and tell what it consumed."""
        body, asked = capacity.asking(body)
        answer, units = capacity.consumed(answers.passed_on(await region.forward(operation, body)), asked=asked)
        kind = "write_units" if operation in WRITES else "read_units"
        self._dynamodb.events.emit("dynamodb.request", operation=operation, **{kind: units})
        return answer

    async def _on_tables(self, region: Region, operation: str, body: bytes, request: Request) -> Response:
        if operation == "DescribeEndpoints":
            return answers.of_members(extras.endpoints(request.base_url))
        implementation = _ON_TABLES.get(operation)
        if implementation is None:
            raise _unknown("dynamodb", operation)
        return answers.of_members(await implementation(region, _members(body)))


class Streams:
    """The DynamoDB Streams API. Implements `interfaces.Service`; starts and ends with `DynamoDb`."""

    def __init__(self, dynamodb: DynamoDb, clock: Clock) -> None:
        api = StreamsApi(dynamodb.region, clock)
        self._operations = api.operations
        self._table = wire.OperationTable("dynamodbstreams", api.operations, invalid=ValidationException)

    def max_body_bytes(self, operation: str) -> int:
        return MAX_REQUEST_BYTES

    async def call(self, operation: str, request: Request) -> Response:
        if operation not in self._operations:
            return answers.of_error(_unknown("dynamodbstreams", operation))
        response = await self._table.call(operation, request)
        return answers.written(response.status, response.body)


def _unknown(service: str, operation: str) -> ServiceError:
    if operation in wire.service_model(service).operation_names:
        return OperationNotImplemented(f"cloudrig does not implement {operation} of {service}")
    return UnknownOperationException("")


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise SerializationException from None
    if not isinstance(members, dict):
        raise SerializationException
    return members
