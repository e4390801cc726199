from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.records import changes_nothing, lambda_record
from cloudrig.services.dynamodb.state import Stream

SCOPE = Scope("123456789012", "eu-west-1")


def raw(kind: str, new: dict[str, Any] | None, old: dict[str, Any] | None) -> dict[str, Any]:
    """As dynoxide 1.2.1 writes it."""
    images = {"NewImage": new, "OldImage": old}
    return {
        "eventID": "7",
        "eventName": kind,
        "awsRegion": "dynoxide",
        "dynamodb": {
            "Keys": {"id": {"S": "a"}},
            **{name: image for name, image in images.items() if image is not None},
            "SequenceNumber": "7",
            "SizeBytes": 99,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "ApproximateCreationDateTime": 1.0,
        },
    }


OLD = {"id": {"S": "a"}, "n": {"N": "1"}}
NEW = {"id": {"S": "a"}, "n": {"N": "-12.50"}, "t": {"S": "é"}}


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_record_in_lambdas_form(view: str, images: set[str]) -> None:
    stream = Stream.begin("Things", view, 0, 1_700_000_000.123)
    record = lambda_record(raw("MODIFY", NEW, OLD), stream, SCOPE, 1_700_000_100.9, by_service=False)
    change = record.pop("dynamodb")
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/Things/stream/2023-11-14T22:13:20.123"
    assert len(record["eventID"]) == 32
    assert int(record.pop("eventID"), 16) >= 0
    assert record == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "eventSourceARN": arn,
    }
    assert set(change) & {"NewImage", "OldImage"} == images
    assert change["Keys"] == {"id": {"S": "a"}}
    assert change["ApproximateCreationDateTime"] == 1_700_000_100
    assert change["SequenceNumber"] == "100000000000000000007"
    assert change["StreamViewType"] == view


@pytest.mark.parametrize(
    ("image", "size"),
    [
        ({"ab": {"S": "é"}}, 2 + 2),
        ({"n": {"N": "-12.50"}}, 1 + 4),
        ({"b": {"B": "AAEC"}}, 1 + 3),
        ({"t": {"BOOL": True}, "z": {"NULL": True}}, 4),
        ({"s": {"SS": ["a", "bc"]}, "x": {"NS": ["1"]}, "y": {"BS": ["AA=="]}}, 4 + 3 + 2),
        ({"l": {"L": [{"S": "a"}]}}, 1 + 3 + 2),
        ({"m": {"M": {"k": {"S": "a"}}}}, 1 + 3 + 3),
    ],
)
def test_size_counts_names_and_values(image: dict[str, Any], size: int) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    stream = Stream.begin("Things", "NEW_IMAGE", 0, 0.0)
    record = lambda_record(raw("INSERT", image, None), stream, SCOPE, 0.0, by_service=False)
    assert record["dynamodb"]["SizeBytes"] == 3 + size


def test_deletion_by_ttl_names_the_service() -> None:
    stream = Stream.begin("Things", "KEYS_ONLY", 0, 0.0)
    record = lambda_record(raw("REMOVE", None, OLD), stream, SCOPE, 0.0, by_service=True)
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize(
    ("kind", "new", "old", "nothing"),
    [
        ("MODIFY", OLD, OLD, True),
        ("MODIFY", NEW, OLD, False),
        ("MODIFY", {"s": {"SS": ["a", "b"]}}, {"s": {"SS": ["b", "a"]}}, True),
        ("MODIFY", {"l": {"L": [{"N": "1"}, {"N": "2"}]}}, {"l": {"L": [{"N": "2"}, {"N": "1"}]}}, False),
        ("MODIFY", {"m": {"M": {"SS": {"SS": ["a", "b"]}}}}, {"m": {"M": {"SS": {"SS": ["b", "a"]}}}}, True),
        ("INSERT", OLD, None, False),
        ("REMOVE", None, OLD, False),
    ],
)
def test_what_changes_nothing(kind: str, new: dict[str, Any], old: dict[str, Any], nothing: bool) -> None:
    """AWS writes no record for a write that leaves the item as it was; sets have no order, lists do."""
    assert changes_nothing(raw(kind, new, old)) is nothing
