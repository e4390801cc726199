"""What one account and region must remember beside dynoxide's file, and how it is kept.

dynoxide's tables record both images whatever the user declared; the declaration is here, and with it the streams of a
table, each with its own label and its stretch of the table's positions. The file is small and written as a whole.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.errors import InternalServerError

_FIRST_SEQUENCE = 10**20
"""Sequence numbers have at least 21 digits; constant length makes them sort as text."""


def sequence_number(position: int) -> str:
    """The sequence number of the record at a position of dynoxide's count."""
    return str(_FIRST_SEQUENCE + position)


def position_of(sequence: str) -> int:
    """Raises ValueError for what is no number; may lie outside every stream."""
    return int(sequence) - _FIRST_SEQUENCE


@dataclass
class Stream:
    """A stream that a table has, or had until it was switched off.

    Its records are those at positions after `start`, up to `end` once it is switched off. `view` is the declared
    StreamViewType. `label` is a time with milliseconds, `created_at` seconds since the epoch.
    """

    table: str
    label: str
    view: str
    start: int
    created_at: float
    end: int | None = None
    closed_at: float | None = None

    @classmethod
    def begin(cls, table: str, view: str, start: int, now: float) -> Stream:
        label = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return cls(table, label, view, start, now)

    def arn(self, scope: Scope) -> str:
        return scope.arn("dynamodb", f"table/{self.table}/stream/{self.label}")

    @property
    def shard_id(self) -> str:
        """The one shard of the stream: 20 digits and 8 hex digits, as AWS's."""
        return f"shardId-{int(self.created_at * 1000):020d}-{zlib.crc32(f'{self.table}/{self.label}'.encode()):08x}"


@dataclass
class Remembered:
    """The contents of the file.

    `backups`: tables with point-in-time recovery → since when (epoch seconds). `service_removals`: per table, the
    positions of stream records that TTL caused, which dynoxide cannot tell from a user's deletes.
    """

    streams: list[Stream] = field(default_factory=list)
    backups: dict[str, float] = field(default_factory=dict)
    service_removals: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Remembered:
        if not path.exists():
            return cls()
        try:
            content = json.loads(path.read_text())
            return cls(
                [Stream(**stream) for stream in content["streams"]],
                content["backups"],
                {table: set(positions) for table, positions in content["service_removals"].items()},
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InternalServerError(
                f"{path} is damaged ({error}); remove it: tables keep their items and lose their streams"
            ) from None

    def text(self) -> str:
        return json.dumps(
            {
                "streams": [asdict(stream) for stream in self.streams],
                "backups": self.backups,
                "service_removals": {table: sorted(positions) for table, positions in self.service_removals.items()},
            },
            indent=1,
        )

    def forget(self, table: str) -> None:
        """Drop everything about a table that is no more."""
        self.streams = [stream for stream in self.streams if stream.table != table]
        self.backups.pop(table, None)
        self.service_removals.pop(table, None)

    def keep_only(self, tables: Collection[str]) -> None:
        """Drop what belongs to other tables: the rig died before it noted their end."""
        known = {stream.table for stream in self.streams} | set(self.backups) | set(self.service_removals)
        for table in known.difference(tables):
            self.forget(table)

    def drop_removals(self, table: str, before: int) -> None:
        """Drop the positions of records that are no more."""
        known = self.service_removals.get(table, set())
        self.service_removals[table] = {position for position in known if position >= before}

    def enabled_stream(self, table: str) -> Stream | None:
        return next((stream for stream in self.streams if stream.table == table and stream.end is None), None)

    def latest_stream(self, table: str) -> Stream | None:
        """The table's enabled stream, or the last one it had."""
        return next((stream for stream in reversed(self.streams) if stream.table == table), None)


def replace_file(path: Path, text: str) -> None:
    """Write a file so that it is either the old or the new one, whenever the rig dies. Blocks."""
    scratch = path.with_suffix(path.suffix + ".new")
    scratch.write_text(text)
    scratch.replace(path)
