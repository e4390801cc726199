"""Rooms on the site: opened, asked for, decided about, left."""

from __future__ import annotations

from playwright.async_api import expect

from scenarios.browser import Cut, OpenWindow, Window
from scenarios.story import Chat


async def test_two_people_make_a_room(chat: Chat, windows: list[Window]) -> None:
    """Both sign up; one opens a room, the other asks with the link, is let in, they talk; a reload keeps it all."""
    ann, bob = windows
    ann_name, bob_name, room = chat.name("ann"), chat.name("bob"), chat.name("Tea")
    await ann.create_account(ann_name, "correct horse")
    await bob.create_account(bob_name, "battery staple")
    await bob.ask(await ann.create_room(room), room)
    await ann.approve(bob_name)
    await bob.is_in(room)
    await bob.say("May I have a cup?")
    await ann.shows("May I have a cup?")
    await ann.say("Help yourself")
    await bob.shows("Help yourself")
    await bob.page.reload()
    await bob.is_in(room)
    await bob.shows("May I have a cup?")
    await bob.shows("Help yourself")
    assert ann.errors == bob.errors == []


async def test_who_is_rejected_learns_it(chat: Chat, windows: list[Window]) -> None:
    """The page says so as soon as it is decided, and offers to ask again; nothing of the room is seen."""
    ann, bob = windows
    await ann.join_as_guest(chat.name("ann"))
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    link = await ann.create_room(room)
    await ann.say("for members only")
    await bob.ask(link, room)
    await ann.reject(f"~{bob_name}")
    await expect(bob.page.get_by_role("heading", name="was not accepted")).to_be_visible()
    await expect(bob.page.get_by_role("button", name="Ask again")).to_be_visible()
    assert await bob.page.get_by_text("for members only").count() == 0


async def test_a_request_waits_for_its_admin(chat: Chat, windows: list[Window]) -> None:
    """Somebody asks while the admin is away; the admin finds the request on coming back."""
    ann, bob = windows
    await ann.create_account(chat.name("ann"), "correct horse")
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    link = await ann.create_room(room)
    await ann.page.goto("about:blank")
    await bob.ask(link, room)
    await ann.page.goto(link)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)


async def test_however_many_ask_the_admin_sees_them_all(chat: Chat, windows: list[Window], cut: Cut) -> None:
    """The list of rooms names 40 of them; in the room all are there, and stay when the connection comes back."""
    ann, _ = windows
    ann_name, room = chat.name("ann"), chat.name("Tea")
    await ann.join_as_guest(ann_name)
    link = await ann.create_room(room)
    names = [f"~asker-{number:02}" for number in range(45)]
    rows = [(link.rpartition("/")[2], name, name) for name in names]
    await chat.write_memberships(room, rows, status="pending")

    await ann.page.reload()
    requests = ann.page.get_by_role("list", name="Requests to join").get_by_role("listitem")
    await expect(requests).to_have_count(45)
    await ann.approve("~asker-44")
    await expect(requests).to_have_count(44)
    await ann.lose_connection(cut, f"~{ann_name}")
    await ann.page.context.set_offline(False)
    await ann.is_connected()
    await ann.approve("~asker-43")
    await expect(requests).to_have_count(43)
    await expect(ann.room_link(room)).to_contain_text("43")


async def test_what_is_said_elsewhere_is_counted(chat: Chat, windows: list[Window]) -> None:
    """A message in a room that is not on screen shows as unread, until one looks."""
    ann, bob = windows
    await ann.join_as_guest(chat.name("ann"))
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    await bob.ask(await ann.create_room(room), room)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    await ann.go_to("Lobby")
    await bob.say("one")
    await bob.say("two")
    await expect(ann.room_link(room)).to_contain_text("2 unread messages")
    await ann.go_to(room)
    await ann.shows("two")
    await expect(ann.room_link(room)).not_to_contain_text("unread")


async def test_drafts_stay_in_their_rooms(chat: Chat, windows: list[Window]) -> None:
    """What was written and not sent waits in its room, also over a reload."""
    ann, _ = windows
    await ann.join_as_guest(chat.name("ann"))
    room = chat.name("Tea")
    await ann.create_room(room)
    await ann.composer.fill("half a thought")
    await ann.go_to("Lobby")
    await expect(ann.composer).to_have_value("")
    await ann.page.reload()
    await ann.go_to(room)
    await expect(ann.composer).to_have_value("half a thought")


async def test_leaving_hands_the_room_over(chat: Chat, windows: list[Window]) -> None:
    """The admin leaves, after being asked whether they mean it; the one who stays takes over, and sees so."""
    ann, bob = windows
    await ann.join_as_guest(chat.name("ann"))
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await bob.join_as_guest(bob_name)
    await bob.ask(await ann.create_room(room), room)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    await ann.page.get_by_role("button", name="More about this room").click()
    await ann.page.get_by_role("menuitem", name="Leave room").click()
    await ann.page.get_by_role("button", name="Leave", exact=True).click()
    await ann.is_in("Lobby")
    await expect(ann.room_link(room)).to_have_count(0)
    own_place = bob.page.get_by_role("list", name="Members").get_by_role("listitem")
    await expect(own_place).to_have_count(1)
    await expect(own_place).to_contain_text("admin")


async def test_rooms_on_a_phone(chat: Chat, open_window: OpenWindow) -> None:
    """At phone width rooms and people are sheets over the conversation, and everything can be reached."""
    ann = await open_window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    bob = await open_window()
    bob_name, room = chat.name("bob"), chat.name("Tea")
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(bob_name)
    await ann.page.get_by_role("button", name="Rooms").click()
    link = await ann.create_room(room)
    await bob.ask(link, room)
    await ann.page.get_by_role("button", name="Members").click()
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    await ann.page.get_by_role("button", name="Close people").click()
    await bob.say("from a big screen")
    await ann.shows("from a big screen")
    await ann.say("from a small one")
    await bob.shows("from a small one")
    await ann.page.get_by_role("button", name="Rooms").click()
    await ann.go_to("Lobby")
    width = await ann.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page scrolls sideways"
    assert ann.errors == []


async def test_the_accounts_menu_opens_on_a_phone(chat: Chat, open_window: OpenWindow) -> None:
    """The first time, when it has to be loaded, and after a reload, when it comes out of the browser's cache."""
    ann = await open_window(viewport={"width": 390, "height": 844})
    await ann.join_as_guest(chat.name("ann"))
    for _ in range(2):
        await ann.page.get_by_role("button", name="Rooms").click()
        await ann.page.get_by_role("dialog").get_by_role("button", name="Account of").click()
        await expect(ann.page.get_by_role("menuitem", name="Sign out")).to_be_visible()
        await ann.page.reload()
        await ann.is_connected()
