"""The site for everybody: by keyboard, to a screen reader, in contrast, at high zoom."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Page, expect

from scenarios.axe import violations
from scenarios.browser import OpenWindow, Window
from scenarios.story import Chat


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(chat: Chat, open_window: OpenWindow, scheme: Literal["light", "dark"]) -> None:
    """Sign-in, lobby, dialogs, a room with a request, search, a hint, menu; on a phone who waits, and a sheet."""
    ann = await open_window(color_scheme=scheme, reduced_motion="reduce")
    bob = await open_window(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page = ann.page
    await expect(page.get_by_label("User name")).to_be_visible()
    assert await violations(page) == []
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(bob_name)
    await ann.say("Have a look at https://example.org 👍")
    assert await violations(page) == []
    await page.get_by_role("button", name="New room").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    link = await ann.create_room(room)
    await page.get_by_role("button", name="Invite people").click()
    await expect(page.get_by_label("Link")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await bob.ask(link, room)
    assert await violations(bob.page) == []
    await expect(page.get_by_role("button", name=f"Approve ~{bob_name}")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("search")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Members").hover()
    await expect(page.get_by_text("Members", exact=True)).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Account of").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    assert await violations(page) == []
    await bob.page.get_by_role("button", name="Rooms").click()
    await expect(bob.page.get_by_role("dialog")).to_be_visible()
    assert await violations(bob.page) == []


async def test_everything_by_keyboard(chat: Chat, windows: list[Window]) -> None:
    """From the sign-in form to a message in a room of one's own, and to deciding about a request, without a mouse."""
    ann, bob = windows
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    keyboard = ann.page.keyboard
    await keyboard.type(chat.name("ann"))
    await tab_to(ann.page, "Join as guest")
    await keyboard.press("Enter")
    await ann.is_connected()
    await tab_to(ann.page, "New room")
    await keyboard.press("Enter")
    await expect(ann.page.get_by_label("Room name")).to_be_focused()
    await keyboard.type(room)
    await keyboard.press("Enter")
    await ann.is_in(room)
    await expect(ann.composer).to_be_focused()
    await keyboard.type("typed only")
    await keyboard.press("Enter")
    await ann.shows("typed only")
    await bob.ask(ann.page.url, room)
    await tab_to(ann.page, f"Approve ~{bob_name}")
    await keyboard.press("Enter")
    await bob.is_in(room)
    await tab_to(ann.page, "More about this room")
    await keyboard.press("Enter")
    await expect(ann.page.get_by_role("menuitem", name="Invite people")).to_be_focused()
    await keyboard.press("Escape")
    await expect(ann.page.get_by_role("button", name="More about this room")).to_be_focused()


async def test_messages_by_keyboard(chat: Chat, windows: list[Window]) -> None:
    """The arrow keys go from message to message; Tab goes on to what can be done with the one that has the focus."""
    ann, _ = windows
    await ann.join_as_guest(chat.name("ann"))
    await ann.create_room(chat.name("Tea"))
    for text in ("first", "second", "third"):
        await ann.say(text)
        await ann.shows(text)
    await ann.page.get_by_role("log").focus()
    await ann.page.keyboard.press("ArrowUp")
    await expect(ann.page.get_by_role("article").filter(has_text="third")).to_be_focused()
    await ann.page.keyboard.press("ArrowUp")
    second = ann.page.get_by_role("article").filter(has_text="second")
    await expect(second).to_be_focused()
    await expect(second.get_by_role("toolbar")).to_be_visible()  # once the message is acknowledged
    await ann.page.keyboard.press("Tab")
    await expect(ann.page.get_by_role("toolbar").get_by_role("button").first).to_be_focused()


async def test_messages_of_others_are_read_out(chat: Chat, windows: list[Window]) -> None:
    """What comes in goes to a polite live region; history and one's own words do not."""
    ann, bob = windows
    await ann.join_as_guest(chat.name("ann"))
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    link = await ann.create_room(room)
    await ann.say("said before")
    await bob.ask(link, room)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    await bob.shows("said before")
    await bob.say("hello")
    await ann.shows("hello")
    announced = ann.page.locator("main [aria-live=polite]")
    await expect(announced).to_have_text(f"~{bob_name}: hello")
    await expect(bob.page.locator("main [aria-live=polite]")).to_have_text("")


async def test_high_zoom(chat: Chat, open_window: OpenWindow) -> None:
    """At 400 % of 1280 × 1024 (320 × 256) nothing is cut off sideways, and one can still write and read."""
    ann = await open_window(viewport={"width": 320, "height": 256})
    await ann.join_as_guest(chat.name("ann"))
    words = chat.name("small window")
    await ann.say(words)
    await ann.shows(words)
    assert await ann.page.evaluate("document.documentElement.scrollWidth") <= 320
    await expect(ann.composer).to_be_in_viewport()
    await expect(ann.page.get_by_role("log").get_by_text(words)).to_be_in_viewport()


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button of this name has the focus, as somebody does who sees where the focus is."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent"
        )
        if focused == name:
            return
    raise AssertionError(f"Tab never came to {name!r}")
