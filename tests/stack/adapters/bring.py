"""Brings a few resources about by themselves, as a deployment would."""

from __future__ import annotations

from stack import executor
from stack.adapters import Adapters
from stack.resources import Resource, Stack


def bring_about(adapters: Adapters, *resources: Resource) -> dict[str, str]:
    """Deploy exactly these and return all facts; a deployment right after it must find nothing to do."""
    stack = Stack(adapters.context.stack, resources)
    facts = executor.deploy(stack, adapters, lambda line: None)
    again: list[str] = []
    executor.deploy(stack, adapters, again.append)
    assert not again, "a second deployment changes nothing"
    return facts


def remove(adapters: Adapters, *resources: Resource) -> list[str]:
    """Remove these; the report."""
    lines: list[str] = []
    executor.destroy(Stack(adapters.context.stack, resources), adapters, lines.append)
    return lines
