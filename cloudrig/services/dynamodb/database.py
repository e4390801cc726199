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
ITEM_OVERHEAD_BYTES = 100
"""Billed for each item, in the table and in each index:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
_STORED = f'SELECT COALESCE(SUM(item_size + {ITEM_OVERHEAD_BYTES}), 0) FROM "%s"'  # noqa: S608
_INDEXED = f"""
SELECT COALESCE(SUM(item_size + {ITEM_OVERHEAD_BYTES}), 0) FROM "%s" AS entry
    JOIN "%s" AS item ON item.pk = entry.table_pk AND item.sk = entry.table_sk"""  # noqa: S608
_INDEXES = "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE ? OR name LIKE ?)"
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


def stored_bytes(path: Path) -> dict[str, tuple[int, int]]:
    """Of each table, what its items and what its indexes take, as AWS bills for it.

    An item in an index counts as whole as in the table, also where less of it is projected.
    """
    found = {}
    with closing(_open(path)) as database:
        for (table,) in database.execute("SELECT table_name FROM _tables").fetchall():
            items = int(database.execute(_STORED % table).fetchone()[0])
            indexes = database.execute(_INDEXES, (f"{table}::gsi::%", f"{table}::lsi::%")).fetchall()
            indexed = sum(int(database.execute(_INDEXED % (name, table)).fetchone()[0]) for (name,) in indexes)
            found[table] = items, indexed
    return found


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
