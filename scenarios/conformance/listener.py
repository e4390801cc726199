"""The function behind the mappings under test: notes each event, and does what the records' items ask for."""

import json
import time
from typing import Any


def handler(event: dict[str, Any], _context: object) -> Any:
    """`act` of an item: `raise`; `state`: count records in the window; else JSON to answer, `#` standing for the
    record's sequence number.
    """
    print(f"event {time.time_ns()} {json.dumps(event)}")  # noqa: T201
    acts = [(record, record["dynamodb"].get("NewImage", {}).get("act", {}).get("S")) for record in event["Records"]]
    if any(act == "raise" for _, act in acts):
        raise ValueError("as asked")
    if "window" in event:
        return {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}
    for record, act in acts:
        if act:
            return json.loads(act.replace("#", record["dynamodb"]["SequenceNumber"]))
    return None
