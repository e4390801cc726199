"""Which route a request is for (AG `http-api-develop-routes.html`)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cloudrig.services.apigateway.http_api.routes import RouteTable


@dataclass(frozen=True)
class Route:
    key: str


GUIDE = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


def match(keys: tuple[str, ...], method: str, path: str) -> tuple[str, dict[str, str]] | None:
    found = RouteTable(map(Route, keys)).match(method, path)
    return (found[0].key, dict(found[1])) if found is not None else None


@pytest.mark.parametrize(
    ("request_line", "key", "parameters"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1", {}),
        ("GET /pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET /pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST /test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("POST /", "$default", {}),
    ],
)
def test_the_guides_examples(request_line: str, key: str, parameters: dict[str, str]) -> None:
    method, path = request_line.split()
    assert match(GUIDE, method, path) == (key, parameters)


def test_a_full_match_wins_over_a_deeper_greedy_one() -> None:
    assert match(("GET /a/b/{proxy+}", "GET /a/{x}/c"), "GET", "/a/b/c") == ("GET /a/{x}/c", {"x": "b"})


def test_a_method_of_its_own_wins_over_any() -> None:
    keys = ("ANY /a", "GET /a")
    assert match(keys, "GET", "/a") == ("GET /a", {})
    assert match(keys, "PUT", "/a") == ("ANY /a", {})


def test_where_the_method_is_missing_it_looks_further() -> None:
    assert match(("GET /a", "ANY /{proxy+}"), "POST", "/a") == ("ANY /{proxy+}", {"proxy": "a"})


def test_no_route() -> None:
    assert match(("GET /a",), "GET", "/b") is None
    assert match(("GET /a",), "GET", "/a/") is None
    assert match(("GET /a/{x}",), "GET", "/a/") is None
    assert match(("ANY /{proxy+}",), "GET", "/") is None


def test_parameters_are_decoded() -> None:
    """AG: URL-encoded request parameters are decoded before they get to the integration."""
    assert match(("GET /a/{x}",), "GET", "/a/b%20c") == ("GET /a/{x}", {"x": "b c"})
    assert match(("GET /a/{x+}",), "GET", "/a/b%20c/d") == ("GET /a/{x+}", {"x": "b c/d"})
