"""Fan-out: every message of a batch to every connection in its room.

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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handlers.chat import messages
from handlers.chat.delivery import Courier, Outbox, Outcome, outboxes, push, with_outcome
from handlers.chat.messages import Message
from handlers.chat.rooms import Connections, present


@dataclass(frozen=True)
class Entry:
    """One new message in the stream of Messages."""

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
    failed_at: str | None
    """Sequence number of the first message to be handed in again."""


class FanOut:
    def __init__(self, connections: Connections, courier: Courier) -> None:
        self._connections = connections
        self._courier = courier

    def run(self, batch: Sequence[Entry], now_ms: int, patience_s: float) -> Report:
        """Deliver a batch, giving connections that cannot be reached `patience_s` seconds to recover."""
        rooms = _by_room(batch)
        owed = [outbox for room_id in rooms for outbox in self._owed(room_id, rooms[room_id], now_ms)]
        self._courier.deliver(owed, patience_s)
        delivered = sum(outbox.delivered for outbox in owed)
        unreached = with_outcome(Outcome.UNAVAILABLE, owed)
        if delivered:
            self._courier.close(unreached)
        return Report(
            messages=len(batch),
            connections=len(owed),
            delivered=delivered,
            outcomes=dict(Counter(outbox.outcome.name.lower() for outbox in owed)),
            failed_at=None if delivered else _first_undelivered(batch, rooms, unreached),
        )

    def _owed(self, room_id: str, entries: Sequence[Entry], now_ms: int) -> list[Outbox]:
        """One for each connection in the room, which is read once however many messages there are."""
        pushes = [push("message", messages.view(entry.message)) for entry in entries]
        return outboxes(present(self._connections, room_id, now_ms), pushes, now_ms)


def _by_room(batch: Sequence[Entry]) -> dict[str, list[Entry]]:
    rooms: dict[str, list[Entry]] = {}
    for entry in batch:
        rooms.setdefault(entry.message.room_id, []).append(entry)
    return rooms


def _first_undelivered(
    batch: Sequence[Entry], rooms: Mapping[str, Sequence[Entry]], unreached: Iterable[Outbox]
) -> str | None:
    waiting = {rooms[outbox.connection.room_id][outbox.taken].sequence_number for outbox in unreached}
    return next((entry.sequence_number for entry in batch if entry.sequence_number in waiting), None)
