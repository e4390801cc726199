"""Fixtures of the API Gateway tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.apigateway.harness import Harness, running


@pytest.fixture(scope="session")
def certificates_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set of certificates for all servers: making one takes longer than most tests."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture
async def harness(certificates_folder: Path) -> AsyncIterator[Harness]:
    """A gateway of the test's own."""
    async with running(certificates_folder) as made:
        yield made
