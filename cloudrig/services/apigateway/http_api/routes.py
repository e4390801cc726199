"""Which route of an HTTP API a request is for.

In this order: a full match of method and path, a match with a greedy variable, `$default`. Of several full matches the
one with more literal parts from the left wins, then the one with a method of its own over `ANY`.
Source: AG `http-api-develop-routes.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

DEFAULT = "$default"


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Keyed)


@dataclass(slots=True)
class _Node(Generic[R]):
    """A part of paths and what follows it. `full` and `greedy` are routes by method, as (route, names of variables)."""

    literals: dict[str, _Node[R]] = field(default_factory=dict)
    variable: _Node[R] | None = None
    full: dict[str, tuple[R, tuple[str, ...]]] = field(default_factory=dict)
    greedy: dict[str, tuple[R, tuple[str, ...]]] = field(default_factory=dict)


class RouteTable(Generic[R]):
    """The routes of a deployment, by their keys."""

    def __init__(self, routes: Iterable[R]) -> None:
        self._root: _Node[R] = _Node()
        self._default: R | None = None
        for route in routes:
            self._add(route)

    def _add(self, route: R) -> None:
        if route.key == DEFAULT:
            self._default = route
            return
        method, _, path = route.key.partition(" ")
        names: list[str] = []
        node = self._root
        for part in path[1:].split("/"):
            if part.endswith("+}"):
                node.greedy.setdefault(method, (route, (*names, part[1:-2])))
                return
            if part.startswith("{") and part.endswith("}"):
                names.append(part[1:-1])
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literals.setdefault(part, _Node())
        node.full.setdefault(method, (route, tuple(names)))

    def match(self, method: str, path: str) -> tuple[R, Mapping[str, str]] | None:
        """The route for a method and a raw path (from its `/`), and its path parameters, percent-decoded."""
        parts = path[1:].split("/")
        found = _full(self._root, parts, 0, (), method) or _greedy(self._root, parts, 0, (), method)
        if found is not None:
            return found
        return (self._default, {}) if self._default is not None else None


def _full(
    node: _Node[R], parts: list[str], at: int, values: tuple[str, ...], method: str
) -> tuple[R, Mapping[str, str]] | None:
    if at == len(parts):
        return _chosen(node.full, values, method)
    literal = node.literals.get(unquote(parts[at]))
    found = _full(literal, parts, at + 1, values, method) if literal is not None else None
    if found is None and node.variable is not None and parts[at]:
        found = _full(node.variable, parts, at + 1, (*values, unquote(parts[at])), method)
    return found


def _greedy(
    node: _Node[R], parts: list[str], at: int, values: tuple[str, ...], method: str
) -> tuple[R, Mapping[str, str]] | None:
    """The deepest greedy variable that takes one part or more."""
    if at == len(parts):
        return None
    literal = node.literals.get(unquote(parts[at]))
    found = _greedy(literal, parts, at + 1, values, method) if literal is not None else None
    if found is None and node.variable is not None and parts[at]:
        found = _greedy(node.variable, parts, at + 1, (*values, unquote(parts[at])), method)
    rest = unquote("/".join(parts[at:]))
    if found is None and rest:
        found = _chosen(node.greedy, (*values, rest), method)
    return found


def _chosen(
    routes: Mapping[str, tuple[R, tuple[str, ...]]], values: tuple[str, ...], method: str
) -> tuple[R, Mapping[str, str]] | None:
    found = routes.get(method) or routes.get("ANY")
    return (found[0], dict(zip(found[1], values, strict=True))) if found is not None else None
