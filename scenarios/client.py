"""A small client of the chat: accounts over REST, one connection over a WebSocket.

    accounts = Accounts(outputs["rest_url"])
    await accounts.sign_up("ann", "correct horse")
    login = await accounts.log_in("ann", "correct horse")
    async with await ChatClient.connect(outputs["websocket_url"], token=login.body["token"]) as ann:
        await ann.say("hello")
        await ann.expect("message", text="hello")

Nothing here sleeps: what is waited for is waited for until it comes or PATIENCE_S have passed, and then the failure
says what did come.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from scenarios import protocol
from scenarios.patience import PATIENCE_S
from scenarios.protocol import LOBBY, Frame

_REPORTED = 20


@dataclass(frozen=True)
class Answer:
    """What the REST API said."""

    status: int
    body: Any
    headers: dict[str, str]
    """Names in lower case."""

    @property
    def code(self) -> str:
        """The error code; empty if this is no error."""
        return str(self.body["error"]["code"]) if "error" in self.body else ""


class Accounts:
    """The REST API: signing up and logging in."""

    def __init__(self, rest_url: str) -> None:
        self._url = rest_url

    async def sign_up(self, username: str, password: str) -> Answer:
        return await self.post("/signup", json={"username": username, "password": password})

    async def log_in(self, username: str, password: str) -> Answer:
        return await self.post("/login", json={"username": username, "password": password})

    async def post(self, path: str, **body: Any) -> Answer:
        """Post `json=` or `data=` as it is, right or wrong."""
        return await self.request("POST", path, **body)

    async def request(self, method: str, path: str, **more: Any) -> Answer:
        timeout = aiohttp.ClientTimeout(PATIENCE_S)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.request(method, self._url + path, **more) as answer,
        ):
            body = await answer.json() if answer.content_type == "application/json" else await answer.text()
            return Answer(answer.status, body, {name.lower(): value for name, value in answer.headers.items()})


class Refused(Exception):
    """The server answered the handshake with this status in place of a connection."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the connection was refused with status {status}")
        self.status = status


class ChatClient:
    """One open connection, in one room; leaving its `async with` closes it.

    Every frame that arrives is kept until an `expect` takes it.
    """

    def __init__(self, connection: ClientConnection, username: str, room: str) -> None:
        self.username = username
        """As everybody sees it: a guest's begins with `~`."""
        self.room = room
        self._connection = connection
        self._frames: list[Frame] = []
        self._news = asyncio.Event()
        self._request_ids = count(1)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls,
        websocket_url: str,
        *,
        token: str | None = None,
        guest: str | None = None,
        username: str = "",
        room: str = LOBBY,
    ) -> ChatClient:
        """Open a connection with an account's token, as a guest of that name, or with neither.

        Args:
            username: whose token it is; a guest's is known.
        Raises:
            Refused: the server let nobody in.
        """
        url = protocol.connect_url(websocket_url, token=token, username=guest)
        try:
            connection = await connect(
                url, compression=None, ping_interval=None, max_size=None, open_timeout=PATIENCE_S, close_timeout=2
            )
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None
        return cls(connection, f"~{guest}" if guest else username, room)

    def __repr__(self) -> str:
        return f"<{self.username} in {self.room}>"

    # --- saying ---

    async def say(self, text: str, **more: object) -> Frame:
        """Send a message and wait until it is acknowledged; returns the `sent`."""
        return await self.ask("sendMessage", "sent", roomId=self.room, text=text, **more)

    async def history(self, *, before: str | None = None, limit: int | None = None) -> Frame:
        """One page of the room's messages, as the `messages` answer has it."""
        return await self.ask("getMessages", "messages", roomId=self.room, before=before, limit=limit)

    async def ask(self, action: str, answer_type: str, **fields: object) -> Frame:
        """A request that must be answered by this type; anything else fails the scenario."""
        answer = await self.request(action, **fields)
        assert answer.get("type") == answer_type, f"{self} asked {action} and was answered {answer}"
        return answer

    async def request(self, action: str, **fields: object) -> Frame:
        """Send a request and wait for its answer, whatever that is."""
        request_id = f"r{next(self._request_ids)}"
        await self.send(protocol.request(action, requestId=request_id, **fields))
        return await self.expect(None, requestId=request_id)

    async def send(self, content: str | bytes | Iterable[str]) -> None:
        """Send a text, bytes, or one message in several frames, as they are."""
        await self._connection.send(content)

    # --- hearing ---

    async def expect(self, kind: str | None, **fields: object) -> Frame:
        """Take the oldest frame kept or still to come that is of this type and has these fields.

        Args:
            kind: None for any type, and for frames without.
        Raises:
            AssertionError: it did not come; says what did.
        """
        wanted = fields if kind is None else {"type": kind, **fields}
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (frame := self._take(wanted)) is None:
                    await self._anything()
        except (TimeoutError, ConnectionClosed) as error:
            raise AssertionError(f"{self} never got {wanted}{self._report(error)}") from None
        return frame

    def arrived(self, kind: str, **fields: object) -> list[Frame]:
        """What has arrived of a kind and was not taken. That something is not there only says something after what
        would have come later is.
        """
        return [frame for frame in self._frames if protocol.matches(frame, {"type": kind, **fields})]

    async def until_closed(self) -> int:
        """Wait until the server closes the connection; the close code."""
        async with asyncio.timeout(PATIENCE_S):
            await self._connection.wait_closed()
        code = self._connection.close_code
        assert code is not None
        return code

    # --- leaving ---

    async def close(self) -> None:
        """Leave, with a close frame."""
        await self._connection.close()
        await self._reader

    async def vanish(self) -> None:
        """Be gone as a phone in a tunnel is: the TCP connection is reset, no close frame is sent."""
        raw: socket.socket = self._connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.transport.abort()
        await self._reader

    async def __aenter__(self) -> ChatClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- inside ---

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                self._frames.append(protocol.parse(text))
                self._news.set()
        except ConnectionClosed:
            pass  # without a close frame, or with an error code: whoever waits is told
        finally:
            self._news.set()

    async def _anything(self) -> None:
        """Wait for one more frame. Raises ConnectionClosed when none can come."""
        if self._reader.done():
            self._reader.result()
            await self._connection.recv()
        self._news.clear()
        await self._news.wait()

    def _take(self, wanted: dict[str, object]) -> Frame | None:
        for place, frame in enumerate(self._frames):
            if protocol.matches(frame, wanted):
                return self._frames.pop(place)
        return None

    def _report(self, error: Exception) -> str:
        why = f"within {PATIENCE_S:.0f} s" if isinstance(error, TimeoutError) else f"before {error}"
        lines = [f"  {frame}" for frame in self._frames[-_REPORTED:]] or ["  nothing"]
        return "\n".join([f" {why}; what came, at most the last {_REPORTED}:", *lines])
