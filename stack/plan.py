"""What a deployment would do, as data: the declaration against what was observed. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stack.references import Facts, resolve
from stack.resources import Aspects, Resource, Stack


@dataclass(frozen=True)
class Observed:
    """A resource as it is deployed.

    Attributes:
        aspects: what it is like, to be compared with `Resource.aspects()`.
        attributes: what others may refer to: `arn`, `name`, `id`, ….
    """

    aspects: Aspects
    attributes: Mapping[str, str] = field(default_factory=dict)


class Verb(StrEnum):
    """What is to be done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"


class Difference(StrEnum):
    """How an aspect differs from what is deployed."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


Changes = Mapping[str, Difference]


@dataclass(frozen=True)
class Action:
    """What is to be done with one resource, and why.

    Attributes:
        resource: with its references replaced as far as they are known.
        observed: what is there now, if anything.
        changes: by aspect; all of them when it is created.
    """

    verb: Verb
    resource: Resource
    observed: Observed | None = None
    changes: Changes = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """`code changed, environment changed`; empty where the verb says it all."""
        if self.verb is not Verb.UPDATE:
            return ""
        return ", ".join(f"{aspect} {difference}" for aspect, difference in self.changes.items())


@dataclass(frozen=True)
class Plan:
    """Actions in an order that works; `facts` is all that is known beforehand."""

    actions: tuple[Action, ...]
    facts: Facts

    def count(self, verb: Verb) -> int:
        """How many resources the verb is for."""
        return sum(action.verb is verb for action in self.actions)


def plan_deploy(stack: Stack, observed: Mapping[str, Observed], facts: Facts) -> Plan:
    """What brings the deployed resources to what is declared.

    Args:
        observed: by key, what exists.
        facts: the attributes of what exists and where it is deployed.
    """
    return Plan(tuple(decide(resource, observed.get(resource.key), facts) for resource in stack), facts)


def plan_destroy(stack: Stack, observed: Mapping[str, Observed], facts: Facts) -> Plan:
    """What removes everything that is declared, the last first."""
    actions = (
        Action(
            Verb.DELETE if resource.key in observed else Verb.UNCHANGED,
            resolve(resource, facts),
            observed.get(resource.key),
        )
        for resource in reversed(stack.resources)
    )
    return Plan(tuple(actions), facts)


def decide(resource: Resource, observed: Observed | None, facts: Facts) -> Action:
    """What is to be done with one resource. A value that is not known yet counts as a change, until it is known."""
    resource = resolve(resource, facts)
    wanted = resource.aspects()
    if observed is None:
        return Action(Verb.CREATE, resource, None, dict.fromkeys(wanted, Difference.ADDED))
    changes = dict(_differences(wanted, observed.aspects))
    return Action(Verb.UPDATE if changes else Verb.UNCHANGED, resource, observed, changes)


def _differences(wanted: Aspects, found: Aspects) -> Iterator[tuple[str, Difference]]:
    for aspect, value in wanted.items():
        if aspect not in found:
            yield aspect, Difference.ADDED
        elif found[aspect] != value:
            yield aspect, Difference.CHANGED
    for aspect in sorted(found.keys() - wanted.keys()):
        yield aspect, Difference.REMOVED


_SIGNS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.DELETE: "-", Verb.UNCHANGED: " "}


def render(plan: Plan) -> str:
    """The plan for a terminal: a line per update with its reason, one for all that is made of a kind, and the sum."""
    lines = [*_grouped(plan, Verb.CREATE), *_each(plan, Verb.UPDATE), *_grouped(plan, Verb.DELETE)]
    counts = {verb: plan.count(verb) for verb in (Verb.CREATE, Verb.UPDATE, Verb.DELETE)}
    sums = [f"{count} to {verb}" for verb, count in counts.items() if count]
    total = f"Plan: {', '.join([*sums, f'{plan.count(Verb.UNCHANGED)} unchanged'])}."
    return "\n".join([*lines, "", total] if lines else [total])


def describe(action: Action) -> str:
    """One action on one line: `~ function     signup         code changed`."""
    return _line(action.verb, action.resource.kind, f"{action.resource.id:<14} {action.reason}")


def _each(plan: Plan, verb: Verb) -> list[str]:
    return [describe(action) for action in plan.actions if action.verb is verb]


def _grouped(plan: Plan, verb: Verb) -> list[str]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for action in plan.actions:
        if action.verb is verb:
            groups[action.resource.kind].append(action.resource.id)
    return [_line(verb, kind, ", ".join(ids)) for kind, ids in groups.items()]


def _line(verb: Verb, kind: str, text: str) -> str:
    return f"{_SIGNS[verb]} {kind:<12} {text}".rstrip()
