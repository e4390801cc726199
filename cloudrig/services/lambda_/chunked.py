"""HTTP/1.1 bodies in chunks, decoded as they come: RFC 9112, section 7.1."""

from __future__ import annotations

_MAX_LINE_BYTES = 256 * 1024
"""Longest chunk head or trailer: errors of functions travel in trailers."""


class BadChunk(ValueError):
    """What was received is no chunk."""


class ChunkedBody:
    """One body. `feed` gives its data; when `ended`, `trailers` are complete and `rest` is what followed it."""

    def __init__(self) -> None:
        self.ended = False
        self.trailers: dict[str, str] = {}
        self._received = bytearray()
        self._left = 0
        self._in_trailers = False

    @property
    def rest(self) -> bytes:
        return bytes(self._received)

    def feed(self, received: bytes) -> bytes:
        """Take bytes in and give the data that they complete. Raises BadChunk."""
        self._received += received
        data = bytearray()
        while not self.ended and self._step(data):
            pass
        return bytes(data)

    def _step(self, data: bytearray) -> bool:
        """Take one part; False where it has not all arrived."""
        if self._left > 2:  # the line feed after a chunk's data is counted as part of it
            taken = self._received[: self._left - 2]
            if not taken:
                return False
            data += taken
            del self._received[: len(taken)]
            self._left -= len(taken)
            return True
        if self._left:
            if len(self._received) < 2:
                return False
            del self._received[:2]
            self._left = 0
            return True
        return self._take_line()

    def _take_line(self) -> bool:
        end = self._received.find(b"\r\n")
        if end < 0:
            if len(self._received) > _MAX_LINE_BYTES:
                raise BadChunk("a line without an end")
            return False
        line = bytes(self._received[:end])
        del self._received[: end + 2]
        if self._in_trailers:
            self._take_trailer(line)
        else:
            self._begin_chunk(line)
        return True

    def _begin_chunk(self, line: bytes) -> None:
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise BadChunk("a chunk without a size") from None
        if size < 0:
            raise BadChunk("a chunk of a negative size")
        self._in_trailers = size == 0
        self._left = size + 2 if size else 0

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self.ended = True
            return
        name, _, value = line.decode("latin-1").partition(":")
        self.trailers[name.strip().lower()] = value.strip()
