"""One process's load, from the entry of its users to the account of its messages."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gevent import Timeout  # type: ignore[import-untyped]

from loadtests.costs import ACCOUNT_S, LOOK_UP_MESSAGES
from loadtests.line import Line, LineError
from loadtests.load import Load
from loadtests.person import PATIENCE_S
from loadtests.profiles import Profile
from loadtests.schedule import Speech
from scenarios import protocol

ENTRY_TIMEOUT_S = 60.0
"""Besides the time of the ramp and of the accounts: how long the last user may take to get in."""
SILENCE_S = 10.0
"""When nobody speaks any more, what is still under way is waited for until nothing has come for so long."""
_POLL_S = 0.1
_SETTLING_POLL_S = 0.5


def enter(load: Load, users: int) -> None:
    """Wait until so many have entered or were turned away."""
    deadline = time.time() + entry_s(load.profile, users)
    while load.settled_in < users and time.time() < deadline and not load.over.is_set():
        time.sleep(_POLL_S)
    if load.settled_in < users:
        late = "were not in when it was over" if load.over.is_set() else "did not get in within a minute"
        load.ledger.trouble[late] += users - load.settled_in
        load.turned_away += users - load.settled_in


def entry_s(profile: Profile, users: int) -> float:
    """How long it may take until so many are in."""
    return profile.accounts * ACCOUNT_S + users / profile.ramp + ENTRY_TIMEOUT_S


def begin(load: Load, at: float) -> None:
    """Let everybody speak, from a moment on that may lie ahead."""
    load.started_at = at
    load.begin.set()


def drain(load: Load, quiet_s: float = 0.0) -> None:
    """Wait for what is late, as long as something comes: late is not lost. Of a load that was cut short, 10 s at most.

    Args:
        quiet_s: how long nothing must have come even where nothing is missing: other processes' messages may be late.
    """
    load.over.set()
    over_at = time.time()
    while time.time() < max(over_at, 0.0 if load.cut_short else load.ledger.last_at) + SILENCE_S:
        if load.ledger.is_settled and time.time() >= load.ledger.last_at + quiet_s:
            return
        time.sleep(_SETTLING_POLL_S)


def look_up(load: Load) -> None:
    """Read the whole history of every room in which something was said, over a connection of its own.

    Of a load that was cut short, as much as half a minute allows.
    """
    rooms = {message.room for message in load.ledger.messages.values()}
    with Timeout(PATIENCE_S if load.cut_short else None, False):
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
            with Timeout(PATIENCE_S, LineError("getMessages: no answer")):
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
    request = protocol.request("getMessages", requestId="history", roomId=room, before=before, limit=LOOK_UP_MESSAGES)
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
