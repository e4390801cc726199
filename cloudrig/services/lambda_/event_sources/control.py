"""Control plane: event source mappings, and the consumers that carry them out.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping as ReadMapping
from datetime import UTC, datetime

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.interfaces import StreamGone
from cloudrig.engine.messages import Caller, Members, Request
from cloudrig.engine.names import Arn, Regional, Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.event_sources import starting
from cloudrig.services.lambda_.event_sources.consumers import Consumer, Consumers
from cloudrig.services.lambda_.event_sources.mapping import Mapping, Settings, Source
from cloudrig.services.lambda_.event_sources.queue import written_queue
from cloudrig.services.lambda_.event_sources.queue_consumer import QueueConsumer
from cloudrig.services.lambda_.event_sources.settings import changed_settings, new_settings, shown
from cloudrig.services.lambda_.naming import FunctionRef, parse_function
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import Functions, Version

MAX_TAGS = 50


class MappingsOfScope:
    """The event source mappings of one account and region, by UUID."""

    def __init__(self, scope: Scope) -> None:
        self.by_uuid: dict[str, Mapping] = {}


class Mappings:
    """Operations on event source mappings."""

    def __init__(self, regions: Regional[Functions], consumers: Consumers) -> None:
        self._regions = regions
        self._clock = consumers.clock
        self._make_consumers = consumers
        self._states = Regional(MappingsOfScope)
        self._consumers: dict[str, Consumer] = {}

    @property
    def operations(self) -> ReadMapping[str, Operation]:
        return {
            "CreateEventSourceMapping": self.create,
            "GetEventSourceMapping": self.get,
            "ListEventSourceMappings": self.list,
            "UpdateEventSourceMapping": self.update,
            "DeleteEventSourceMapping": self.delete,
        }

    def find_arn(self, arn: Arn) -> Mapping | None:
        """The mapping that an ARN names, for tags."""
        return self._states[arn.scope].by_uuid.get(arn.resource.rpartition(":")[2])

    async def create(self, caller: Caller, members: Members) -> Members:
        """Have a function read a stream or a queue.

        Raises InvalidParameterValue for a source or function that does not exist and settings that do not go with the
        source, ResourceConflict for a pair that is mapped already, OperationNotImplemented for sources and settings
        that are not built.
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        source, arn = _source(members.get("EventSourceArn"))
        mapping = Mapping(
            uuid=str(uuid.uuid4()),
            scope=caller.scope,
            source=source,
            source_arn=arn,
            function=ref,
            last_modified=self._clock.utc(),
            settings=new_settings(source, arn, members),
            starting_position=starting.position(source, arn, members),
            starting_timestamp=starting.timestamp(members),
            enabled=members.get("Enabled", True),
            tags=_tags(members),
        )
        version = self._find_function(ref)
        self._check_pair(caller.scope, arn, ref)
        await self._make_consumers.check(mapping, version.settings.timeout_s)
        self._check_pair(caller.scope, arn, ref)
        self._states[caller.scope].by_uuid[mapping.uuid] = mapping
        await self._start(mapping)
        return _shown(mapping, "Creating" if mapping.enabled else "Disabled")

    def get(self, caller: Caller, members: Members) -> Members:
        return _shown(self._find(caller, members))

    def list(self, caller: Caller, members: Members) -> Members:
        """Mappings, those of one source or function only if the members say so."""
        name, source = members.get("FunctionName"), members.get("EventSourceArn")
        ref = parse_function(name, caller.scope) if name else None
        mappings = [
            (mapping.uuid, mapping)
            for mapping in self._states[caller.scope].by_uuid.values()
            if (ref is None or mapping.function == ref) and (source is None or mapping.source_arn == source)
        ]
        found, more = page(sorted(mappings, key=lambda item: item[0]), members, 100)
        return {"EventSourceMappings": [_shown(mapping) for mapping in found], "NextMarker": more}

    async def update(self, caller: Caller, members: Members) -> Members:
        """Change settings; the next batch is made by them. Disabling finishes the batch in hand.

        Raises as `create`; what is refused changes nothing.
        """
        mapping = self._find(caller, members)
        settings = changed_settings(mapping.settings, mapping.source, mapping.source_arn, members)
        if members.get("FunctionName"):
            ref = parse_function(members["FunctionName"], caller.scope)
            self._find_function(ref)
            if ref != mapping.function:
                self._check_pair(caller.scope, mapping.source_arn, ref)
            mapping.function = ref
        before, mapping.settings = mapping.settings, settings
        was_enabled, mapping.enabled = mapping.enabled, members.get("Enabled", mapping.enabled)
        mapping.last_modified = self._clock.utc()
        consumer = self._consumers[mapping.uuid]
        if was_enabled and (not mapping.enabled or _needs_restart(before, settings)):
            consumer.stop()
        if mapping.enabled and (not was_enabled or _needs_restart(before, settings)):
            consumer.start()
        if mapping.enabled == was_enabled:
            return _shown(mapping, "Updating")
        return _shown(mapping, "Enabling" if mapping.enabled else "Disabling")

    def delete(self, caller: Caller, members: Members) -> Members:
        """Read no more. A batch in hand is finished."""
        mapping = self._find(caller, members)
        del self._states[caller.scope].by_uuid[mapping.uuid]
        consumer = self._consumers.pop(mapping.uuid, None)
        if consumer is not None:
            consumer.stop()
        return _shown(mapping, "Deleting")

    def passed_on(self, service: str, request: Request) -> None:
        """A request went through to the upstream: what waits for its effects looks at once instead of later."""
        if service == "kinesis":
            self._make_consumers.kinesis.wake()
        elif (queue := written_queue(service, request)) is not None:
            for consumer in self._consumers.values():
                if isinstance(consumer, QueueConsumer):
                    consumer.wake(queue)

    def close(self) -> None:
        for consumer in self._consumers.values():
            consumer.stop()

    async def _start(self, mapping: Mapping) -> None:
        consumer = self._consumers[mapping.uuid] = self._make_consumers.make(mapping)
        try:
            await consumer.locate()
        except BaseException as error:  # an upstream that is away, a caller that gave up: there is no mapping then
            self._states[mapping.scope].by_uuid.pop(mapping.uuid, None)
            self._consumers.pop(mapping.uuid, None)
            if isinstance(error, StreamGone):
                raise InvalidParameterValue(f"Stream not found: {mapping.source_arn}") from None
            raise
        if mapping.enabled and mapping.uuid in self._consumers:
            consumer.start()

    def _find(self, caller: Caller, members: Members) -> Mapping:
        mapping = self._states[caller.scope].by_uuid.get(members["UUID"])
        if mapping is None:
            raise ResourceNotFound("The resource you requested does not exist.")
        return mapping

    def _find_function(self, ref: FunctionRef) -> Version:
        try:
            return self._regions[ref.scope].find_version(ref)
        except ResourceNotFound:
            raise InvalidParameterValue("Function does not exist") from None

    def _check_pair(self, scope: Scope, arn: str, ref: FunctionRef) -> None:
        for mapping in self._states[scope].by_uuid.values():
            if (mapping.source_arn, mapping.function) == (arn, ref):
                names = f'arn (" {arn} ") and function (" {ref.name} ")'
                taken = (
                    f"An event source mapping with SQS {names} already exists."
                    if mapping.source is Source.SQS
                    else f"The event source {names} provided mapping already exists."
                )
                raise ResourceConflict(f"{taken} Please update or delete the existing mapping with UUID {mapping.uuid}")


