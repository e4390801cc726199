"""What the site does with messages that are there: reactions, edits, files, search; and conversations of two."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import Locator, expect

from scenarios.browser import OpenWindow, Window
from scenarios.story import Chat

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
async def pair(chat: Chat, windows: list[Window]) -> list[Window]:
    """Two people in a room of their own."""
    ann, bob = windows
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(bob_name)
    await bob.ask(await ann.create_room(room), room)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    return windows


def message(window: Window, text: str) -> Locator:
    return window.page.get_by_role("article").filter(has_text=text)


async def do(window: Window, text: str, action: str) -> None:
    """Point at a message, and choose what to do with it."""
    await message(window, text).hover()
    await message(window, text).get_by_role("button", name=action, exact=True).click()


async def test_a_reaction_is_seen_by_all(pair: list[Window]) -> None:
    """One reacts; both see how many did; a second click takes it away."""
    ann, bob = pair
    await ann.say("biscuits are ready")
    await bob.shows("biscuits are ready")
    await do(bob, "biscuits", "React")
    await message(bob, "biscuits").get_by_role("button", name="React with 🎉").click()
    await expect(message(ann, "biscuits").get_by_role("button", name="🎉 1")).to_be_visible()
    await message(bob, "biscuits").get_by_role("button", name="🎉 1").click()
    await expect(message(ann, "biscuits").get_by_role("button", name="🎉")).to_have_count(0)


async def test_an_edit_reaches_everybody(pair: list[Window]) -> None:
    """The new words stand in the old one's place, marked as edited; only the author can do it."""
    ann, bob = pair
    await ann.say("tea at for")
    await bob.shows("tea at for")
    await ann.composer.press("ArrowUp")
    await expect(ann.composer).to_have_value("tea at for")
    await ann.composer.fill("tea at four")
    await ann.page.get_by_role("button", name="Save").click()
    await bob.shows("tea at four")
    await expect(message(bob, "tea at four")).to_contain_text("edited")
    await bob.shows("tea at for", times=0)
    await message(bob, "tea at four").hover()
    await expect(message(bob, "tea at four").get_by_role("button", name="React")).to_be_visible()
    assert await message(bob, "tea at four").get_by_role("button", name="Edit").count() == 0


async def test_a_deleted_message_is_gone_for_all(pair: list[Window]) -> None:
    """It says so in its place, in both windows and after a reload."""
    ann, bob = pair
    await ann.say("a secret")
    await bob.shows("a secret")
    await do(ann, "a secret", "Delete")
    await ann.page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await bob.shows("Message deleted")
    await bob.shows("a secret", times=0)
    await bob.page.reload()
    await bob.shows("Message deleted")
    await bob.shows("a secret", times=0)


