"""Every screen of the site, one after the other: four people go through all of it at one width."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from playwright.async_api import Locator, Page, expect

from cloudrig.targets import Target
from scenarios.browser import Cut, OpenWindow, Window
from scenarios.pool import code_for

SCREENS: Final[Mapping[str, str]] = {
    "sign-in": "Coming in: an account, a guest's name, an Amazon Cognito account",
    "sign-in-refused": "A wrong password",
    "cognito-sign-in": "Amazon Cognito: signing in",
    "cognito-sign-up": "Amazon Cognito: a new account",
    "cognito-sign-up-refused": "A password that the pool would not take",
    "cognito-confirm": "The code of the mail",
    "cognito-confirm-refused": "Another code",
    "session-ended": "A session that has ended",
    "lobby-empty": "The lobby before the first word",
    "lobby": "The lobby",
    "people": "Who is here, where there is no room beside the conversation",
    "account-menu": "The account's menu",
    "new-room": "A new room",
    "new-room-refused": "A name that is too long",
    "room-empty": "A room before the first word",
    "room-menu": "The room's menu",
    "invite": "The link for the others",
    "join": "Asking for a room by its link",
    "join-refused": "A link that leads nowhere",
    "not-in-room": "Whoever follows the link",
    "asked": "Waiting for an admin",
    "requests": "An admin sees who asks",
    "news": "Somebody asks for a room that is not on screen",
    "rejected": "Who was rejected",
    "room": "A conversation",
    "rooms": "The rooms, where there is no room for them",
    "message-actions": "What can be done with a message",
    "reactions": "Reacting to it",
    "editing": "Changing one's own words",
    "delete": "Before something is deleted",
    "search": "What a search found",
    "search-nothing": "A search that found nothing",
    "direct": "Direct messages",
    "refused": "A message that was not sent",
    "offline": "The connection is lost, and one goes on writing",
    "leave": "Before one leaves",
    "leave-hand-over": "Before the last admin leaves",
    "leave-alone": "Before the last member leaves",
    "gone": "A room that was left from another window",
    "unreachable": "No connection at all",
    "not-set-up": "A site without its configuration",
}
"""Their names, and what each shows."""

ROOM: Final = "Release party"
_PASSWORD: Final = "correct Horse 1!"
_LONG_WORD: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_BALLOONS: Final = """<body style="margin: 0; height: 100vh; display: grid; place-items: center; font-size: 9rem;
  background: linear-gradient(#8ec9f0, #fbe3c0)"><p style="margin: 0">🎈🎈🎈</p></body>"""

Show = Callable[[str, Page], Awaitable[None]]
"""Is called with each screen's name and page while it is there."""


class Tour:
    """
    Args:
        open_window: opens the site of a stack that nobody has used, with all ways to sign in.
        width_px, height_px: of everybody's window.
    """

    def __init__(self, open_window: OpenWindow, width_px: int, height_px: int, show: Show) -> None:
        self._open_window = open_window
        self._viewport = {"width": width_px, "height": height_px}
        self._show = show
        self._rooms_beside = width_px >= 768
        self._people_beside = width_px >= 1200

    async def go(self, target: Target, cut: Cut) -> None:
        """All of `SCREENS`; `people` and `rooms` only where they are screens of their own."""
        await self._entrance(target)
        vera = await self._lobby()
        mina, kim, link = await self._getting_in(vera)
        jonas = await self._conversation(vera, mina, link)
        await self._messages(vera)
        await self._search(vera)
        await self._direct(vera, kim)
        await self._leaving(vera, mina, kim)
        await self._lost(jonas, link, cut)
        await self._trouble(vera)

    # --- coming in ---

    async def _entrance(self, target: Target) -> None:
        window = await self._window()
        page = window.page
        await self._see("sign-in", page)
        await page.get_by_label("User name").fill("vera")
        await page.get_by_label("Password", exact=True).fill("not this one")
        await _button(page, "Sign in").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await self._see("sign-in-refused", page)

        await _button(page, "Use an Amazon Cognito account").click()
        await self._see("cognito-sign-in", page)
        await _button(page, "Create account").click()
        await page.get_by_label("User name").fill("ada")
        await page.get_by_label("E-mail").fill("ada@example.org")
        await self._see("cognito-sign-up", page)
        await page.get_by_label("Password", exact=True).fill("short")
        await _button(page, "Create account").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await self._see("cognito-sign-up-refused", page)
        await page.get_by_label("Password", exact=True).fill(_PASSWORD)
        await _button(page, "Create account").click()
        await expect(page.get_by_label("Code")).to_be_visible()
        await self._see("cognito-confirm", page)
        code = await code_for(target, "ada")
        await page.get_by_label("Code").fill(f"{(int(code) + 1) % 1_000_000:06}")
        await _button(page, "Confirm").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await self._see("cognito-confirm-refused", page)
        await page.close()

    async def _lobby(self) -> Window:
        vera = await self._account("vera")
        page = vera.page
        await expect(page.get_by_text("It is quiet in here")).to_be_visible()
        await self._see("lobby-empty", page)
        jonas, kim = await self._account("jonas"), await self._guest("kim")
        everyone = (vera, jonas, kim)
        await _say(vera, "Morning! The stack is up: accounts, rooms, presence, all of it on one laptop.", everyone)
        await _say(jonas, "That was quick. My coffee is still hot 😀", everyone)
        await _say(kim, "Hello from a guest on a phone 👋", everyone)
        await self._see("lobby", page)
        if not self._people_beside:
            await _button(page, "Members").click()
            await self._show_dialog("people", page)
        await jonas.page.close()
        await kim.page.close()
        await self._rooms(page)
        await _button(page, "Account of").click()
        await expect(page.get_by_role("menu")).to_be_visible()
        await self._see("account-menu", page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("menu")).to_be_hidden()
        await page.keyboard.press("Escape")
        return vera

    # --- rooms ---

    async def _getting_in(self, vera: Window) -> tuple[Window, Window, str]:
        """A room of vera's; mina is in, kim was rejected. They, and the link to it."""
        page = vera.page
        await self._rooms(page)
        await _button(page, "New room").click()
        await page.get_by_label("Room name").fill("A name of more than the sixty-four characters that a room may have")
        await self._see("new-room-refused", page)
        await page.get_by_label("Room name").fill(ROOM)
        await self._see("new-room", page)
        await page.get_by_label("Room name").press("Enter")
        await vera.is_in(ROOM)
        await self._see("room-empty", page)
        link = page.url
        await _button(page, "More about this room").click()
        await expect(page.get_by_role("menu")).to_be_visible()
        await self._see("room-menu", page)
        await page.get_by_role("menuitem", name="Invite people").click()
        await expect(page.get_by_label("Link")).to_be_visible()
        await self._show_dialog("invite", page)

        mina, kim = await self._account("mina"), await self._guest("kim")
        await self._rooms(kim.page)
        await _button(kim.page, "Join a room").click()
        await expect(kim.page.get_by_label("Link or room id")).to_be_visible()
        await self._see("join", kim.page)
        await kim.page.get_by_label("Link or room id").fill("01J0000000000000000000NONE")
        await _button(kim.page, "Ask to join").click()
        await expect(kim.page.get_by_role("alert")).not_to_be_empty()
        await self._show_dialog("join-refused", kim.page)

        await mina.page.goto(link)
        await expect(_button(mina.page, "Ask to join")).to_be_visible()
        await self._see("not-in-room", mina.page)
        await mina.ask(link, ROOM)
        await self._see("asked", mina.page)
        await kim.ask(link, ROOM)
        if not self._people_beside:
            await expect(page.get_by_text("kim asks to join")).to_be_visible()
            await expect(page.get_by_text("asks to join")).to_have_count(0)
        await self._people(page)
        await expect(_button(page, "Approve ~kim")).to_be_visible()
        await self._see("requests", page)
        await vera.approve("mina")
        await mina.is_in(ROOM)
        await vera.reject("~kim")
        await expect(kim.page.get_by_role("heading", name="was not accepted")).to_be_visible()
        await self._see("rejected", kim.page)
        await self._conversation_only(page)
        return mina, kim, link

    # --- a conversation ---

    async def _conversation(self, vera: Window, mina: Window, link: str) -> Window:
        """What vera sees of a room on coming back to it. jonas, who is in it too."""
        page = vera.page
        await _say(vera, "Who brings what tonight?", (vera, mina))
        await self._rooms(page)
        await vera.go_to("Lobby")
        jonas = await self._account("jonas")
        await jonas.ask(link, ROOM)
        await page.get_by_text("jonas asks to join").hover()  # it stays while the mouse is on it
        await self._show("news", page)
        await _button(page, "Dismiss").click()
        await self._rooms(page)
        await vera.go_to(ROOM)
        await self._people(page)
        await vera.approve("jonas")
        await jonas.is_in(ROOM)
        await self._conversation_only(page)
        await self._rooms(page)
        await vera.go_to("Lobby")

        others = (jonas, mina)
        await _say(jonas, "The plan is at https://example.org/party?at=8#music", others)
        await jonas.attach("playlist.txt", "text/plain", "…".encode() * 900)
        await expect(mina.page.get_by_role("button", name="Save playlist.txt")).to_be_visible()
        await _say(mina, "אני מביאה שתייה", others)
        await _say(mina, f"Is there a longer word than {_LONG_WORD}?", others)
        await mina.attach("balloons.png", "image/png", await _balloons(mina.page))
        await expect(jonas.page.get_by_role("img", name="balloons.png")).to_be_visible()
        await _say(jonas, "I bring the cake 🎂", others)
        await self._rooms(page)
        await vera.go_to(ROOM)
        for window in (vera, mina):
            await _react(window, "the cake", "🎉")
        await _say(vera, "What if I pull the network cable?", (vera, *others))
        await _say(mina, "It comes back by itself, reads what it missed, and sends what you wrote.", (vera, mina))
        await _say(vera, "Then the party is save.", (vera, *others))
        await vera.composer.press("ArrowUp")
        await vera.composer.fill("Then the party is safe. Music from eight!")
        await self._see("editing", page)
        await _button(page, "Save").click()
        await vera.shows("Then the party is safe. Music from eight!")
        await _say(mina, "🥳", (vera, mina))
        if not self._rooms_beside:
            await self._rooms(page)
            await self._show_dialog("rooms", page)
        await jonas.composer.press_sequentially("On my way")
        await expect(page.get_by_text("jonas is typing…")).to_be_visible()
        await vera.composer.focus()
        await self._see("room", page)
        await jonas.composer.fill("")
        return jonas

    async def _messages(self, vera: Window) -> None:
        page = vera.page
        own = _message(vera, "the party is safe")
        await page.get_by_role("log").focus()
        for message in (_message(vera, "🥳"), own):
            await page.keyboard.press("ArrowUp")
            await expect(message).to_be_focused()
        await self._see("message-actions", page)
        await own.get_by_role("button", name="React", exact=True).click()
        await expect(own.get_by_role("button", name="React with 🎉")).to_be_visible()
        await self._see("reactions", page)
        await page.keyboard.press("Escape")
        await own.get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("alertdialog")).to_be_visible()
        await self._see("delete", page)
        await _button(page.get_by_role("alertdialog"), "Delete").click()
        await vera.shows("Message deleted")

    async def _search(self, vera: Window) -> None:
        page = vera.page
        await _button(page, "Search").click()
        words = page.get_by_label("Words to look for")
        await words.fill("cake")
        await words.press("Enter")
        await expect(page.get_by_role("list", name="Messages found").get_by_role("listitem")).to_have_count(1)
        await self._see("search", page)
        await words.fill("umbrella")
        await words.press("Enter")
        await expect(page.get_by_text("Nothing with “umbrella”")).to_be_visible()
        await self._see("search-nothing", page)
        await _button(page, "Close search").click()

    async def _direct(self, vera: Window, kim: Window) -> None:
        site = kim.page.url.split("#")[0]
        await kim.page.goto(f"{site}#/room/%40vera")
        await kim.is_in("vera")
        await _say(kim, "Was it my name? I could come as somebody else", (kim,))
        await vera.page.goto(f"{site}#/room/%40~kim")
        await vera.is_in("kim")
        await _say(vera, "No, no. It is just that we are out of chairs", (vera, kim))
        await _say(kim, "I bring one!", (vera, kim))
        await self._see("direct", vera.page)
        await kim.page.goto(f"{site}#/room/%40nobody")
        await kim.is_in("nobody")
        await kim.say("Anybody there?")
        await expect(kim.page.get_by_role("log").get_by_role("alert")).to_be_visible()
        await self._see("refused", kim.page)

    # --- leaving ---

    async def _leaving(self, vera: Window, mina: Window, kim: Window) -> None:
        await self._rooms(vera.page)
        await vera.go_to(ROOM)
        await self._rooms(kim.page)
        await kim.create_room("Attic")
        for name, window in (("leave", mina), ("leave-hand-over", vera), ("leave-alone", kim)):
            page = window.page
            await _button(page, "More about this room").click()
            await page.get_by_role("menuitem", name="Leave room").click()
            await expect(page.get_by_role("alertdialog")).to_be_visible()
            await self._see(name, page)
            await _button(page, "Cancel").click()

    # --- what goes wrong ---

    async def _lost(self, jonas: Window, link: str, cut: Cut) -> None:
        page = jonas.page
        await page.context.set_offline(True)
        await cut("jonas")
        await expect(page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
        await jonas.say("In the tunnel, back in a minute")
        await expect(page.get_by_text("Waiting", exact=True)).to_be_visible()
        await self._see("offline", page)

        elsewhere = await self._account("jonas")
        await elsewhere.page.goto(link)
        await elsewhere.is_in(ROOM)
        await _button(elsewhere.page, "More about this room").click()
        await elsewhere.page.get_by_role("menuitem", name="Leave room").click()
        await _button(elsewhere.page, "Leave").click()
        await elsewhere.is_in("Lobby")
        await page.context.set_offline(False)
        await expect(page.get_by_role("heading", name=f"You are no longer in {ROOM}")).to_be_visible()
        await self._see("gone", page)

    async def _trouble(self, vera: Window) -> None:
        session = "JSON.stringify({ kind: 'account', username: 'vera', token: 'old', expiresAt: 0 })"
        await vera.page.evaluate(f"sessionStorage.setItem('cloudrig-chat.session', {session})")
        await vera.page.reload()
        await expect(vera.page.get_by_text("Your session has ended")).to_be_visible()
        await self._see("session-ended", vera.page)

        page = (await self._window()).page
        await page.context.set_offline(True)
        await page.get_by_label("User name").fill("lou")
        await _button(page, "Join as guest").click()
        await expect(page.get_by_role("heading", name="The chat cannot be reached")).to_be_visible()
        await self._see("unreachable", page)

        page = (await self._window()).page
        await page.route("**/config.json", lambda route: route.fulfill(status=404, body=""))
        await page.reload()
        await expect(page.get_by_role("heading", name="This site is not set up yet")).to_be_visible()
        await self._see("not-set-up", page)

    # --- windows ---

    async def _see(self, name: str, page: Page) -> None:
        """Show it with the mouse on nothing."""
        await page.mouse.move(0, 0)
        await self._show(name, page)

    async def _window(self) -> Window:
        window = await self._open_window(viewport=self._viewport, locale="en-GB", reduced_motion="reduce")
        await expect(window.page.get_by_label("User name")).to_be_visible()
        return window

    async def _account(self, name: str) -> Window:
        """In the lobby with the account of that name, made if there is none."""
        window = await self._window()
        await window.page.get_by_label("User name").fill(name)
        await window.page.get_by_label("Password", exact=True).fill(_PASSWORD)
        await _button(window.page, "Create account").click()
        taken = window.page.get_by_text("This user name is taken")
        await expect(window.page.get_by_role("log").or_(taken)).to_be_visible()
        if await taken.is_visible():
            await _button(window.page, "Sign in").click()
        await window.is_connected()
        return window

    async def _guest(self, name: str) -> Window:
        window = await self._window()
        await window.join_as_guest(name)
        return window

    async def _rooms(self, page: Page) -> None:
        """Have the list of rooms on screen."""
        if not self._rooms_beside:
            await page.get_by_role("button", name="Rooms").click()
            await expect(page.get_by_role("dialog")).to_be_visible()

    async def _people(self, page: Page) -> None:
        """Have the list of people on screen."""
        if not self._people_beside:
            await _button(page, "Members").click()
            await expect(page.get_by_role("dialog")).to_be_visible()

    async def _conversation_only(self, page: Page) -> None:
        """Close what lies over it."""
        if not self._people_beside:
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_be_hidden()

    async def _show_dialog(self, name: str, page: Page) -> None:
        """Show it, and close it."""
        await expect(page.get_by_role("dialog")).to_be_visible()
        await self._see(name, page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()


def _button(where: Page | Locator, name: str) -> Locator:
    """By its name, or the name's beginning where the rest is somebody's."""
    exact = not name.endswith(" of")
    return where.get_by_role("button", name=name, exact=exact)


def _message(window: Window, text: str) -> Locator:
    return window.page.get_by_role("article").filter(has_text=text)


async def _say(who: Window, text: str, everyone: tuple[Window, ...]) -> None:
    """One message, seen by everyone before the next."""
    await who.say(text)
    for window in everyone:
        await window.shows(text)


async def _react(window: Window, text: str, emoji: str) -> None:
    await _message(window, text).focus()
    await _message(window, text).get_by_role("button", name="React", exact=True).click()
    await _message(window, text).get_by_role("button", name=f"React with {emoji}").click()
    await expect(_message(window, text).get_by_role("button", name=f"{emoji} ")).to_be_visible()


async def _balloons(page: Page) -> bytes:
    """A picture to send."""
    paper = await page.context.new_page()
    await paper.set_viewport_size({"width": 640, "height": 448})
    await paper.set_content(_BALLOONS)
    picture = await paper.screenshot()
    await paper.close()
    return picture
