"""A moto of the test's own."""

from collections.abc import AsyncIterator

import pytest

from cloudrig.engine.processes import Processes
from cloudrig.services.upstream.moto import Moto


@pytest.fixture
async def moto() -> AsyncIterator[Moto]:
    async with Processes() as processes:
        upstream = Moto(processes)
        await upstream.start()
        yield upstream
        await upstream.close()
