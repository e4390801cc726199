"""Patch operations, by which every v1 resource is updated.

A resource type has a table from path patterns to rules. A pattern's `*`, or `<name>` where AWS shows one, stands for
one segment, decoded (`~1` is `/`, `~0` is `~`) and handed to the rule. All operations of a request are applied to a
copy, so that a refused one leaves nothing behind.
Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html; texts: LocalStack's AWS snapshots.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException


@dataclass(frozen=True, slots=True)
class Patch:
    """One operation on one path of a document; `keys` are the segments that stood for `*`, `source` is `from`."""

    op: str
    path: str
    value: str | None
    keys: tuple[str, ...] = ()
    source: str | None = None

    @property
    def key(self) -> str:
        return self.keys[0]


Apply = Callable[[Members, Patch], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which operations a path takes, and what they do to the document."""

    apply: Apply
    ops: tuple[str, ...] = ("replace",)


class PatchTable:
    """The rules of one resource type."""

    def __init__(self, rules: Mapping[str, Rule], *, listing: bool = False) -> None:
        """`listing`: whether errors of this type list what is allowed; AWS has both forms."""
        self._rules = [(pattern.split("/"), rule) for pattern, rule in rules.items()]
        self._listing = listing

    def apply(self, document: Members, operations: Sequence[Members] | None) -> Members:
        """A changed copy of the document. Raises BadRequestException, NotFoundException."""
        changed = copy.deepcopy(document)
        for operation in operations or ():
            patch, rule = self._find(operation)
            if patch.op not in rule.ops:
                raise self._unsupported(patch, rule)
            rule.apply(changed, patch)
        return changed

    def _find(self, operation: Members) -> tuple[Patch, Rule]:
        op, path, value = operation.get("op", ""), operation.get("path"), operation.get("value")
        segments = [segment.replace("~1", "/").replace("~0", "~") for segment in path.split("/")] if path else []
        for pattern, rule in self._rules:
            keys = _match(pattern, segments)
            if keys is not None:
                return Patch(op, path or "", value, keys, operation.get("from")), rule
        raise self._unknown(op, "null" if path is None else path)

    def _unknown(self, op: str, path: str) -> BadRequestException:
        if not self._listing:
            return BadRequestException(f"Invalid patch path {path}")
        allowed = ["/".join(pattern) for pattern, rule in self._rules if op in rule.ops]
        advice = f"Must be one of: [{', '.join(allowed)}]" if allowed else "Please choose supported operations"
        return BadRequestException(f"Invalid patch path  '{path}' specified for op '{op}'. {advice}")

    def _unsupported(self, patch: Patch, rule: Rule) -> BadRequestException:
        if self._listing:
            return self._unknown(patch.op, patch.path)
        return BadRequestException(f"Invalid patch operation specified. Must be one of: [{', '.join(rule.ops)}]")


def _match(pattern: list[str], segments: list[str]) -> tuple[str, ...] | None:
    if len(pattern) != len(segments):
        return None
    pairs = list(zip(pattern, segments, strict=True))
    if any(expected != given and not _is_any(expected) for expected, given in pairs):
        return None
    return tuple(given for expected, given in pairs if _is_any(expected))


def _is_any(expected: str) -> bool:
    return expected == "*" or expected.startswith("<")


# --- rules ----------------------------------------------------------------------------------------------------------


def text(member: str, *, ops: tuple[str, ...] = ("replace",)) -> Rule:
    """A string member; removing it, or replacing it by nothing, leaves it out."""
    return converted(member, str, ops=ops)


def boolean(member: str) -> Rule:
    """A boolean member; what is not `true` is false, as AWS reads it."""

    def apply(document: Members, patch: Patch) -> None:
        document[member] = (patch.value or "").lower() == "true"

    return Rule(apply)


def converted(
    member: str, convert: Callable[[str], Any], *, ops: tuple[str, ...] = ("replace",), clearable: bool = True
) -> Rule:
    """A member whose text is read by `convert`, which raises BadRequestException or ValueError.

    `clearable`: whether an empty value leaves the member out; `convert` sees it otherwise.
    """

    def apply(document: Members, patch: Patch) -> None:
        if patch.op == "remove" or (clearable and not patch.value):
            document.pop(member, None)
            return
        try:
            document[member] = convert(patch.value or "")
        except ValueError:
            raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None

    return Rule(apply, ops)


def refused(refuse: Callable[[], Exception], *, unless: frozenset[str | None] = frozenset()) -> Rule:
    """A path whose setting is not built: only values of `unless`, which mean that it stays off, pass."""

    def apply(document: Members, patch: Patch) -> None:
        if patch.op != "remove" and patch.value not in unless:
            raise refuse()

    return Rule(apply, ("add", "replace", "remove"))


def set_member(member: str) -> Rule:
    """A list without repetitions whose items are named in the path: `/binaryMediaTypes/image~1png`."""

    def apply(document: Members, patch: Patch) -> None:
        items = [item for item in document.get(member, ()) if item != patch.key]
        if patch.op != "remove":
            items.append(patch.value if patch.op == "replace" and patch.value else patch.key)
        document[member] = items
        if not items:
            del document[member]

    return Rule(apply, ("add", "replace", "remove"))


def set_value(member: str) -> Rule:
    """A list without repetitions whose items are the operations' values: `/providerARNs`, as Terraform writes it."""

    def apply(document: Members, patch: Patch) -> None:
        items = [item for item in document.get(member, ()) if item != patch.value]
        document[member] = items + ([patch.value] if patch.op == "add" else [])

    return Rule(apply, ("add", "remove"))


def map_entry(
    member: str,
    convert: Callable[[str | None], Any],
    *,
    missing: str | None = None,
    keep_empty: bool = False,
) -> Rule:
    """An entry of a map: `/variables/name`.

    `missing`: the NotFoundException's text when `replace` or `remove` names an entry that is not there; None permits.
    `keep_empty`: whether the map stays in the document without entries.
    """

    def apply(document: Members, patch: Patch) -> None:
        entries = dict(document.get(member) or {})
        if missing is not None and patch.op != "add" and patch.key not in entries:
            raise NotFoundException(missing)
        if patch.op == "remove":
            entries.pop(patch.key, None)
        else:
            entries[patch.key] = convert(patch.value)
        document[member] = entries
        if not entries and not keep_empty:
            del document[member]

    return Rule(apply, ("add", "replace", "remove"))
