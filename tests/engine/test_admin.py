"""The rig's own addresses, asked over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cloudrig.engine.config import Config
from cloudrig.rig import Rig


@pytest.fixture(scope="module")
async def admin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[aiohttp.ClientSession]:
    folder: Path = tmp_path_factory.mktemp("rig")
    async with (
        Rig(Config(folder, port=0)) as rig,
        aiohttp.ClientSession(f"{rig.addresses.url}/_cloudrig/") as session,
    ):
        yield session


async def test_usage_tells_what_the_engine_and_its_children_take(admin: aiohttp.ClientSession) -> None:
    async with admin.get("usage") as answer:
        report = await answer.json()
    assert report["engine"]["cpuS"] > 0
    assert set(report["engine"]) == {"cpuS", "rssBytes"}


@pytest.mark.parametrize("seconds", ["-1", "Infinity", "NaN", "1e300", '"1"x', "null"])
async def test_time_that_cannot_pass_is_refused_and_nothing_moves(admin: aiohttp.ClientSession, seconds: str) -> None:
    async with admin.get("clock") as answer:
        before = (await answer.json())["now"]
    async with admin.post("clock", data=f'{{"advanceS": {seconds}}}') as answer:
        assert answer.status == 400
        assert "from 0 to ten years" in (await answer.json())["message"]
    async with admin.get("clock") as answer:
        assert (await answer.json())["now"] - before < 60


async def test_an_unknown_address_names_the_known_ones(admin: aiohttp.ClientSession) -> None:
    async with admin.get("nothing") as answer:
        assert answer.status == 404
        assert "/_cloudrig/health, /_cloudrig/clock, /_cloudrig/usage" in (await answer.json())["message"]
