"""The web site: static files in a bucket, with one that says where the APIs are."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest


async def get(url: str, **headers: str) -> tuple[aiohttp.ClientResponse, str]:
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url, headers=headers) as answer:
        return answer, await answer.text()


@pytest.fixture
def site(outputs: dict[str, Any]) -> str:
    """Its address, with the slash at the end."""
    url: str = outputs["site_url"]
    return url


async def test_the_page_is_served(site: str) -> None:
    """The address itself is the page, and it is asked for anew each time: a deployment is seen at once."""
    answer, page = await get(site)
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert '<div id="root">' in page


async def test_what_the_page_loads_is_kept_for_good(site: str) -> None:
    """Scripts and styles have a digest in their names, so browsers need never ask again."""
    _, page = await get(site)
    assets = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
    kinds = {"js": "text/javascript", "css": "text/css"}
    assert {name.rpartition(".")[2] for name in assets} == kinds.keys()
    for name in assets:
        answer, _ = await get(site + name)
        assert (answer.status, answer.content_type) == (200, kinds[name.rpartition(".")[2]])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_the_site_knows_its_apis(site: str, outputs: dict[str, Any]) -> None:
    """`config.json`, written at deploy time, names the addresses and the ways to sign in; it is never kept."""
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(f"{site}config.json") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        config = await answer.json()
    assert config["restUrl"] == outputs["rest_url"]
    assert config["websocketUrl"] == outputs["websocket_url"]
    assert set(config["authModes"]) <= {"jwt", "guest"}


async def test_an_unchanged_page_is_not_sent_again(site: str) -> None:
    """What is asked for anew each time costs a 304 while it has not changed."""
    answer, _ = await get(site)
    again, nothing = await get(site, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, nothing) == (304, "")


async def test_a_page_that_is_not_there(site: str) -> None:
    """A wrong address is answered 404, with the site's own page and not with S3's XML."""
    answer, page = await get(f"{site}no/such/page")
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert '<div id="root">' in page
