"""Signing in by Amazon Cognito on the site."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from cloudrig.deployment import deployment, sources
from cloudrig.targets import Target
from scenarios.browser import Window
from scenarios.patience import PATIENCE_S, until

# The codes that would have been sent by mail are only to be had from a rig.
pytestmark = [pytest.mark.xdist_group("cognito"), pytest.mark.needs("cognito", "codes")]
PASSWORD = "correct Horse 1!"


@pytest.fixture(scope="module")
async def site_url(target: Target) -> AsyncIterator[str]:
    """A site of a stack of its own, removed at the end."""
    prefix = f"{os.environ.get('PREFIX') or 'cloudrig-chat'}-{secrets.token_hex(2)}"
    deployed = deployment(target, {**os.environ, "PREFIX": prefix, "AUTH_MODES": "jwt,cognito,guest"})
    try:
        outputs = await asyncio.to_thread(deployed.deploy, sources(target), lambda line: None)
        yield outputs["site_url"]
    finally:
        await asyncio.to_thread(deployed.destroy, lambda line: None)


async def code_for(target: Target, username: str) -> str:
    """The code that was sent last."""

    async def codes() -> list[str]:
        url = f"{target.public_url}/_cloudrig/cognito/codes"
        async with aiohttp.ClientSession(trust_env=True) as session, session.get(url) as answer:
            listed: list[dict[str, str]] = (await answer.json())["codes"]
        return [each["code"] for each in listed if each["username"] == username]

    return (await until(codes, bool, f"a code for {username}"))[-1]


async def test_sign_up_confirm_and_come_back(target: Target, site_url: str, chromium: Browser) -> None:
    """With the code from the mail box the new user is in, under a name marked as the pool's; a reload keeps the
    session; after signing out the password opens the door again, and a wrong one does not.
    """
    async with await chromium.new_context() as context:
        context.set_default_timeout(PATIENCE_S * 1000)
        expect.set_options(timeout=PATIENCE_S * 1000)
        window = Window(await context.new_page())
        page, name = window.page, f"ann-{secrets.token_hex(4)}"
        await page.goto(site_url)
        await page.get_by_role("button", name="Use an Amazon Cognito account").click()
        await page.get_by_role("button", name="Create account").click()
        await page.get_by_label("User name").fill(name)
        await page.get_by_label("E-mail").fill("ann@example.org")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await page.get_by_label("Code").fill(await code_for(target, name))
        await page.get_by_role("button", name="Confirm").click()
        await window.is_connected()
        await expect(page.get_by_role("list", name="Members").get_by_text(name)).to_be_visible()
        await expect(page.get_by_role("list", name="Members").get_by_text("Cognito")).to_be_visible()
        await page.reload()
        await window.is_connected()
        await page.get_by_role("button", name="Account of").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await page.get_by_role("button", name="Use an Amazon Cognito account").click()
        await page.get_by_label("User name").fill(name)
        await page.get_by_label("Password").fill("not this one")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("do not match")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await window.is_connected()
