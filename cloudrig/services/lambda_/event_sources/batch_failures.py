"""What a function's answer says of the single records of a batch (`FunctionResponseTypes: ReportBatchItemFailures`).

`null`, `[]`, `{}` and an empty or null list mean success; an identifier that is empty, null or of no record of the
batch makes the whole batch a failure, as does another key.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_WRONG = object()


def failed_items(identifiers: Sequence[str], payload: bytes) -> set[int] | None:
    """Indices of the records that failed; None for an answer that is wrong, which fails them all."""
    try:
        answer = json.loads(payload or b"null")
    except ValueError:
        return None
    if not answer:
        return set()
    failures = answer.get("batchItemFailures", _WRONG) if isinstance(answer, dict) else _WRONG
    if isinstance(answer, dict) and set(answer) == {"state"}:  # of a tumbling window, with no failure to report
        return set()
    if not failures:
        return set()
    if not isinstance(failures, list):
        return None
    places = {identifier: index for index, identifier in enumerate(identifiers)}
    found = [_place(failure, places) for failure in failures]
    return None if None in found else {place for place in found if place is not None}


def first_failed(sequence_numbers: Sequence[str], payload: bytes) -> int | None:
    """Of a stream's batch the first record to repeat, from which on everything is; None where all succeeded."""
    failed = failed_items(sequence_numbers, payload)
    return 0 if failed is None else min(failed, default=None)


def _place(failure: Any, places: dict[str, int]) -> int | None:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return places.get(identifier) if isinstance(identifier, str) else None
