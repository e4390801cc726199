"""Fixtures of the conformance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.conformance.deployment import Deployment


@pytest.fixture(scope="session")
def deployed(aws: Clients, target: Target) -> Iterator[Deployment]:
    """The APIs under test, removed at the session's end."""
    made = Deployment(aws, target)
    try:
        yield made.deploy()
    finally:
        made.remove()