def _source(arn: str | None) -> tuple[Source, str]:
    """What kind of source an ARN names. Raises InvalidParameterValue, OperationNotImplemented for kinds not built."""
    if not arn:
        raise InvalidParameterValue("Unrecognized event source.")
    parsed = Arn.parse(arn)
    if parsed.service in ("kafka", "mq", "rds", "docdb"):
        raise OperationNotImplemented(
            f"cloudrig maps DynamoDB streams, Kinesis streams and SQS queues to functions; sources of {parsed.service} "
            "are not built"
        )
    known = parsed.service in tuple(Source)
    if not known or (parsed.service == Source.DYNAMODB and "/stream/" not in arn):
        raise InvalidParameterValue(f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. Found: {arn}")
    return Source(parsed.service), arn


def _tags(members: Members) -> dict[str, str]:
    tags: dict[str, str] = members.get("Tags") or {}
    if len(tags) > MAX_TAGS:
        raise InvalidParameterValue("Number of tags exceeds resource tag limit.")
    return tags


def _needs_restart(before: Settings, now: Settings) -> bool:
    """Whether records that were read already would be handed out by the old settings."""

    def division(one: Settings) -> tuple[object, ...]:
        return one.parallelization_factor, one.tumbling_window_s, one.filters

    return division(before) != division(now)


def _shown(mapping: Mapping, state: str | None = None) -> Members:
    """A mapping as EventSourceMappingConfiguration."""
    members: Members = {
        "UUID": mapping.uuid,
        **shown(mapping.settings, mapping.source),
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function.arn,
        "LastModified": mapping.last_modified,
        "State": state or ("Enabled" if mapping.enabled else "Disabled"),
        "StateTransitionReason": "USER_INITIATED" if mapping.source is Source.SQS else "User action",
        "EventSourceMappingArn": mapping.arn,
    }
    if mapping.source is Source.SQS:
        return members
    members["StartingPosition"] = mapping.starting_position
    if mapping.starting_timestamp is not None:
        members["StartingPositionTimestamp"] = datetime.fromtimestamp(mapping.starting_timestamp, UTC)
    return {**members, "LastProcessingResult": mapping.last_result}
