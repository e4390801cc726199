"""Stream records: from dynoxide's form to AWS's.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.state import Stream, sequence_number

_NEW = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})
_OLD = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}

Image = dict[str, Any]
"""An item in DynamoDB's JSON: `{"roomId": {"S": "lobby"}}`."""


def position(raw: dict[str, Any]) -> int:
    return int(raw["dynamodb"]["SequenceNumber"])


def changes_nothing(raw: dict[str, Any]) -> bool:
    """Whether a write left the item as it was; AWS writes no record of it, dynoxide a MODIFY."""
    if raw["eventName"] != "MODIFY":
        return False
    change = raw["dynamodb"]
    return bool(_comparable(change["NewImage"]) == _comparable(change["OldImage"]))


def lambda_record(raw: dict[str, Any], stream: Stream, scope: Scope, at: float, *, by_service: bool) -> dict[str, Any]:
    """The record as Lambda hands it to functions, its images cut to what the stream shows.

    `at` is seconds since the epoch. `by_service` marks a deletion by TTL.
    """
    change = raw["dynamodb"]
    sequence = sequence_number(position(raw))
    arn = stream.arn(scope)
    images: dict[str, Image] = {"Keys": change["Keys"]}
    if stream.view in _NEW and "NewImage" in change:
        images["NewImage"] = change["NewImage"]
    if stream.view in _OLD and "OldImage" in change:
        images["OldImage"] = change["OldImage"]
    record = {
        "eventID": hashlib.md5(f"{arn}/{sequence}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": raw["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": scope.region,
        "dynamodb": {
            "ApproximateCreationDateTime": int(at),
            **images,
            "SequenceNumber": sequence,
            "SizeBytes": sum(map(_image_size, images.values())),
            "StreamViewType": stream.view,
        },
        "eventSourceARN": arn,
    }
    if by_service:
        record["userIdentity"] = dict(_SERVICE)
    return record


def _comparable(value: Any) -> Any:
    """An attribute value in which sets compare without order."""
    if isinstance(value, dict):
        return {
            name: sorted(member) if name in ("SS", "NS", "BS") and isinstance(member, list) else _comparable(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_comparable(member) for member in value]
    return value


def _image_size(image: Image) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in image.items())


def _value_size(value: dict[str, Any]) -> int:
    """Bytes an attribute value counts for: UTF-8 of text, half a byte per digit, 3 and 1 per element of a list or map.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(base64.b64decode(content))
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "NS":
            return sum(map(_number_size, content))
        case "BS":
            return sum(len(base64.b64decode(data)) for data in content)
        case "L":
            return 3 + sum(1 + _value_size(member) for member in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(member) for name, member in content.items())
    return 1


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")
