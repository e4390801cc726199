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


def dues(
    start_at: float, rate_per_s: float, phase: float, spike: tuple[float, float, float] | None = None
) -> Iterator[float]:
    """The times at which one speaker speaks: evenly, beginning `phase` (0-1) of an interval after `start_at`. With a
    phase of its own for each, many speakers make an even stream.

    Args:
        spike: from when on (seconds after the start), for how many seconds, how many times as often.
    """
    if rate_per_s <= 0:
        return iter(())
    after_s, length_s, factor = spike or (0.0, 0.0, 1.0)
    return (start_at + _stretched((phase + number) / rate_per_s, after_s, length_s, factor) for number in count())


def _stretched(even_s: float, after_s: float, length_s: float, factor: float) -> float:
    """Where on the clock the moment lies by which an even speaker would have said as much after `even_s`."""
    if even_s <= after_s:
        return even_s
    if even_s <= after_s + length_s * factor:
        return after_s + (even_s - after_s) / factor
    return even_s - length_s * (factor - 1)
