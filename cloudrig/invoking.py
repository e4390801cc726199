"""`cloudrig invoke`: one event to one function, wherever it is deployed."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from cloudrig.failure import Failure

_PATIENCE_S = 905
"""A function may take 900 s; and what it did must not be done again by the SDK."""


def real_name(name: str, functions: Mapping[str, str]) -> str:
    """The name of a function on the target. Anything that is no short name is taken as it is."""
    return functions.get(name, name)


def read_event(path: str | None) -> bytes:
    """The event from a file, from stdin (`-`), or an empty one. Raises Failure."""
    if path is None:
        return b"{}"
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise Failure(f"the event cannot be read: {error}") from None
    try:
        json.loads(content)
    except ValueError as error:
        raise Failure(f"the event is not JSON: {error}") from None
    return content


@dataclass(frozen=True)
class Outcome:
    """What a function answered: JSON to read, the end of its log, and the kind of error, if it ended with one."""

    answer: str
    log: str
    function_error: str | None


def invoke(session: Any, name: str, event: bytes) -> Outcome:
    """Run the function and wait for its answer. Raises Failure."""
    config = Config(read_timeout=_PATIENCE_S, retries={"total_max_attempts": 1, "mode": "standard"})
    client = session.client("lambda", config=config)
    with known(name):
        answer = client.invoke(FunctionName=name, Payload=event, LogType="Tail")
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").rstrip("\n")
    return Outcome(pretty(answer["Payload"].read()), log, answer.get("FunctionError"))


@contextmanager
def known(name: str) -> Iterator[None]:
    """Say in the user's words that a function is not there. Raises Failure."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise Failure(f"there is no function {name}", "cloudrig outputs lists the stack's functions") from None
        raise


def pretty(payload: bytes) -> str:
    """JSON over several lines; what is none, as it is."""
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload.decode(errors="replace")
