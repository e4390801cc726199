"""The site in a real browser: Chromium or Chrome, driven by what a person, or a screen reader, finds on the page
(frontend/README.md lists the names).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright, expect

from cloudrig import browser
from cloudrig.targets import Target
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
_GO_UP = """async log => {
  log.scrollBy({ top: -log.clientHeight / 2, behavior: "instant" });
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);  // the rows there are drawn
}"""


Cut = Callable[[str], Awaitable[None]]


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

    async def lose_connection(self, cut: Cut, username: str) -> None:
        """Be without a network from now on; `context.set_offline(False)` ends that."""
        await self.page.context.set_offline(True)
        await cut(username)
        await expect(self.page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()

    # --- rooms ---

    async def create_room(self, name: str) -> str:
        """The link that others ask with."""
        await self.page.get_by_role("button", name="New room").click()
        await self.page.get_by_label("Room name").fill(name)
        await self.page.get_by_role("button", name="Create room").click()
        await self.is_in(name)
        return self.page.url

    async def ask(self, link: str, room: str) -> None:
        """Follow the link, and ask to be let in."""
        await self.page.goto(link)
        await self.page.get_by_role("button", name="Ask to join").click()
        await expect(self.page.get_by_role("heading", name=f"You asked to join {room}")).to_be_visible()

    async def approve(self, username: str) -> None:
        await self.page.get_by_role("button", name=f"Approve {username}").click()

    async def reject(self, username: str) -> None:
        await self.page.get_by_role("button", name=f"Reject {username}").click()

    async def is_in(self, room: str) -> None:
        """The room is on screen, and something can be said in it."""
        await expect(self.page.get_by_role("heading", name=room, level=1)).to_be_visible()
        await expect(self.composer).to_be_visible()

    async def go_to(self, room: str) -> None:
        await self.room_link(room).click()
        await self.is_in(room)

    def room_link(self, room: str) -> Locator:
        """Its place in the list of rooms."""
        return self.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=room)

    # --- saying and hearing ---

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.page.get_by_role("button", name="Send").click()

    async def attach(self, name: str, content_type: str, content: bytes) -> None:
        """Send a file."""
        file: FilePayload = {"name": name, "mimeType": content_type, "buffer": content}
        await self.page.get_by_label("Files", exact=True).set_input_files(file)

    async def shows(self, text: str, times: int = 1) -> None:
        """The text comes to stand in the log that often."""
        await expect(self._in_log(text)).to_have_count(times)

    async def finds(self, text: str) -> None:
        """The text stands in the log once, at its end or further up: much may have been said since.

        Only what is on screen is in the page, so this goes up from the newest message by less than a screen at a time.
        """
        log = self.page.get_by_role("log")
        await expect(log).to_have_attribute("aria-busy", "false")
        await log.press("End")

        async def look_further_up() -> int:
            if times := await self._in_log(text).count():
                return times
            await log.evaluate(_GO_UP)
            return 0

        await until(look_further_up, lambda times: times == 1, f"the log shows {text!r} once")

    def _in_log(self, text: str) -> Locator:
        return self.page.get_by_role("log").get_by_text(text, exact=True)


class OpenWindow(Protocol):
    """Opens a window on the sign-in page; `how` is what Playwright's `new_context` takes."""

    async def __call__(self, **how: Any) -> Window: ...


@pytest.fixture
async def open_window(chromium: Browser, outputs: dict[str, Any]) -> AsyncIterator[OpenWindow]:
    """All windows are closed at the end."""
    expect.set_options(timeout=_PATIENCE_MS)
    async with AsyncExitStack() as stack:

        async def open_one(**how: Any) -> Window:
            context = await stack.enter_async_context(await chromium.new_context(**how))
            context.set_default_timeout(_PATIENCE_MS)
            window = Window(await context.new_page())
            await window.page.goto(outputs["site_url"])
            return window

        yield open_one


@pytest.fixture
async def windows(open_window: OpenWindow) -> list[Window]:
    """Two windows, on the sign-in page."""
    return [await open_window(), await open_window()]


@pytest.fixture
def cut(chat: Chat, target: Target, outputs: dict[str, Any]) -> Cut:
    """Ends all connections of a user from the server's side, as AWS does after two hours."""
    url = outputs["websocket_url"].replace("ws", "http", 1)  # as this machine reaches it; `callback_url` is functions'
    client = target.session().client("apigatewaymanagementapi", endpoint_url=url)

    async def cut_all(username: str) -> None:
        for row in await chat.rows(username):
            await asyncio.to_thread(client.delete_connection, ConnectionId=row["connectionId"]["S"])

    return cut_all
