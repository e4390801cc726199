"""Where a new mapping starts to read: StartingPosition and StartingPositionTimestamp, as Lambda checks them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cloudrig.engine.errors import ValidationError
from cloudrig.engine.messages import Members
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.event_sources.mapping import Source

AT_TIMESTAMP = "AT_TIMESTAMP"


def position(source: Source, arn: str, members: Members) -> str | None:
    """None for a queue, which has no position. Raises ValidationError, InvalidParameterValue."""
    given: str | None = members.get("StartingPosition")
    if source is Source.SQS:
        if given is not None:
            raise InvalidParameterValue("StartingPosition is not valid for SQS event sources.")
        return None
    if given is None:
        raise ValidationError(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must "
            "not be null."
        )
    if given == AT_TIMESTAMP and source is Source.DYNAMODB:
        raise InvalidParameterValue(f"Unsupported starting position for arn type: {arn}")
    has_timestamp = members.get("StartingPositionTimestamp") is not None
    if has_timestamp and given != AT_TIMESTAMP:
        raise InvalidParameterValue("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if given == AT_TIMESTAMP and not has_timestamp:
        raise InvalidParameterValue("Timestamp must be set with StartingPosition AT_TIMESTAMP")  # text unverified
    return given


def timestamp(members: Members) -> float | None:
    """Epoch seconds. Raises InvalidParameterValue for a time before the epoch."""
    given: Any = members.get("StartingPositionTimestamp")
    if given is None:
        return None
    seconds = given.timestamp() if isinstance(given, datetime) else float(given)
    if seconds < 0:
        raise InvalidParameterValue(
            "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a "
            "Timestamp"
        )
    return float(seconds)
