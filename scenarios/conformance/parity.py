"""What AWS itself answered: recorded once, by a run with `--record` on an account, and compared with ever after.

    assert parity("refused-400", await refusal(url)) == (400, "no")

Without a recording of that name nothing is compared: the claim stands on documentation alone.
Recordings are text, to be reviewed like code: the first line says where they are from, then comes the answer as JSON,
with placeholders for what is another one each time.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from cloudrig import targets
from cloudrig.targets import Target

RECORDINGS = Path(__file__).with_name("recordings")
"""Those of AWS itself, and no others."""

T = TypeVar("T")
_VOLATILE = {
    "{time}": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+\d{4}"
    r"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
    r"|\b1\d{12}\b|\b1\d{9}\.\d+\b",
    "{uuid}": r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "{account}": r"\b\d{12}\b",
    "{host}": r"\b(127\.0\.0\.1|localhost)(:\d+)?\b|\b[\w.-]+\.(amazonaws\.com|cloudfront\.net)\b",
    # Connections, messages and extended request ids.
    "{id}": r"(?<![\w+/-])[\w+/-]{11,15}=(?![\w=])",
}


class Parity:
    """Takes answers; compares each with its recording, or records it.

    `known` are values that this run made up, such as ids of its APIs, with their placeholders.
    """

    def __init__(self, target: Target, folder: Path, *, record: bool, known: Mapping[str, str]) -> None:
        self._target = target
        self._folder = folder
        self._record = record
        self._known = known

    def __call__(self, name: str, answer: T) -> T:
        """Take the answer and give it back. Fails where it is not what was recorded under the name."""
        text, file = steady(answer, self._known), self._folder / f"{name}.txt"
        if self._record:
            self._folder.mkdir(parents=True, exist_ok=True)
            came_from = f"{self._target.target}, {self._target.region}, {datetime.now(UTC):%Y-%m-%d}"
            file.write_text(f"{came_from}\n{text}\n")
        elif file.exists():
            came_from, _, recorded = file.read_text().partition("\n")
            assert text == recorded.rstrip("\n"), f"{name} is not as recorded from {came_from}"
        return answer


def steady(answer: object, known: Mapping[str, str]) -> str:
    """An answer as JSON, with placeholders for what is volatile in it."""
    members = asdict(answer) if is_dataclass(answer) and not isinstance(answer, type) else answer
    text = json.dumps(members, indent=1, sort_keys=True, ensure_ascii=False)
    for value, placeholder in known.items():
        text = text.replace(value, placeholder)
    for placeholder, pattern in _VOLATILE.items():
        text = re.sub(pattern, placeholder, text)
    return text


def add_options(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="keep what AWS answers in conformance scenarios")
    parser.addoption(
        "--recordings", type=Path, default=RECORDINGS, metavar="FOLDER", help="where they are (default: those of AWS)"
    )


def check_options(config: pytest.Config) -> None:
    """Raises UsageError where what is no answer of AWS's would be recorded as one."""
    target = targets.from_environ(os.environ, "http://127.0.0.1")
    if config.getoption("--record") and not target.is_aws and config.getoption("--recordings") == RECORDINGS:
        raise pytest.UsageError(
            f"--record keeps what AWS answers, and the target is {target.target}: set CLOUDRIG_TARGET=aws, or give a"
            " folder of your own by --recordings"
        )
