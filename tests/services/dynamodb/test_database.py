from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from cloudrig.services.dynamodb import database
from tests.services.dynamodb.conftest import Api, Running

COLUMNS = "table_name, event_name, keys_json, sequence_number, shard_id, created_at"


def _filled(path: Path) -> None:
    """dynoxide 1.2.1's table of stream records, with some."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE _stream_records (id INTEGER PRIMARY KEY AUTOINCREMENT, table_name TEXT, event_name TEXT, "
            "keys_json TEXT, new_image TEXT, old_image TEXT, sequence_number TEXT, shard_id TEXT, created_at INTEGER)"
        )
        rows = [("a", str(number), 1000 + number) for number in range(1, 13)] + [("b", "5", 10)]
        for table, number, at in rows:
            connection.execute(
                f"INSERT INTO _stream_records ({COLUMNS}) VALUES (?, 'INSERT', '{{}}', ?, 's', ?)", (table, number, at)
            )


def _numbers(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT table_name, sequence_number FROM _stream_records ORDER BY id").fetchall()


def test_trims_the_old_but_never_the_newest_of_a_table(tmp_path: Path) -> None:
    """dynoxide numbers on from the greatest number it finds; without one it would begin again at 1."""
    path = tmp_path / "a.sqlite"
    _filled(path)
    database.prepare(path, keep_since=1010)
    database.prepare(path, keep_since=1010)
    assert _numbers(path) == [("a", "10"), ("a", "11"), ("a", "12"), ("b", "5")]


def test_last_position_counts_as_numbers_do(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    _filled(path)
    assert database.last_position(path, "a") == 12
    assert database.last_position(path, "b") == 5
    assert database.last_position(path, "none") == 0


def test_numbering_and_reading_use_the_index(tmp_path: Path) -> None:
    """Without it every write to a streamed table reads the whole stream; the statements are dynoxide's own."""
    path = tmp_path / "a.sqlite"
    _filled(path)
    database.prepare(path, keep_since=0)
    number = "CAST(sequence_number AS INTEGER)"
    for statement in (
        f"SELECT COALESCE(MAX({number}), 0) + 1 FROM _stream_records WHERE table_name = 'a'",
        f"SELECT event_name FROM _stream_records WHERE table_name = 'a' AND shard_id = 's' AND {number} > 3 "
        f"ORDER BY {number} ASC LIMIT 10",
    ):
        with closing(sqlite3.connect(path)) as connection:
            (plan,) = connection.execute("EXPLAIN QUERY PLAN " + statement).fetchall()
        assert "SEARCH _stream_records USING INDEX cloudrig_stream_order" in plan[3]


async def test_dynoxide_takes_the_index_for_granted(running: Running, tmp_path: Path) -> None:
    """The real file has the table and columns this module counts on, and dynoxide works on with the index."""
    api: Api = await running.start()
    table = await api.table("KEYS_ONLY")
    for number in range(12):
        await api.put(table, f"{number}")
    assert len(await api.records(await api.stream_arn(table))) == 12
    path = tmp_path / "dynamodb" / "000000000000-us-east-1.sqlite"
    assert database.last_position(path, table) == 12
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'cloudrig_stream_order'").fetchone()
