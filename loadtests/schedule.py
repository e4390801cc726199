"""When a speaker speaks, and how a load's message carries that time to whoever hears it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

_MARK = "load"


@dataclass(frozen=True)
class Speech:
    """One message of a load.

    Attributes:
        run: tells loads apart that meet in one lobby.
        speaker: who says it.
        number: the how many-th of theirs it is.
        due_at: when it was to be sent, in epoch seconds; what its latencies are counted from.
    """

    run: str
    speaker: str
    number: int
    due_at: float

    @property
    def key(self) -> str:
        """Its identity, which serves as `requestId`."""
        return f"{self.speaker}/{self.number}"

    def text(self, chars: int) -> str:
        """What is said: all of the above, filled up to at least so many characters."""
        return f"{_MARK}|{self.run}|{self.speaker}|{self.number}|{self.due_at:.6f}|".ljust(chars, ".")

    @classmethod
    def of_text(cls, text: str) -> Speech | None:
        """What a text carries; None if it is no load's."""
        match text.split("|"):
            case [mark, run, speaker, number, due_at, _] if mark == _MARK:
                return cls(run, speaker, int(number), float(due_at))
        return None


def dues(start_at: float, rate_per_s: float, phase: float) -> Iterator[float]:
    """The times at which one speaker speaks: evenly, beginning `phase` (0-1) of an interval after `start_at`. With a
    phase of its own for each, many speakers make an even stream.
    """
    return (start_at + (phase + number) / rate_per_s for number in count())
