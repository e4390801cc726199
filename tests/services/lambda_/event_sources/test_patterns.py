"""Event patterns: EventBridge guide `eb-create-pattern-operators.html`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.lambda_.event_sources.patterns import InvalidPattern, compile_pattern


def matches(pattern: object, event: dict[str, Any]) -> bool:
    return compile_pattern(json.dumps(pattern))(event)


def leaf(alternative: object, value: object) -> bool:
    return matches({"a": [alternative]}, {"a": value})


@pytest.mark.parametrize(
    ("alternative", "value", "expected"),
    [
        ("x", "x", True),
        ("x", "X", False),
        ("", "", True),
        (10, 10.0, True),
        (10, "10", False),
        (1, True, False),
        (True, True, True),
        (None, None, True),
        (None, "", False),
        ({"prefix": "ab"}, "abc", True),
        ({"prefix": "ab"}, "ABC", False),
        ({"prefix": {"equals-ignore-case": "AB"}}, "abc", True),
        ({"prefix": "1"}, 10, False),
        ({"suffix": ".png"}, "a.png", True),
        ({"suffix": ".png"}, "a.PNG", False),
        ({"suffix": {"equals-ignore-case": ".png"}}, "a.PNG", True),
        ({"equals-ignore-case": "alice"}, "ALICE", True),
        ({"equals-ignore-case": "alice"}, "alices", False),
        ({"anything-but": "x"}, "y", True),
        ({"anything-but": "x"}, "x", False),
        ({"anything-but": ["x", "y"]}, "z", True),
        ({"anything-but": ["x", "y"]}, "y", False),
        ({"anything-but": 5}, 6, True),
        ({"anything-but": [5, 6]}, 6.0, False),
        ({"anything-but": [5, 6]}, "6", True),
        ({"anything-but": {"prefix": "us-"}}, "eu-west-1", True),
        ({"anything-but": {"prefix": ["us-", "eu-"]}}, "eu-west-1", False),
        ({"anything-but": {"suffix": ".png"}}, "a.png", False),
        ({"anything-but": {"suffix": [".png", ".gif"]}}, "a.jpg", True),
        ({"anything-but": {"equals-ignore-case": ["ok", "fine"]}}, "OK", False),
        ({"anything-but": {"equals-ignore-case": "ok"}}, "bad", True),
        ({"anything-but": {"wildcard": "*/lib/*"}}, "/usr/lib/x", False),
        ({"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}, "/usr/share/x", True),
        ({"numeric": [">", 0]}, 1, True),
        ({"numeric": [">", 0]}, 0, False),
        ({"numeric": [">=", 0, "<", 5]}, 0, True),
        ({"numeric": [">=", 0, "<", 5]}, 5, False),
        ({"numeric": ["=", 3.018e2]}, 301.8, True),
        ({"numeric": ["<=", 5]}, "4", False),
        ({"numeric": ["=", 1]}, True, False),
        ({"exists": True}, "x", True),
        ({"exists": True}, None, True),
        ({"exists": False}, "x", False),
        ({"wildcard": "a*z"}, "abcz", True),
        ({"wildcard": "a*z"}, "az", True),
        ({"wildcard": "a*z"}, "abc", False),
        ({"wildcard": "*"}, "", True),
        ({"wildcard": "a\\*b"}, "a*b", True),
        ({"wildcard": "a\\*b"}, "axb", False),
        ({"wildcard": "a\\\\*"}, "a\\b", True),
        ({"wildcard": "a.c"}, "abc", False),
        ({"cidr": "10.0.0.0/24"}, "10.0.0.255", True),
        ({"cidr": "10.0.0.0/24"}, "10.0.1.0", False),
        ({"cidr": "2001:db8::/32"}, "2001:db8::1", True),
        ({"cidr": "10.0.0.0/24"}, "no address", False),
        ("x", ["y", "x"], True),
        ("x", ["y"], False),
        ({"prefix": "b"}, ["a", ["bc"]], True),
        ("x", {"b": "x"}, False),
        ({"exists": True}, {"b": "x"}, False),
        ({"exists": False}, [], True),
    ],
)
def test_one_alternative(alternative: object, value: object, expected: bool) -> None:
    assert leaf(alternative, value) is expected


def test_alternatives_of_a_field_are_ors_and_fields_are_ands() -> None:
    pattern = {"a": ["x", {"prefix": "y"}], "b": {"c": [1]}}
    assert matches(pattern, {"a": "yes", "b": {"c": 1}, "more": 1})
    assert not matches(pattern, {"a": "yes", "b": {"c": 2}})
    assert not matches(pattern, {"a": "yes"})
    assert not matches(pattern, {"a": "yes", "b": "c"})


def test_or() -> None:
    pattern = {"kind": ["k"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]}
    assert matches(pattern, {"kind": "k", "a": 1})
    assert matches(pattern, {"kind": "k", "b": {"c": 2}})
    assert not matches(pattern, {"kind": "k", "a": 2})
    assert not matches(pattern, {"a": 1})
    nested = {"detail": {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}}
    assert matches(nested, {"detail": {"c": 3}})


def test_what_is_not_there() -> None:
    absent = {"a": {"b": [{"exists": False}]}}
    events: list[dict[str, Any]] = [{}, {"a": {}}, {"a": "text"}, {"a": {"b": {"c": 1}}}]
    for event in events:
        assert matches(absent, event)
    assert not matches(absent, {"a": {"b": None}})
    assert matches({"a": ["x", {"exists": False}]}, {})
    assert not matches({"a": [{"anything-but": "x"}]}, {}), "a field that is not there has no value to differ"
    assert not matches({"a": [None]}, {})


def test_one_object_of_an_array_must_match_whole() -> None:
    pattern = {"items": {"name": ["a"], "size": [2]}}
    assert matches(pattern, {"items": [{"name": "b", "size": 1}, {"name": "a", "size": 2}]})
    assert not matches(pattern, {"items": [{"name": "a", "size": 1}, {"name": "b", "size": 2}]})


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        [],
        "text",
        {"a": "x"},
        {"a": []},
        {"a": {}},
        {"a": [["x"]]},
        {"a": [{}]},
        {"a": [{"no-such": "x"}]},
        {"a": [{"prefix": "x", "suffix": "y"}]},
        {"a": [{"prefix": 1}]},
        {"a": [{"suffix": ["x"]}]},
        {"a": [{"equals-ignore-case": ["x"]}]},
        {"a": [{"exists": "true"}]},
        {"a": [{"numeric": []}]},
        {"a": [{"numeric": ["!=", 1]}]},
        {"a": [{"numeric": [">", "1"]}]},
        {"a": [{"numeric": [">", 1, "<"]}]},
        {"a": [{"numeric": ["<", 1, ">", 0]}]},
        {"a": [{"numeric": [">", 5, "<", 1]}]},
        {"a": [{"numeric": [">", 5e10]}]},
        {"a": [{"anything-but": []}]},
        {"a": [{"anything-but": ["x", 1]}]},
        {"a": [{"anything-but": {"numeric": [">", 1]}}]},
        {"a": [{"anything-but": {"prefix": ""}}]},
        {"a": [{"wildcard": "a**b"}]},
        {"a": [{"wildcard": "a\\b"}]},
        {"a": [{"cidr": "10.0.0/24"}]},
        {"$or": [{"a": [1]}]},
    ],
)
def test_what_is_no_pattern(pattern: object) -> None:
    with pytest.raises(InvalidPattern):
        compile_pattern(json.dumps(pattern))


@pytest.mark.parametrize("text", ["", "{", '{"eventName": ["INSERT"=123}', "single-string"])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(InvalidPattern):
        compile_pattern(text)
