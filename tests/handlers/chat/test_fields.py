import pytest

from handlers.chat.errors import BadRequest, TooLong
from handlers.chat.fields import optional_string, string, whole_number


def test_strings_count_code_points() -> None:
    assert string({"a": "😀" * 4}, "a", max_chars=4) == "😀" * 4
    with pytest.raises(TooLong):
        string({"a": "😀" * 5}, "a", max_chars=4)


@pytest.mark.parametrize("value", [None, 7, True, [], {}, "", "\ud800"])
def test_what_is_no_string_of_characters_is_refused(value: object) -> None:
    with pytest.raises(BadRequest):
        string({"a": value}, "a", min_chars=1)


def test_a_missing_field_is_refused_unless_it_has_a_default() -> None:
    assert string({}, "a", default="x") == "x"
    assert optional_string({}, "a", max_chars=1) is None
    with pytest.raises(BadRequest):
        string({}, "a")


def test_null_is_not_missing() -> None:
    with pytest.raises(BadRequest):
        string({"a": None}, "a", default="x")
    with pytest.raises(BadRequest):
        optional_string({"a": None}, "a", max_chars=1)


@pytest.mark.parametrize("value", [0, 101, 1.0, True, "5", None, float("inf")])
def test_what_is_no_whole_number_in_range_is_refused(value: object) -> None:
    with pytest.raises(BadRequest):
        whole_number({"n": value}, "n", low=1, high=100, default=50)


def test_whole_numbers_in_range_are_taken() -> None:
    assert [whole_number({"n": n}, "n", low=1, high=100, default=50) for n in (1, 100)] == [1, 100]
    assert whole_number({}, "n", low=1, high=100, default=50) == 50