async def test_a_picture_is_shown(pair: list[Window]) -> None:
    """Sent from one window, it is drawn in the other."""
    ann, bob = pair
    await ann.attach("dot.png", "image/png", _PIXEL)
    picture = bob.page.get_by_role("img", name="dot.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 1
    assert ann.errors == bob.errors == []


async def test_a_hostile_file_is_saved_and_not_run(pair: list[Window]) -> None:
    """HTML goes as bytes: the page stays where it is, and the file is saved under its name."""
    ann, bob = pair
    await ann.attach("page.html", "text/html", b"<script>document.title = 'run'</script>")
    async with bob.page.expect_download() as saving:
        await bob.page.get_by_role("button", name="Save page.html").click()
    assert (await saving.value).suggested_filename == "page.html"
    await expect(bob.composer).to_be_visible()
    assert bob.errors == []


async def test_search_leads_to_the_message(pair: list[Window]) -> None:
    """What was said is found by a word of it, and shown in its place."""
    ann, bob = pair
    await ann.say("The kettle is on")
    for cup in range(3):
        await ann.say(f"cup {cup}")
    await bob.shows("cup 2")
    await bob.page.get_by_role("button", name="Search", exact=True).click()
    await bob.page.get_by_label("Words to look for").fill("KETTLE")
    await bob.page.get_by_label("Words to look for").press("Enter")
    await bob.page.get_by_role("list", name="Messages found").get_by_role("button").click()
    await expect(message(bob, "The kettle is on")).to_be_focused()


async def test_two_people_write_to_each_other(chat: Chat, windows: list[Window]) -> None:
    """One writes to the other from the list of who is there; the other sees it as unread, and answers."""
    ann, bob = windows
    ann_name, bob_name = chat.name("ann"), chat.name("bob")
    await ann.join_as_guest(ann_name)
    await bob.join_as_guest(bob_name)
    await ann.page.get_by_role("button", name=f"Write to {bob_name}").click()
    await ann.is_in(bob_name)
    await ann.say("psst")
    await expect(bob.room_link(ann_name)).to_contain_text("1 unread message")
    await bob.go_to(ann_name)
    await bob.shows("psst")
    await bob.say("yes?")
    await ann.shows("yes?")
    await ann.page.reload()
    await ann.is_in(bob_name)
    await ann.shows("yes?")


async def test_a_message_that_failed_goes_out_on_a_retry(chat: Chat, windows: list[Window]) -> None:
    """What is written to somebody who does not exist is shown as not sent, and why; once there is such a user, `Retry`
    sends it.
    """
    ann, _ = windows
    await ann.join_as_guest(chat.name("ann"))
    bob = chat.name("bob")
    await ann.page.goto(f"{ann.page.url.split('#')[0]}#/room/%40{bob}")
    await ann.is_in(bob)
    await ann.say("anybody there?")
    failed = ann.page.get_by_role("log").get_by_role("alert")
    await expect(failed).to_contain_text("There is nobody of this name")
    assert (await chat.accounts.sign_up(bob, "correct horse")).status == 201
    await failed.get_by_role("button", name="Retry").click()
    await expect(failed).to_have_count(0)
    await ann.shows("anybody there?")
    await ann.page.reload()
    await ann.shows("anybody there?")


async def test_any_script_and_any_length(pair: list[Window]) -> None:
    """Right-to-left text runs from the right, a long word does not widen the page, emoji alone are large; what looks
    like an address is a link only if it is one of the web, and that opens elsewhere.
    """
    ann, bob = pair
    await bob.page.set_viewport_size({"width": 390, "height": 844})
    long_word = "Donaudampfschifffahrt" * 20
    for text in ("שלום לכולם", long_word, "🎉👍🏽", "https://example.org/a?b=c javascript:alert(1)"):
        await ann.say(text)
    link = message(bob, "example.org").get_by_role("link")
    await expect(link).to_be_visible()
    links = "links => links.map(({ href, target, rel }) => [href, target, rel])"
    assert await link.evaluate_all(links) == [["https://example.org/a?b=c", "_blank", "noopener noreferrer nofollow"]]
    direction = "element => getComputedStyle(element).direction"
    assert await message(bob, "שלום").get_by_text("שלום").evaluate(direction) == "rtl"
    assert await message(bob, long_word).get_by_text(long_word).evaluate(direction) == "ltr"
    assert await bob.page.evaluate("document.documentElement.scrollWidth") <= 390
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert await message(bob, "🎉").get_by_text("🎉").evaluate(size) > 30


async def test_ones_own_message_comes_into_view(chat: Chat, open_window: OpenWindow) -> None:
    """Written into a long room that has just been opened, in a small window: wherever rows turn out to be of other
    heights than was thought, the end stays in view.
    """
    ann = await open_window()
    await ann.join_as_guest(chat.name("ann"))
    link = await ann.create_room(chat.name("Tea"))
    await ann.page.set_viewport_size({"width": 320, "height": 256})
    said = [("~bob", f"message {index} " + "that goes on " * (index % 7)) for index in range(120)]
    await chat.say_long_ago(link.rpartition("/")[2], said)
    for attempt in range(3):
        await ann.page.reload()
        await ann.say(f"attempt {attempt}")
        await ann.is_connected()
        await expect(ann.page.get_by_role("log")).to_have_attribute("aria-busy", "false")
        await expect(ann.page.get_by_text("Sending…").or_(ann.page.get_by_text("Waiting"))).to_have_count(0)
        await expect(ann.page.get_by_role("log").get_by_text(f"attempt {attempt}")).to_be_in_viewport()
