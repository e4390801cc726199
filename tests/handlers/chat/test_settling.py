import pytest

from handlers.chat.settling import until_settled


def test_the_first_result_counts() -> None:
    results = iter([None, None, "done", "too late"])
    assert until_settled(lambda: next(results)) == "done"


def test_it_does_not_go_on_for_ever() -> None:
    with pytest.raises(RuntimeError):
        until_settled(lambda: None)
