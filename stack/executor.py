"""Carries plans out: every resource after those it refers to, and at the same time what does not depend on another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from stack.adapters import Adapters
from stack.adapters.base import AdapterError
from stack.clients import PARALLEL_CALLS
from stack.errors import DeployError
from stack.plan import Action, Observed, Plan, Verb, decide, describe, plan_deploy, plan_destroy
from stack.references import resolve
from stack.resources import Resource, Stack

Report = Callable[[str], None]
"""Told one line for each thing done, on the caller's thread."""

T = TypeVar("T")


def observe(stack: Stack, adapters: Adapters) -> tuple[dict[str, Observed], dict[str, str]]:
    """Read what is deployed of a stack: what exists, by key, and all facts.

    Raises:
        DeployError: something could not be read.
    """
    observed: dict[str, Observed] = {}
    facts = adapters.facts()

    def read(resource: Resource) -> Observed | None:
        return adapters[resource].observe(resolve(resource, facts))

    for resource, found in _walk(stack, read):
        if found is not None:
            observed[resource.key] = found
            facts |= _facts_of(resource, found.attributes)
    return observed, facts


def find(stack: Stack, keys: Iterable[str], adapters: Adapters) -> tuple[set[str], dict[str, str]]:
    """Which of some resources exist, and their facts; looked up in this order, without the others they refer to.

    Raises:
        DeployError: something could not be read.
    """
    facts = adapters.facts()
    there: set[str] = set()
    for resource in (stack[key] for key in keys):
        with _failing_at(resource):
            found = adapters[resource].observe(resolve(resource, facts))
        if found is not None:
            there.add(resource.key)
            facts |= _facts_of(resource, found.attributes)
    return there, facts


def plan_of(stack: Stack, adapters: Adapters) -> Plan:
    """What `deploy` would do; see `DeployError`."""
    return plan_deploy(stack, *observe(stack, adapters))


def deploy(stack: Stack, adapters: Adapters, report: Report) -> dict[str, str]:
    """Bring what is deployed to what is declared, and touch nothing else.

    Returns:
        All facts, among them every attribute of every resource.
    Raises:
        DeployError: see there.
    """
    plan = plan_of(stack, adapters)
    facts = dict(plan.facts)
    actions = {action.resource.key: action for action in plan.actions}

    def apply(resource: Resource) -> tuple[Action, Mapping[str, str]]:
        action = actions[resource.key]
        if action.verb is not Verb.UNCHANGED:
            # What was unknown when the plan was made is known now.
            action = decide(resource, action.observed, facts)
        if action.verb is Verb.UNCHANGED:
            return action, {}
        return action, adapters[resource].apply(action.resource, action.observed, action.changes)

    for resource, (action, attributes) in _walk(stack, apply):
        facts |= _facts_of(resource, attributes)
        if action.verb is not Verb.UNCHANGED:
            report(describe(action))
    return facts


def destroy(stack: Stack, adapters: Adapters, report: Report) -> None:
    """Remove everything that is declared and exists, the last first; what is gone already is passed over.

    Raises:
        DeployError: see there.
    """
    plan = plan_destroy(stack, *observe(stack, adapters))
    actions = {action.resource.key: action for action in plan.actions}

    def remove(resource: Resource) -> Action:
        action = actions[resource.key]
        if action.observed is not None:
            adapters[resource].delete(action.resource, action.observed)
        return action

    for _, action in _walk(stack, remove, reverse=True):
        if action.verb is Verb.DELETE:
            report(describe(action))


def _facts_of(resource: Resource, attributes: Mapping[str, str]) -> dict[str, str]:
    return {f"{resource.key}.{name}": value for name, value in attributes.items()}


def _walk(stack: Stack, visit: Callable[[Resource], T], *, reverse: bool = False) -> Iterator[tuple[Resource, T]]:
    """Visit each resource on a thread, after those it refers to (`reverse`: before), and yield it with the result.

    A resource counts as visited once the caller has dealt with its result, which those that refer to it can then use.
    After an error those under way are finished and no other is begun.
    """
    sorter = TopologicalSorter(_reversed(stack.dependencies()) if reverse else stack.dependencies())
    sorter.prepare()
    running: dict[Future[T], Resource] = {}
    pool = ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="stack")
    try:
        while sorter.is_active():
            for key in sorter.get_ready():
                running[pool.submit(visit, stack[key])] = stack[key]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                resource = running.pop(future)
                with _failing_at(resource):
                    result = future.result()
                yield resource, result
                sorter.done(resource.key)
    finally:
        pool.shutdown(cancel_futures=True)


def _reversed(dependencies: dict[str, frozenset[str]]) -> dict[str, set[str]]:
    dependents: dict[str, set[str]] = {key: set() for key in dependencies}
    for key, needed in dependencies.items():
        for each in needed:
            dependents[each].add(key)
    return dependents


@contextmanager
def _failing_at(resource: Resource) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError, AdapterError) as error:
        raise DeployError(resource.key, str(error)) from error
