"""Fan-out: every message of a batch, new or changed, to every connection in its room.

Delivery is at least once. A batch that fails is handed in again and reaches some connections twice; clients drop
repeats by `messageId`. The opposite, a message that somebody never hears of, is kept out in two ways:

- Nothing got through to anyone: the callback API is down. The batch is reported failed from the first undelivered
  message on, and the event source mapping hands it in again.
- Others were reached, but one connection stays unavailable for as long as we have patience: handing the batch in
  again would hold up its whole room for one. That connection is closed instead, so that its client notices, connects
  anew and reads what it missed from the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handlers.chat import direct, messages
from handlers.chat.delivery import Courier, Outbox, Outcome, push, with_outcome
from handlers.chat.messages import Message
from handlers.chat.rooms import Connection

Listeners = Callable[[str, int], list[Connection]]
"""The connections that hear what is stored under a key, at a time in milliseconds."""


@dataclass(frozen=True)
class Entry:
    """One record in the stream of Messages: a message, new or changed."""

    sequence_number: str
    message: Message


@dataclass(frozen=True)
class Report:
    messages: int
    connections: int
    delivered: int
    """Pushes that were taken, of messages x connections."""
    outcomes: dict[str, int]
    """How many connections ended how."""
    unreached: int
    """Connections that were there and did not get everything."""
    failed_at: str | None
    """Sequence number of the first message to be handed in again."""


class FanOut:
    def __init__(self, listeners: Listeners, courier: Courier, *, handed_in_again: bool = True) -> None:
        """
        Args:
            handed_in_again: whether somebody hands a batch in again that failed; else it never fails, and connections
                are closed where nothing got through to anyone, too.
        """
        self._listeners = listeners
        self._courier = courier
        self._handed_in_again = handed_in_again

    def run(self, batch: Sequence[Entry], now_ms: int, patience_s: float) -> Report:
        """Deliver a batch, giving connections that cannot be reached `patience_s` seconds to recover."""
        by_room = _by_room(batch)
        owed = dict(
            zip(by_room, self._courier.each(lambda key: self._owed(key, by_room[key], now_ms), by_room), strict=True)
        )
        everything = [outbox for room in owed.values() for outbox in room]
        self._courier.deliver(everything, patience_s)
        delivered = sum(outbox.delivered for outbox in everything)
        unreached = {key: with_outcome(Outcome.UNAVAILABLE, room) for key, room in owed.items()}
        failed = self._handed_in_again and not delivered
        if not failed:
            self._courier.close([outbox for room in unreached.values() for outbox in room])
        waiting = {by_room[key][outbox.taken].sequence_number for key, room in unreached.items() for outbox in room}
        first = next((entry.sequence_number for entry in batch if entry.sequence_number in waiting), None)
        return Report(
            messages=len(batch),
            connections=len(everything),
            delivered=delivered,
            outcomes=dict(Counter(outbox.outcome.name.lower() for outbox in everything)),
            unreached=len(with_outcome(Outcome.UNAVAILABLE, everything) + with_outcome(Outcome.REFUSED, everything)),
            failed_at=first if failed else None,
        )

    def _owed(self, room_key: str, entries: Sequence[Entry], now_ms: int) -> list[Outbox]:
        """One for each connection in the room, which is read once however many messages there are."""
        pushes: dict[str, list[bytes]] = {}
        outboxes = []
        for connection in self._listeners(room_key, now_ms):
            room_id = direct.shown_to(connection.username, room_key)
            if room_id not in pushes:
                pushes[room_id] = [_push(entry.message, room_id) for entry in entries]
            opening = connection.may_be_opening(now_ms)
            outboxes.append(Outbox(connection, pushes[room_id], opening=opening))
        return outboxes


def _push(message: Message, room_id: str) -> bytes:
    return push("messageChanged" if message.revision else "message", messages.view(message, room_id))


def _by_room(batch: Sequence[Entry]) -> dict[str, list[Entry]]:
    rooms: dict[str, list[Entry]] = {}
    for entry in batch:
        rooms.setdefault(entry.message.room_id, []).append(entry)
    return rooms
