"""Checks operation input against the constraints of the service model, in the words AWS uses.

The text is that of the services generated from Smithy: `N validation errors detected: Value 'x' at 'functionName'
failed to satisfy constraint: Member must …` (captured from Lambda in LocalStack's AWS-validated snapshots). REST APIs
of API Gateway have a way of their own, recorded in the same place.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

_NESTED = (StructureShape, ListShape, MapShape)


class Constraints:
    """Finds what is broken, and words it."""

    def __init__(self, *, older: bool = False, hashed: bool = False, unchecked: Collection[str] = ()) -> None:
        """`older`: as API Gateway's REST APIs have it. Members of the body are named `createRestApiInput.name` and come
        before those of the URI, items are not said to be non-null, and enum values are `hashed`: they stand in the
        order of a Java hash set, as Lambda's do, too (recorded in LocalStack's AWS-validated snapshots).
        `unchecked` are members of operations whose constraints the service checks itself.
        """
        self._older = older
        self._hashed = hashed or older
        self._unchecked = unchecked

    def violations(self, operation: OperationModel, members: dict[str, Any]) -> str | None:
        """One sentence naming every broken constraint, or None."""
        if operation.input_shape is None:
            return None
        checked = {name: value for name, value in members.items() if name not in self._unchecked}
        found = list(self._check_input(operation, operation.input_shape, checked))
        if not found:
            return None
        noun = "error" if len(found) == 1 else "errors"
        return f"{len(found)} validation {noun} detected: " + "; ".join(found)

    def _check_input(self, operation: OperationModel, shape: StructureShape, members: dict[str, Any]) -> Iterator[str]:
        if not self._older:
            yield from self._check_members(shape, list(shape.members), members, "")
            return
        in_body = [name for name, member in shape.members.items() if "location" not in member.serialization]
        yield from self._check_members(shape, in_body, members, _join("", operation.name) + "Input")
        yield from self._check_members(shape, [name for name in shape.members if name not in in_body], members, "")

    def _check(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        if isinstance(shape, StructureShape):
            yield from self._check_members(shape, list(shape.members), value, path)
        elif isinstance(shape, ListShape):
            yield from self._check_list(shape, value, path)
        elif isinstance(shape, MapShape):
            yield from self._check_map(shape, value, path)
        else:
            yield from self._check_scalar(shape, value, path)

    def _check_members(self, shape: StructureShape, names: Sequence[str], value: Any, path: str) -> Iterator[str]:
        for name in shape.required_members:
            if name in names and value.get(name) is None:
                yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name in names:
            if value.get(name) is not None:
                yield from self._check(shape.members[name], value[name], _join(path, name))

    def _check_list(self, shape: ListShape, value: Any, path: str) -> Iterator[str]:
        """Scalar items are answered together, with all the constraints there are, whichever is broken."""
        shown = f"[{', '.join(map(str, value))}]"
        yield from _check_range(shape, len(value), shown, path, "length")
        if isinstance(shape.member, _NESTED):
            for index, item in enumerate(value):
                yield from self._check(shape.member, item, f"{path}.{index + 1}.member")
        elif any(found for item in value for found in self._check(shape.member, item, path)):
            yield self._broken_items(f" '{shown}'", path, "Member", shape.member)

    def _check_map(self, shape: MapShape, value: Any, path: str) -> Iterator[str]:
        """Keys and values likewise."""
        shown = "" if _is_secret(shape) else f" '{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
        if any(found for key in value for found in self._check(shape.key, key, path)):
            yield self._broken_items(shown, path, "Map keys", shape.key)
        if isinstance(shape.value, _NESTED):
            for item in value.values():
                yield from self._check(shape.value, item, f"{path}.member")
        elif any(found for item in value.values() for found in self._check(shape.value, item, path)):
            yield self._broken_items(shown, path, "Map value", shape.value)

    def _broken_items(self, shown: str, path: str, what: str, member: Shape) -> str:
        constraints = [*self._constraints(member), *([] if self._older else ["Member must not be null"])]
        return (
            f"Value{shown} at '{path}' failed to satisfy constraint: "
            f"{what} must satisfy constraint: [{', '.join(constraints)}]"
        )

    def _constraints(self, shape: Shape) -> Iterator[str]:
        what = "length" if shape.type_name == "string" else "value"
        for name, word in (("max", "less"), ("min", "greater")):
            if name in shape.metadata:
                yield f"Member must have {what} {word} than or equal to {shape.metadata[name]}"
        if "pattern" in shape.metadata:
            yield f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"
        if shape.metadata.get("enum"):
            yield self._enum(shape)

    def _enum(self, shape: Shape) -> str:
        values = list(shape.metadata["enum"])
        if self._hashed:
            values.reverse()
            values.sort(key=_java_bucket)
        return f"Member must satisfy enum value set: [{', '.join(values)}]"

    def _check_scalar(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            yield _broken(value, path, self._enum(shape))
        pattern = shape.metadata.get("pattern")
        if pattern and isinstance(value, str) and not _matches(pattern, value):
            yield _broken(value, path, f"Member must satisfy regular expression pattern: {pattern}")
        if isinstance(value, str):
            yield from _check_range(shape, len(value), value, path, "length")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _check_range(shape, value, value, path, "value")


SMITHY = Constraints()


def _java_bucket(value: str) -> int:
    """Where a Java hash set of 32 buckets keeps a string, the latest first: all ten orders recorded agree with it."""
    return java_hash(value) % 32


def java_hash(value: str) -> int:
    """`String.hashCode`, as an unsigned number."""
    return functools.reduce(lambda so_far, letter: so_far * 31 + ord(letter), value, 0) % 2**32


def _is_secret(shape: MapShape) -> bool:
    return any(part.metadata.get("sensitive") for part in (shape, shape.key, shape.value))


def _check_range(shape: Shape, size: float, value: Any, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    suffix = " {} than or equal to {}"
    if least is not None and size < least:
        yield _broken(value, path, f"Member must have {what}" + suffix.format("greater", least))
    if most is not None and size > most:
        yield _broken(value, path, f"Member must have {what}" + suffix.format("less", most))


def _broken(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:  # a Java construct that Python's engine lacks: the constraint cannot be checked here
        return None


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None
