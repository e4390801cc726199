"""ReportBatchItemFailures: Lambda guide `services-ddb-batchfailurereporting.html`; aws-behaviour §10.6."""

from __future__ import annotations

import json

import pytest

from cloudrig.services.lambda_.event_sources.batch_failures import first_failed

NUMBERS = ["100", "101", "102"]


def failures(*identifiers: object) -> object:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.parametrize("answer", [None, [], {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_success(answer: object) -> None:
    assert first_failed(NUMBERS, json.dumps(answer).encode()) is None


@pytest.mark.parametrize(
    ("answer", "first"),
    [(failures("101"), 1), (failures("102"), 2), (failures("102", "101"), 1), (failures("100"), 0)],
)
def test_the_lowest_reported_is_where_to_repeat_from(answer: object, first: int) -> None:
    assert first_failed(NUMBERS, json.dumps(answer).encode()) == first


@pytest.mark.parametrize(
    "answer",
    [
        failures(""),
        failures(None),
        failures("999"),
        failures(101),
        failures("102", "999"),
        {"batchItemFailures": [{"wrong": "101"}]},
        {"batchItemFailures": ["101"]},
        {"batchItemFailures": "101"},
        {"failures": []},
        ["101"],
    ],
)
def test_a_wrong_answer_repeats_everything(answer: object) -> None:
    assert first_failed(NUMBERS, json.dumps(answer).encode()) == 0


def test_an_answer_that_is_no_json_repeats_everything() -> None:
    assert first_failed(NUMBERS, b"done") == 0
    assert first_failed(NUMBERS, b"") is None
