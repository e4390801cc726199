"""From the members of Create- and UpdateEventSourceMapping to settings, checked as Lambda checks them, and back.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and what its errors were seen
to say. What would change how records are delivered and is not built is refused by name, never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping as ReadMapping
from dataclasses import replace
from typing import Any

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Arn
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.event_sources.filters import compile_filter
from cloudrig.services.lambda_.event_sources.mapping import Settings, Source
from cloudrig.services.lambda_.event_sources.patterns import InvalidPattern

STREAM_BATCH = 100
QUEUE_BATCH = 10
MAX_FILTERS = 10
"""Five by default, ten on request: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""
MIN_RECORD_AGE_S = 60

_PLAIN = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "batching_window_s",
    "ParallelizationFactor": "parallelization_factor",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "MaximumRecordAgeInSeconds": "maximum_record_age_s",
    "BisectBatchOnFunctionError": "bisect",
    "TumblingWindowInSeconds": "tumbling_window_s",
    "KMSKeyArn": "kms_key_arn",
}
_OF_STREAMS = (
    "ParallelizationFactor",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "TumblingWindowInSeconds",
    "DestinationConfig",
)
_OF_QUEUES = ("ScalingConfig",)
_OF_OTHERS = (
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
)
_DESTINATIONS = ("sqs", "sns", "s3")


def new_settings(source: Source, source_arn: str, members: Members) -> Settings:
    """Settings of a new mapping. Raises InvalidParameterValue, OperationNotImplemented."""
    return changed_settings(
        Settings(QUEUE_BATCH if source is Source.SQS else STREAM_BATCH), source, source_arn, members
    )


def changed_settings(settings: Settings, source: Source, source_arn: str, members: Members) -> Settings:
    """Settings with what `members` give put in place. Raises as `new_settings`."""
    _refuse_foreign(source, members)
    _refuse_unbuilt(members)
    changes = {name: members[member] for member, name in _PLAIN.items() if members.get(member) is not None}
    if members.get("FunctionResponseTypes") is not None:
        changes["reports_item_failures"] = "ReportBatchItemFailures" in members["FunctionResponseTypes"]
    if members.get("FilterCriteria") is not None:
        changes["filters"] = _filters(source, members["FilterCriteria"])
    if members.get("DestinationConfig") is not None:
        changes["on_failure"] = _destination(members["DestinationConfig"])
    if members.get("ScalingConfig") is not None:
        changes["maximum_concurrency"] = members["ScalingConfig"].get("MaximumConcurrency")
    changed = replace(settings, **changes)
    _check_batch(changed, source, source_arn)
    return changed


def _refuse_foreign(source: Source, members: Members) -> None:
    """Settings of other kinds of sources."""
    foreign = _OF_STREAMS if source is Source.SQS else _OF_QUEUES
    for member in (*foreign, *_OF_OTHERS):
        if _says_something(members.get(member)):
            kind = "SQS" if source is Source.SQS else "stream"
            # CloudFormation quotes Lambda: "StartingPosition is not valid for SQS event sources."; others unverified
            raise InvalidParameterValue(f"{member} is not valid for {kind} event sources.")


def _says_something(value: Any) -> bool:
    """Infrastructure tools send empty structures for `nothing`."""
    if isinstance(value, dict):
        return any(_says_something(one) for one in value.values())
    return value not in (None, [], "", False)


def _refuse_unbuilt(members: Members) -> None:
    for member in ("MetricsConfig", "ProvisionedPollerConfig"):
        if _says_something(members.get(member)):
            raise OperationNotImplemented(f"cloudrig does not implement {member} of event source mappings")


def _filters(source: Source, criteria: ReadMapping[str, Any]) -> tuple[str, ...]:
    filters = criteria.get("Filters") or []
    if len(filters) > MAX_FILTERS:
        raise InvalidParameterValue(f"Exceeded the limit of {MAX_FILTERS} filters.")  # text unverified
    patterns = tuple(one.get("Pattern") or "" for one in filters)
    try:
        compile_filter(source, patterns)
    except InvalidPattern:
        raise InvalidParameterValue("Invalid filter pattern definition.") from None
    return patterns


def _destination(config: ReadMapping[str, Any]) -> str | None:
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise InvalidParameterValue("OnSuccess destinations are not valid for stream event sources.")  # text unverified
    arn: str | None = (config.get("OnFailure") or {}).get("Destination") or None
    if arn is not None and (not arn.startswith("arn:") or Arn.parse(arn).service not in _DESTINATIONS):
        raise InvalidParameterValue(
            "The provided destination config DestinationConfig(onSuccess=null, onFailure="
            f"OnFailure(destination={arn})) is invalid."  # text as of PutFunctionEventInvokeConfig; unverified
        )
    return arn


def _check_batch(settings: Settings, source: Source, source_arn: str) -> None:
    if source is not Source.SQS:
        if -1 < settings.maximum_record_age_s < MIN_RECORD_AGE_S:
            raise InvalidParameterValue(
                f"MaximumRecordAgeInSeconds must be -1 or at least {MIN_RECORD_AGE_S}."  # text unverified
            )
        return
    if source_arn.endswith(".fifo"):
        if settings.batching_window_s:
            raise InvalidParameterValue("Batching window is not supported for FIFO queues")
        if settings.batch_size > QUEUE_BATCH:
            raise InvalidParameterValue("Batch size must not exceed 10 for FIFO queues")  # text unverified
    if settings.batch_size > QUEUE_BATCH and not settings.batching_window_s:
        raise InvalidParameterValue(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def shown(settings: Settings, source: Source) -> Members:
    """Settings as EventSourceMappingConfiguration has them; a queue's has no members of streams."""
    members: Members = {
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.batching_window_s,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if settings.reports_item_failures else [],
    }
    if settings.filters:
        members["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in settings.filters]}
    if settings.kms_key_arn:
        members["KMSKeyArn"] = settings.kms_key_arn
    if source is Source.SQS:
        if settings.maximum_concurrency is not None:
            members["ScalingConfig"] = {"MaximumConcurrency": settings.maximum_concurrency}
        return members
    return {
        **members,
        "ParallelizationFactor": settings.parallelization_factor,
        "DestinationConfig": {"OnFailure": {"Destination": settings.on_failure} if settings.on_failure else {}},
        "MaximumRecordAgeInSeconds": settings.maximum_record_age_s,
        "BisectBatchOnFunctionError": settings.bisect,
        "MaximumRetryAttempts": settings.maximum_retry_attempts,
        "TumblingWindowInSeconds": settings.tumbling_window_s,
    }
