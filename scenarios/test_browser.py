"""The site in a real browser: Chromium or Chrome, driven by what a person, or a screen reader, finds on the page
(frontend/README.md lists the names).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from cloudrig import browser
from scenarios.patience import PATIENCE_S, until
from scenarios.story import Chat

_PATIENCE_MS = PATIENCE_S * 1000
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's browser, or one installed now. Where neither is to be had: fails with the command that helps."""
    path = await asyncio.to_thread(browser.ensure)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *browser.arguments()])
        yield running
        await running.close()


class Window:
    """One person before the site. Windows share nothing, as those of two machines."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        """What the page's scripts failed with, and what its console complained of."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)

    async def join_as_guest(self, name: str) -> None:
        await self.page.get_by_label("User name").fill(name)
        await self.page.get_by_role("button", name="Join as guest").click()
        await self.is_connected()

    async def create_account(self, name: str, password: str) -> None:
        await self.page.get_by_label("User name").fill(name)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Create account").click()
        await self.is_connected()

    async def is_connected(self) -> None:
        await expect(self.page.get_by_role("status").filter(has_text="Connected")).to_be_visible()

    async def say(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Message").fill(text)
        await self.page.get_by_role("button", name="Send").click()

    async def shows(self, text: str, times: int = 1) -> None:
        """The text comes to stand in the log that often."""
        await expect(self._in_log(text)).to_have_count(times)

    async def finds(self, text: str) -> None:
        """The text stands in the log once, or comes to on scrolling up: much may have been said since."""

        async def scroll_up() -> int:
            await self.page.get_by_role("log").press("Home")
            return await self._in_log(text).count()

        await until(scroll_up, lambda times: times == 1, f"the log shows {text!r} once")

    def _in_log(self, text: str) -> Locator:
        return self.page.get_by_role("log").get_by_text(text, exact=True)


@pytest.fixture
async def windows(chromium: Browser, outputs: dict[str, Any]) -> AsyncIterator[list[Window]]:
    """Two windows, on the sign-in page."""
    expect.set_options(timeout=_PATIENCE_MS)
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            context = await stack.enter_async_context(await chromium.new_context())
            context.set_default_timeout(_PATIENCE_MS)
            opened.append(Window(await context.new_page()))
            await opened[-1].page.goto(outputs["site_url"])
        yield opened


async def test_two_people_chat(chat: Chat, windows: list[Window]) -> None:
    """One makes an account, the other is a guest; each sees what the other says, and their own words once."""
    ann, bob = windows
    await ann.create_account(chat.name("ann"), "correct horse")
    await bob.join_as_guest(chat.name("bob"))
    question, answer = chat.name("Is anybody here"), chat.name("I am")
    await ann.say(question)
    await bob.shows(question)
    await bob.say(answer)
    await ann.shows(answer)
    await ann.shows(question)
    assert ann.errors == bob.errors == []


async def test_history_is_there_after_a_reload(chat: Chat, windows: list[Window]) -> None:
    """A reload keeps the session, and shows what had been said; who comes later reads it too."""
    ann, bob = windows
    (listener,) = await chat.join("lobby", "listener")
    await ann.join_as_guest(chat.name("ann"))
    words = chat.name("said before")
    await ann.say(words)
    await listener.expect("message", text=words)  # ann's own window shows it before it is stored
    await ann.page.reload()
    await ann.is_connected()
    await ann.finds(words)
    await bob.join_as_guest(chat.name("bob"))
    await bob.finds(words)


async def test_code_is_shown_and_not_run(chat: Chat, windows: list[Window]) -> None:
    """What looks like HTML is text in everybody's window."""
    ann, bob = windows
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(chat.name("bob"))
    hostile = f"<img src=x onerror=\"document.title='{chat.name('run')}'\"><script>throw 1</script>"
    await ann.say(hostile)
    await bob.shows(hostile)
    assert await bob.page.locator("img[src=x]").count() == 0
    assert ann.errors == bob.errors == []


async def test_a_wrong_password_is_told(chat: Chat, windows: list[Window]) -> None:
    """Who cannot sign in learns why, and stays where they can try again."""
    account = await chat.account("ann")
    window, _ = windows
    await window.page.get_by_label("User name").fill(account.username)
    await window.page.get_by_label("Password", exact=True).fill("not this one")
    await window.page.get_by_role("button", name="Sign in").click()
    await expect(window.page.get_by_role("alert")).not_to_be_empty()
    await expect(window.page.get_by_label("User name")).to_have_value(account.username)
