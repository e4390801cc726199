"""What a rule's target gets of an event.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.upstream.moto_deliveries import shown, target_input

EVENT = {"source": "shop", "time": 0, "ingestion-time": 1.5, "detail": {"id": 7, "name": 'a "b"', "tags": ["x", "y"]}}
PATHS = {"id": "$.detail.id", "name": "$.detail.name", "tags": "$.detail.tags", "first": "$.detail.tags[0]"}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, {"source": "shop", "time": "1970-01-01T00:00:00Z", "detail": EVENT["detail"]}),
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail.tags"}, ["x", "y"]),
        (
            {"InputPathsMap": PATHS, "InputTemplate": '{"id": <id>, "name": <name>, "tags": <tags>, "as": <first>}'},
            {"id": 7, "name": 'a "b"', "tags": ["x", "y"], "as": "x"},
        ),
        ({"InputPathsMap": PATHS, "InputTemplate": '"<name> is <id>"'}, 'a "b" is 7'),
        ({"InputTemplate": '{"all": <aws.events.event>, "kept": "<other>"}'}, {"all": shown(EVENT), "kept": "<other>"}),
    ],
    ids=["the event", "constant", "a part", "values", "text", "reserved"],
)
def test_input_of_a_target(target: dict[str, Any], expected: Any) -> None:
    if "InputTemplate" in target:
        target = {"InputTransformer": target}
    assert target_input(target, shown(EVENT)) == expected
