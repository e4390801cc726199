"""Checks operation input against the constraints of the service model, in the words AWS uses.

The text is that of the services generated from Smithy: `N validation errors detected: Value 'x' at 'functionName'
failed to satisfy constraint: Member must …` (captured from Lambda in LocalStack's AWS-validated snapshots).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def violations(shape: Shape | None, members: dict[str, Any]) -> str | None:
    """One sentence naming every broken constraint, or None."""
    if shape is None:
        return None
    found = list(_check(shape, members, ""))
    if not found:
        return None
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: " + "; ".join(found)


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _check_range(shape, len(value), value, path, "length")
        for index, item in enumerate(value):
            yield from _check(shape.member, item, f"{path}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        yield from _check_map(shape, value, path)
    else:
        yield from _check_scalar(shape, value, path)


def _check_structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _check(member, value[name], _join(path, name))


def _check_map(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    """Keys and values are each answered with all the constraints there are, whichever is broken."""
    if any(found for key in value for found in _check(shape.key, key, path)):
        yield _broken_map(shape, value, path, "Map keys", shape.key)
    if isinstance(shape.value, StructureShape | ListShape | MapShape):
        for item in value.values():
            yield from _check(shape.value, item, f"{path}.member")
    elif any(found for item in value.values() for found in _check(shape.value, item, path)):
        yield _broken_map(shape, value, path, "Map value", shape.value)


def _broken_map(shape: MapShape, value: Any, path: str, what: str, member: Shape) -> str:
    shown = "" if _is_secret(shape) else f" '{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
    constraints = ", ".join([*_constraints(member), "Member must not be null"])
    return f"Value{shown} at '{path}' failed to satisfy constraint: {what} must satisfy constraint: [{constraints}]"


def _is_secret(shape: MapShape) -> bool:
    return any(part.metadata.get("sensitive") for part in (shape, shape.key, shape.value))


def _constraints(shape: Shape) -> Iterator[str]:
    what = "length" if shape.type_name == "string" else "value"
    for name, word in (("max", "less"), ("min", "greater")):
        if name in shape.metadata:
            yield f"Member must have {what} {word} than or equal to {shape.metadata[name]}"
    if "pattern" in shape.metadata:
        yield f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"


def _check_scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _broken(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not _matches(pattern, value):
        yield _broken(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if isinstance(value, str):
        yield from _check_range(shape, len(value), value, path, "length")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_range(shape, value, value, path, "value")


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
