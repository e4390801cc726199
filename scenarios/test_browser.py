"""The site's first stories: coming in, talking, coming back."""

from __future__ import annotations

from playwright.async_api import expect

from scenarios.browser import Window
from scenarios.story import Chat


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
