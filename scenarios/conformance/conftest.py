"""Fixtures of the conformance tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudrig.deployment import deployment
from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.conformance.deployment import Deployment
from scenarios.conformance.parity import Parity


@pytest.fixture(scope="session", autouse=True)
def _account(target: Target) -> None:
    """Nothing is deployed in an account that nobody named."""
    deployment(target, os.environ).check_account()


@pytest.fixture
def parity(request: pytest.FixtureRequest, target: Target, deployed: Deployment) -> Parity:
    """`parity(name, answer)` compares an answer with what AWS's was, where that was recorded, and returns it."""
    known = {deployed.name: "{name}", **dict.fromkeys(deployed.apis.values(), "{api}")}
    option = request.config.getoption
    return Parity(target, option("--recordings"), record=option("--record"), known=known)


@pytest.fixture(scope="session")
def deployed(aws: Clients, target: Target) -> Iterator[Deployment]:
    """The APIs under test, removed at the session's end."""
    made = Deployment(aws, target=target)
    try:
        yield made.deploy()
    finally:
        made.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.needs("conformance"))
