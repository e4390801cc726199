"""What a function's answer says of the single records of a batch (`FunctionResponseTypes: ReportBatchItemFailures`).

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def first_failed(sequence_numbers: Sequence[str], payload: bytes) -> int | None:
    """Index of the first record to repeat; None where all succeeded; 0, the whole batch, for an answer that is wrong.

    Everything from the lowest reported sequence number on is repeated. `null`, `[]`, `{}` and an empty or null list
    mean success; an identifier that is empty, null or of no record of the batch means failure, as does another key.
    """
    try:
        answer = json.loads(payload or b"null")
    except ValueError:
        return 0
    if not answer:
        return None
    failures = answer.get("batchItemFailures", _WRONG) if isinstance(answer, dict) else _WRONG
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    places = {number: index for index, number in enumerate(sequence_numbers)}
    return min((_place(failure, places) for failure in failures), default=0)


_WRONG = object()


def _place(failure: Any, places: dict[str, int]) -> int:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return places.get(identifier, 0) if isinstance(identifier, str) else 0
