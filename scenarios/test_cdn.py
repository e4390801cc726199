"""The site behind CloudFront: the chat deployed once more, with `SITE_CDN=on`."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Browser

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.browser import Window
from scenarios.patience import until
from scenarios.stacks import stack

# With --dist loadgroup one worker deploys it.
pytestmark = [pytest.mark.xdist_group("cdn"), pytest.mark.needs("cloudfront")]


@pytest.fixture(scope="module")
async def cdn_outputs(target: Target) -> AsyncIterator[dict[str, Any]]:
    async with stack(target, SITE_CDN="on") as outputs:
        yield outputs


@pytest.fixture
def site(cdn_outputs: dict[str, Any]) -> str:
    """Its address, with the slash at the end."""
    return str(cdn_outputs["site_url"])


async def get(url: str, **headers: str) -> tuple[aiohttp.ClientResponse, str]:
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url, headers=headers) as answer:
        return answer, await answer.text()


async def test_the_page_is_served_and_asked_for_anew_each_time(site: str) -> None:
    """The address itself is the page, and a deployment is seen at once: the edge keeps no page."""
    for _ in range(2):
        answer, page = await get(site)
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert '<div id="root">' in page
        assert answer.headers["X-Cache"] == "Miss from cloudfront"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_every_answer_bears_the_security_headers(site: str) -> None:
    """Pages, scripts and errors alike."""
    _, page = await get(site)
    asset = re.findall(r'src="\./(assets/[^"]+\.js)"', page)[0]
    for path in ("", "config.json", asset, "no/such/page"):
        answer, _ = await get(site + path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_pages_may_call_the_chats_own_apis_and_nothing_else(site: str, cdn_outputs: dict[str, Any]) -> None:
    """Whatever gets into a page can send what it finds there to nobody else; it can run no script of elsewhere."""
    answer, _ = await get(site)
    directives = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    files = json.loads((await get(site + "config.json"))[1])["filesUrl"]
    apis = f"{cdn_outputs['rest_url']}/ {cdn_outputs['websocket_url']}"
    assert directives["connect-src"] == f"'self' {apis} {files} {files}/"
    assert directives["img-src"] == f"'self' data: blob: {files}/"
    assert directives["script-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["form-action"] == "'none'"


async def test_what_never_changes_is_kept_at_the_edge(site: str) -> None:
    """Scripts and styles have a digest in their names: the second one who asks has them from the edge, compressed."""
    _, page = await get(site)
    for asset in re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page):
        first, content = await get(site + asset, **{"Accept-Encoding": "gzip"})
        assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert first.headers["Content-Encoding"] == "gzip"
        again, same = await get(site + asset, **{"Accept-Encoding": "gzip"})
        assert again.headers["X-Cache"] == "Hit from cloudfront"
        assert same == content


async def test_what_was_invalidated_is_fetched_again(site: str, aws: Clients, cdn_outputs: dict[str, Any]) -> None:
    """An invalidation empties the edge of what it names."""
    _, page = await get(site)
    asset = re.findall(r'src="\./(assets/[^"]+\.js)"', page)[0]
    await get(site + asset)
    assert (await get(site + asset))[0].headers["X-Cache"] == "Hit from cloudfront"
    batch = {"Paths": {"Quantity": 1, "Items": ["/assets/*"]}, "CallerReference": secrets.token_hex()}
    await asyncio.to_thread(
        aws("cloudfront").create_invalidation,
        DistributionId=await _distribution_id(aws, cdn_outputs),
        InvalidationBatch=batch,
    )
    await until(lambda: _x_cache(site + asset), lambda said: said == "Miss from cloudfront", f"{asset} was forgotten")


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


async def test_the_bucket_is_no_way_round(target: Target, aws: Clients, cdn_outputs: dict[str, Any]) -> None:
    """S3 serves the bucket as a site no more, keeps the public out, and lets the distribution alone read."""
    s3 = aws("s3")
    distribution_id = await _distribution_id(aws, cdn_outputs)
    found = aws("cloudfront").get_distribution(Id=distribution_id)["Distribution"]
    (origin,) = found["DistributionConfig"]["Origins"]["Items"]
    bucket = origin["DomainName"].partition(".s3.")[0]
    assert (await get(target.site_url(bucket)))[0].status == 404
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert '"cloudfront.amazonaws.com"' in policy
    assert found["ARN"] in policy


async def test_the_distribution_takes_no_writes(site: str) -> None:
    """Only GET and HEAD."""
    async with aiohttp.ClientSession(trust_env=True) as session:
        for method in ("POST", "PUT", "DELETE"):
            async with session.request(method, f"{site}index.html") as answer:
                assert answer.status == 403
        async with session.head(site) as answer:
            assert (answer.status, await answer.read()) == (200, b"")


async def test_the_chat_runs_under_the_policy(site: str, chromium: Browser) -> None:
    """In a browser, which enforces it: the page loads, connects and talks, and its console complains of nothing."""
    window = Window(await chromium.new_page())
    await window.page.goto(site)
    await window.join_as_guest(f"ann-{secrets.token_hex(4)}")
    await window.say("from behind the edge")
    await window.shows("from behind the edge")
    assert window.errors == []
    await window.page.close()


async def _distribution_id(aws: Clients, outputs: dict[str, Any]) -> str:
    """That of the site: its address begins with its domain, or holds its id."""
    listed = await asyncio.to_thread(aws("cloudfront").list_distributions)
    address = urlsplit(outputs["site_url"])
    (found,) = [
        each
        for each in listed["DistributionList"]["Items"]
        if each["DomainName"] == address.netloc or each["Id"] in address.path
    ]
    return str(found["Id"])


async def _x_cache(url: str) -> str:
    return (await get(url))[0].headers["X-Cache"]
