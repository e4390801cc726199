"""Control plane: event source mappings, and the consumers that carry them out.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping as ReadMapping
from typing import Any

from cloudrig.engine.errors import OperationNotImplemented, ValidationError
from cloudrig.engine.interfaces import StreamGone
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Arn, Regional, Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.consumer import Consumer
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.event_source import Mapping
from cloudrig.services.lambda_.naming import FunctionRef, parse_function
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.shard_reader import Feed
from cloudrig.services.lambda_.state import Functions

_PLAIN = {
    "BatchSize": "batch_size",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_s",
    "BisectBatchOnFunctionError": "bisect",
    "Enabled": "enabled",
}


class MappingsOfScope:
    """The event source mappings of one account and region, by UUID."""

    def __init__(self, scope: Scope) -> None:
        self.by_uuid: dict[str, Mapping] = {}


class Mappings:
    """Operations on event source mappings."""

    def __init__(
        self,
        regions: Regional[Functions],
        feed: Feed,
    ) -> None:
        self._regions = regions
        self._feed = feed
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
        """Have a function read a DynamoDB stream.

        Raises InvalidParameterValue for a stream or function that does not exist, ResourceConflict for a pair that is
        mapped already, OperationNotImplemented for settings and sources that are not built.
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        stream_arn = _stream_arn(members)
        _refuse_unbuilt(members)
        position = _starting_position(members, stream_arn)
        self._check_function(ref)
        if not await self._feed.reader.exists(stream_arn):
            raise InvalidParameterValue(f"Stream not found: {stream_arn}")
        self._check_pair(caller.scope, stream_arn, ref)
        mapping = Mapping(
            str(uuid.uuid4()),
            caller.scope,
            stream_arn,
            ref,
            position,
            self._feed.clock.utc(),
            tags=members.get("Tags") or {},
        )
        _change(mapping, members)
        self._states[caller.scope].by_uuid[mapping.uuid] = mapping
        await self._start(mapping)
        return _shown(mapping, "Creating")

    def get(self, caller: Caller, members: Members) -> Members:
        return _shown(self._find(caller, members))

    def list(self, caller: Caller, members: Members) -> Members:
        """Mappings, those of one stream or function only if the members say so."""
        name, source = members.get("FunctionName"), members.get("EventSourceArn")
        ref = parse_function(name, caller.scope) if name else None
        mappings = [
            (mapping.uuid, mapping)
            for mapping in self._states[caller.scope].by_uuid.values()
            if (ref is None or mapping.function == ref) and (source is None or mapping.stream_arn == source)
        ]
        found, more = page(sorted(mappings, key=lambda item: item[0]), members, 100)
        return {"EventSourceMappings": [_shown(mapping) for mapping in found], "NextMarker": more}

    async def update(self, caller: Caller, members: Members) -> Members:
        """Change settings; the next batch is made by them. Disabling finishes the batch in hand."""
        mapping = self._find(caller, members)
        _refuse_unbuilt(members)
        if members.get("FunctionName"):
            ref = parse_function(members["FunctionName"], caller.scope)
            self._check_function(ref)
            mapping.function = ref
        was_enabled = mapping.enabled
        _change(mapping, members)
        mapping.last_modified = self._feed.clock.utc()
        if mapping.enabled and not was_enabled:
            self._consumers[mapping.uuid].start()
            return _shown(mapping, "Enabling")
        if was_enabled and not mapping.enabled:
            self._consumers[mapping.uuid].stop()
            return _shown(mapping, "Disabling")
        return _shown(mapping, "Updating")

    def delete(self, caller: Caller, members: Members) -> Members:
        mapping = self._find(caller, members)
        del self._states[caller.scope].by_uuid[mapping.uuid]
        consumer = self._consumers.pop(mapping.uuid, None)
        if consumer is not None:
            consumer.stop()
        return _shown(mapping, "Deleting")

    def close(self) -> None:
        for consumer in self._consumers.values():
            consumer.stop()

    async def _start(self, mapping: Mapping) -> None:
        consumer = Consumer(mapping, self._feed)
        self._consumers[mapping.uuid] = consumer
        try:
            await consumer.locate()
        except StreamGone:
            self._states[mapping.scope].by_uuid.pop(mapping.uuid, None)
            del self._consumers[mapping.uuid]
            raise InvalidParameterValue(f"Stream not found: {mapping.stream_arn}") from None
        if mapping.enabled and mapping.uuid in self._consumers:
            consumer.start()

    def _find(self, caller: Caller, members: Members) -> Mapping:
        mapping = self._states[caller.scope].by_uuid.get(members["UUID"])
        if mapping is None:
            raise ResourceNotFound("The resource you requested does not exist.")
        return mapping

    def _check_function(self, ref: FunctionRef) -> None:
        function = self._regions[ref.scope].by_name.get(ref.name)
        if function is None or function.version(ref.qualifier) is None:
            raise InvalidParameterValue("Function does not exist")

    def _check_pair(self, scope: Scope, stream_arn: str, ref: FunctionRef) -> None:
        for mapping in self._states[scope].by_uuid.values():
            if (mapping.stream_arn, mapping.function) == (stream_arn, ref):
                raise ResourceConflict(
                    f'The event source arn (" {stream_arn} ") and function (" {ref.name} ") provided mapping already '
                    f"exists. Please update or delete the existing mapping with UUID {mapping.uuid}"
                )


