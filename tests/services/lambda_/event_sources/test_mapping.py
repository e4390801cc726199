"""A checkpoint moves only behind records before which nothing is open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.lambda_.event_sources.mapping import Checkpoint


def read(checkpoint: Checkpoint, *numbers: str) -> list[str]:
    """Those of the records that there is something to do for."""
    return [number for number in numbers if checkpoint.read(number)]


def test_it_moves_in_the_order_of_the_shard() -> None:
    checkpoint = Checkpoint(None)
    assert read(checkpoint, "1", "2", "3", "4") == ["1", "2", "3", "4"]
    checkpoint.done(["3", "2"])
    assert (checkpoint.position, checkpoint.open) == (None, 4)
    checkpoint.done(["1"])
    assert (checkpoint.position, checkpoint.open) == ("3", 1)


def test_read_again_only_what_is_not_done_is_to_be_done() -> None:
    checkpoint = Checkpoint("0")
    read(checkpoint, "1", "2", "3")
    checkpoint.done(["2"])
    checkpoint.reopen()
    assert read(checkpoint, "1", "2", "3") == ["1", "3"]
    checkpoint.done(["1"])
    assert checkpoint.position == "2"
    checkpoint.done(["3"])
    assert (checkpoint.position, checkpoint.open) == ("3", 0)


@given(st.permutations(range(8)), st.integers(0, 8))
def test_whatever_the_order_and_the_interruption(order: list[int], interrupted: int) -> None:
    """Every record is to be done until it is done, and the position ends behind the last."""
    numbers = [str(number) for number in range(8)]
    checkpoint = Checkpoint(None)
    read(checkpoint, *numbers)
    done = {numbers[index] for index in order[:interrupted]}
    checkpoint.done(done)
    behind = numbers.index(checkpoint.position) + 1 if checkpoint.position else 0
    assert set(numbers[:behind]) <= done
    checkpoint.reopen()
    left = read(checkpoint, *numbers[behind:])
    assert set(left) == set(numbers) - done
    checkpoint.done([])
    checkpoint.done(left)
    assert (checkpoint.position, checkpoint.open) == ("7", 0)
