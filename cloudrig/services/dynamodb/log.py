"""The newest records of one stream, in memory.

A window over the stream that dynoxide keeps in its file: what has left the window can be read from there again, so
an hour of load does not fill the memory.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from cloudrig.engine.interfaces import StreamRecord

RETENTION_S = 24 * 3600.0
WINDOW_BYTES = 16 * 1024 * 1024
"""Of the records' JSON."""


class Log:
    """Records in order of position. `floor` is the position after which every record is in the window."""

    def __init__(self, floor: int, window_bytes: int = WINDOW_BYTES) -> None:
        self.floor = floor
        self._window_bytes = window_bytes
        self._positions: list[int] = []
        self._records: list[StreamRecord] = []
        self._size = 0
        self._left: list[tuple[int, float]] = []

    def append(self, position: int, record: StreamRecord) -> None:
        self._positions.append(position)
        self._records.append(record)
        self._size += len(record.text)
        if self._size > self._window_bytes:
            self._evict()

    def after(self, position: int, limit: int) -> Sequence[StreamRecord]:
        """Up to `limit` records after a position, which must not lie below the floor."""
        first = bisect_right(self._positions, position)
        return self._records[first : first + limit]

    def written_at(self, position: int, otherwise: float) -> float:
        """When a record that left the window was written, by the rig's clock, which may be ahead of dynoxide's.

        Exact to the span of the records that left together; `otherwise` for records from before the rig started.
        """
        index = bisect_left(self._left, (position, 0.0))
        return max(self._left[index][1], otherwise) if index < len(self._left) else otherwise

    def _evict(self) -> None:
        """Let the oldest go until three quarters of the window are left (always keeping the newest record)."""
        count = 0
        while self._size > self._window_bytes * 3 // 4 and count < len(self._positions) - 1:
            self._size -= len(self._records[count].text)
            count += 1
        if count:
            self.floor = self._positions[count - 1]
            self._left.append((self.floor, self._records[count - 1].at))
            del self._positions[:count], self._records[:count]
