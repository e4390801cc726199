"""What is between a page and the WebSocket API: it goes down, and loses answers, when a scenario says so."""

from __future__ import annotations

import re

from playwright.async_api import Page, WebSocketRoute

from scenarios.patience import until


class Wire:
    def __init__(self) -> None:
        self._is_down = False
        self._loses_answer = False
        self._open: list[WebSocketRoute] = []

    async def lead(self, page: Page) -> None:
        """Lead all connections that the page opens from now on."""
        await page.route_web_socket(re.compile("^wss?:"), self._lead_one)

    async def go_down(self) -> None:
        """End all connections, and let none come about until `come_up`."""
        self._is_down = True
        for route in self._open:
            await route.close()

    def come_up(self) -> None:
        self._is_down = False

    def lose_next_answer(self) -> None:
        """Let the next message through to the server, and nothing back: the connection ends when it is answered."""
        self._loses_answer = True

    async def is_opened_again(self) -> None:
        """The page has opened another connection since the first, however long ago, or short, it was without one."""

        async def opened() -> int:
            return len(self._open)

        await until(opened, lambda number: number > 1, "a second connection")

    async def _lead_one(self, route: WebSocketRoute) -> None:
        if self._is_down:
            await route.close()
            return
        server = route.connect_to_server()
        self._open.append(route)
        is_answer_awaited = False

        def to_server(frame: str | bytes) -> None:
            nonlocal is_answer_awaited
            is_answer_awaited |= self._loses_answer and '"sendMessage"' in str(frame)
            server.send(frame)

        async def to_page(frame: str | bytes) -> None:
            if not is_answer_awaited:
                route.send(frame)
            elif '"sent"' in str(frame):
                self._loses_answer = False
                await server.close()
                await route.close()

        route.on_message(to_server)
        server.on_message(to_page)