def _stream_arn(members: Members) -> str:
    arn: str | None = members.get("EventSourceArn")
    if not arn:
        raise InvalidParameterValue("Unrecognized event source.")
    service = Arn.parse(arn).service
    if service != "dynamodb":
        raise OperationNotImplemented(
            f"cloudrig maps DynamoDB streams to functions; sources of {service} are not built"
        )
    if "/stream/" not in arn:
        raise InvalidParameterValue(f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. Found: {arn}")
    return arn


def _starting_position(members: Members, stream_arn: str) -> str:
    position: str | None = members.get("StartingPosition")
    if position is None:
        raise ValidationError(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must "
            "not be null."
        )
    if position == "AT_TIMESTAMP":
        raise InvalidParameterValue(f"Unsupported starting position for arn type: {stream_arn}")
    if members.get("StartingPositionTimestamp"):
        raise InvalidParameterValue("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    return position


def _change(mapping: Mapping, members: Members) -> None:
    for member, name in _PLAIN.items():
        if members.get(member) is not None:
            setattr(mapping, name, members[member])
    if members.get("FunctionResponseTypes") is not None:
        mapping.reports_item_failures = "ReportBatchItemFailures" in members["FunctionResponseTypes"]


def _refuse_unbuilt(members: Members) -> None:
    asked: dict[str, Any] = {
        "FilterCriteria": (members.get("FilterCriteria") or {}).get("Filters"),
        "MaximumBatchingWindowInSeconds": members.get("MaximumBatchingWindowInSeconds"),
        "ParallelizationFactor above 1": (members.get("ParallelizationFactor") or 1) > 1,
        "TumblingWindowInSeconds": members.get("TumblingWindowInSeconds"),
        "DestinationConfig": (members.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination"),
        "MetricsConfig": (members.get("MetricsConfig") or {}).get("Metrics"),
        "ProvisionedPollerConfig": members.get("ProvisionedPollerConfig"),
    }
    for name, wanted in asked.items():
        if wanted:
            raise OperationNotImplemented(f"cloudrig does not implement {name} of event source mappings")


def _shown(mapping: Mapping, state: str | None = None) -> Members:
    return {
        "UUID": mapping.uuid,
        "StartingPosition": mapping.starting_position,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "EventSourceArn": mapping.stream_arn,
        "FunctionArn": mapping.function.arn,
        "LastModified": mapping.last_modified,
        "LastProcessingResult": mapping.last_result,
        "State": state or ("Enabled" if mapping.enabled else "Disabled"),
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": mapping.maximum_record_age_s,
        "BisectBatchOnFunctionError": mapping.bisect,
        "MaximumRetryAttempts": mapping.maximum_retry_attempts,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports_item_failures else [],
        "EventSourceMappingArn": mapping.arn,
    }
