from __future__ import annotations

import re
from pathlib import Path

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.state import Remembered, Stream, position_of, replace_file, sequence_number


def test_forms_of_identifiers() -> None:
    """SDKs validate a shard id of 28 characters or more and a sequence number of 21 digits or more."""
    stream = Stream.begin("Things", "KEYS_ONLY", 0, 1_700_000_000.0)
    assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", stream.shard_id)
    assert re.fullmatch(r"\d{21}", sequence_number(1))
    assert position_of(sequence_number(12345)) == 12345
    assert sequence_number(9) < sequence_number(10) < sequence_number(10**9)
    assert stream.arn(Scope()).endswith(":table/Things/stream/2023-11-14T22:13:20.000")


def test_survives_the_file(tmp_path: Path) -> None:
    remembered = Remembered([Stream("t", "label", "NEW_IMAGE", 3, 1.5, 9, 2.5)], {"t": 1.0}, {"t": {4, 5}})
    file = tmp_path / "state.json"
    replace_file(file, remembered.text())
    assert Remembered.load(file) == remembered
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_no_file_is_a_fresh_start(tmp_path: Path) -> None:
    assert Remembered.load(tmp_path / "none.json") == Remembered()


def test_forgets_tables_that_are_no_more() -> None:
    kept, gone = Stream("kept", "l", "KEYS_ONLY", 0, 0.0), Stream("gone", "l", "KEYS_ONLY", 0, 0.0)
    remembered = Remembered([gone, kept], {"gone": 1.0}, {"lost": {1}})
    remembered.keep_only(["kept"])
    assert remembered == Remembered([kept])


def test_latest_and_enabled_stream() -> None:
    old, new = Stream("t", "1", "KEYS_ONLY", 0, 0.0, end=4), Stream("t", "2", "NEW_IMAGE", 4, 1.0)
    assert Remembered([old]).enabled_stream("t") is None
    assert Remembered([old]).latest_stream("t") is old
    assert Remembered([old, new]).enabled_stream("t") is new
    assert Remembered([old, new]).latest_stream("t") is new
