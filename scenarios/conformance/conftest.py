"""Fixtures of the conformance tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.conformance.deployment import Deployment


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
