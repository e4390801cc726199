"""Upkeep of dynoxide's SQLite file that dynoxide 1.2.1 does not do itself.

* Numbering a stream record looks for the greatest number so far, without an index: each write to a streamed table
  costs the more the longer its stream is (0.2 ms at first, 0.5 ms after 6,000 records). An index on that very
  expression keeps it at 0.2 ms.
* Stream records are never deleted. Those older than 24 hours go when the file is opened; the newest of each table
  stays, because numbering goes on from it.

These functions block; call them in a thread. SQLite serialises them with dynoxide's own transactions.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

BUSY_TIMEOUT_S = 10.0

_POSITION = "CAST(sequence_number AS INTEGER)"
_INDEX = f"CREATE INDEX IF NOT EXISTS cloudrig_stream_order ON _stream_records (table_name, {_POSITION})"
_TRIM = f"""
DELETE FROM _stream_records WHERE created_at < ? AND (table_name, {_POSITION}) NOT IN
    (SELECT table_name, MAX({_POSITION}) FROM _stream_records GROUP BY table_name)"""  # noqa: S608  # no outside text
_LAST = f"SELECT COALESCE(MAX({_POSITION}), 0) FROM _stream_records WHERE table_name = ?"  # noqa: S608
_FIRST = f"SELECT COALESCE(MIN({_POSITION}), 0) FROM _stream_records WHERE table_name = ?"  # noqa: S608


def prepare(path: Path, keep_since: float) -> None:
    """Add the index and drop stream records from before `keep_since` (epoch seconds)."""
    with closing(_open(path)) as database, database:
        database.execute(_INDEX)
        database.execute(_TRIM, (int(keep_since),))


def last_position(path: Path, table: str) -> int:
    """The position of the newest stream record under a table's name, 0 when there is none."""
    with closing(_open(path)) as database:
        return int(database.execute(_LAST, (table,)).fetchone()[0])


def first_position(path: Path, table: str) -> int:
    """The position of the oldest stream record left under a table's name, 0 when there is none."""
    with closing(_open(path)) as database:
        return int(database.execute(_FIRST, (table,)).fetchone()[0])


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
