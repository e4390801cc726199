from hypothesis import given
from hypothesis import strategies as st

from handlers.chat import ulid
from handlers.chat.ulid import Ulids


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2))
def test_ids_sort_in_the_order_made_whatever_the_clock_does(clock_ms: list[int]) -> None:
    ulids = Ulids()
    made = [ulids.next(now_ms) for now_ms in clock_ms]
    assert made == sorted(set(made))


@given(st.integers(0, 2**48 - 1))
def test_an_id_tells_its_millisecond(now_ms: int) -> None:
    made = Ulids().next(now_ms)
    assert ulid.is_valid(made)
    assert ulid.timestamp_ms(made) == now_ms


def test_ids_of_two_environments_sort_by_time() -> None:
    assert Ulids().next(1_795_161_841_000) < Ulids().next(1_795_161_841_001)


def test_other_strings_are_no_ids() -> None:
    made = Ulids().next(1)
    for other in ("", made[:-1], made + "0", made.lower() + "x", "I" * 26, "8" + "0" * 25, made + "\n"):
        assert not ulid.is_valid(other)
