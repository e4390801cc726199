"""FilterCriteria of a mapping: which records its function is shown.

What a pattern is compared with depends on the source: DynamoDB's records as they are; of SQS messages the body, and of
Kinesis records the data, parsed where they hold JSON. A pattern that asks for JSON never matches text, and the other
way round.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from cloudrig.services.lambda_.event_sources.mapping import Source
from cloudrig.services.lambda_.event_sources.patterns import Matcher, compile_pattern

Record = dict[str, Any]
Filter = Callable[[Record], bool]


def compile_filter(source: Source, patterns: Sequence[str]) -> Filter | None:
    """Whether a record matches one of the patterns; None where there is none and all do. Raises InvalidPattern."""
    matchers: list[Matcher] = [compile_pattern(pattern) for pattern in patterns]
    if not matchers:
        return None
    view = _VIEWS[source]

    def matches(record: Record) -> bool:
        seen = view(record)
        return any(matcher(seen) for matcher in matchers)

    return matches


def _message(record: Record) -> Record:
    return {**record, "body": _parsed(record["body"])}


def _kinesis(record: Record) -> Record:
    """The members of `kinesis`, which is where patterns begin."""
    kinesis = record["kinesis"]
    return {**kinesis, "data": _parsed(base64.b64decode(kinesis["data"]).decode(errors="replace"))}


def _parsed(text: str) -> Any:
    """JSON objects and arrays parsed; anything else as the text it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (dict, list)) else text


_VIEWS: dict[Source, Callable[[Record], Record]] = {
    Source.DYNAMODB: lambda record: record,
    Source.KINESIS: _kinesis,
    Source.SQS: _message,
}
