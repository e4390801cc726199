"""One process's load, from the entry of its users to the account of its messages."""

from __future__ import annotations

import time
from collections.abc import Iterator

from loadtests.line import Line, LineError
from loadtests.profiles import Profile
from loadtests.schedule import Speech
from loadtests.users import PATIENCE_S, Load
from scenarios import protocol

ENTRY_TIMEOUT_S = 60.0
"""Besides the time of the ramp and of the accounts: how long the last user may take to get in."""
_ACCOUNT_S = 1.0
SILENCE_S = 10.0
"""When nobody speaks any more, what is still under way is waited for until nothing has come for so long."""
_POLL_S = 0.1
_SETTLING_POLL_S = 0.5
_PAGE_MESSAGES = 100


def enter(load: Load, users: int) -> None:
    """Wait until so many have entered or were turned away."""
    deadline = time.time() + entry_s(load.profile, users)
    while load.settled_in < users and time.time() < deadline:
        time.sleep(_POLL_S)
    if load.settled_in < users:
        load.ledger.trouble["did not get in within a minute"] += users - load.settled_in
        load.turned_away += users - load.settled_in


def entry_s(profile: Profile, users: int) -> float:
    """How long it may take until so many are in."""
    return profile.accounts * _ACCOUNT_S + users / profile.ramp + ENTRY_TIMEOUT_S


def begin(load: Load, at: float) -> None:
    """Let everybody speak, from a moment on that may lie ahead."""
    load.started_at = at
    load.begin.set()


def drain(load: Load, quiet_s: float = 0.0) -> None:
    """Wait for what is late, as long as something comes: late is not lost.

    Args:
        quiet_s: how long nothing must have come even where nothing is missing: other processes' messages may be late.
    """
    load.over.set()
    last_news = time.time()
    while time.time() < max(last_news, load.ledger.last_at) + SILENCE_S:
        if load.ledger.is_settled and time.time() >= load.ledger.last_at + quiet_s:
            return
        time.sleep(_SETTLING_POLL_S)


def look_up(load: Load) -> None:
    """Read the whole history of every room in which something was said, over a connection of its own."""
    rooms = {message.room for message in load.ledger.messages.values()}
    for room in sorted(rooms & load.readers.keys()):
        try:
            load.ledger.stored(room, list(_stored(load, room)))
        except LineError as error:
            load.ledger.trouble[f"the history could not be read: {error}"] += 1


def _stored(load: Load, room: str) -> Iterator[str]:
    line = Line(protocol.connect_url(load.websocket_url, **load.readers[room]), patience_s=PATIENCE_S)
    try:
        before: str | None = None
        while True:
            page = _page(line, room, before)
            for message in page["messages"]:
                speech = Speech.of_text(message["text"])
                if speech is not None and speech.run == load.run:
                    yield speech.key
            before = page.get("nextBefore")
            if before is None or page["messages"][0]["sentAt"] / 1000 < load.started_at - ENTRY_TIMEOUT_S:
                return
    finally:
        line.close()


def _page(line: Line, room: str, before: str | None) -> protocol.Frame:
    request = protocol.request("getMessages", requestId="history", roomId=room, before=before, limit=_PAGE_MESSAGES)
    try:
        line.send(request)
    except OSError as error:
        raise LineError(str(error)) from error
    for text in line.texts():
        frame = protocol.parse(text)
        if frame.get("requestId") == "history":
            if frame["type"] != "messages":
                raise LineError(f"getMessages: {frame.get('code')}")
            return frame
    raise LineError("getMessages: the connection ended")
