"""References between resources: `${kind.name.attribute}` inside any text of a declaration.

`${function.signup.arn}` stands for the attribute `arn` of the function `signup`, `${aws.account}` and `${aws.region}`
for where the stack is deployed. A reference is replaced as soon as its value is known and stays as it is until then, so
that a plan can be made, and shown, before anything exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

Facts = Mapping[str, str]
"""What is known: reference (without `${}`) to value."""

T = TypeVar("T")
_REFERENCE = re.compile(r"\$\{((?:aws|[\w-]+\.[\w-]+)\.\w+)\}")


def known(text: str) -> bool:
    """Does the text hold no reference that is still open?"""
    return not _REFERENCE.search(text)


def referenced(value: object) -> frozenset[str]:
    """The keys (`kind.name`) of all resources that a declared value refers to."""
    names = (name for text in _texts(value) for name in _REFERENCE.findall(text))
    return frozenset(name.rpartition(".")[0] for name in names if not name.startswith("aws."))


def resolve(value: T, facts: Facts) -> T:
    """The same value, each reference replaced that `facts` knows, also inside dataclasses, lists, tuples, mappings."""
    return cast(T, _resolve(value, facts))


def _resolve(value: object, facts: Facts) -> object:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: facts.get(match[1], match[0]), value)
    if isinstance(value, tuple | list):
        return type(value)(_resolve(item, facts) for item in value)
    if isinstance(value, Mapping):
        return {key: _resolve(item, facts) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _resolve(getattr(value, field.name), facts) for field in fields(value)})
    return value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.values()))
    elif is_dataclass(value):
        yield from _texts(tuple(getattr(value, field.name) for field in fields(value)))
