"""What a load is: how many people of which kind, where they speak, how often; and the loads that have a name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Profile:
    """One load.

    Attributes:
        chatters: people with an account who speak and listen, in a room of their own or in the lobby.
        guests: people without, who speak and listen in the lobby.
        lurkers: people with an account who are only connected, and send a `ping` every `heartbeat_s`.
        reconnectors: lurkers whose connection is lost every `drop_every_s`, and who come back.
        room_size: chatters in a room, the founder included; 0 has them all in the lobby.
        rate: messages per second of all who speak together.
        duration_s: for how long they speak.
        ramp: how many people enter per second.
        text_chars: length of a message.
        accounts: how many accounts the lurkers and reconnectors share; 0 gives each their own.
        typing: what share of messages is announced by `typing`.
        history_every_s: how often a chatter reads the room's last page again; 0: on entry only.
        drop_together: whether reconnectors are lost all at once, or each at a time of its own.
        spike: from when on, for how long and how many times as much is said.
    """

    chatters: int = 0
    guests: int = 0
    lurkers: int = 0
    reconnectors: int = 0
    room_size: int = 0
    rate: float = 0.0
    duration_s: float = 30.0
    ramp: float = 20.0
    text_chars: int = 200
    accounts: int = 0
    typing: float = 0.0
    history_every_s: float = 0.0
    heartbeat_s: float = 30.0
    drop_every_s: float = 10.0
    drop_together: bool = False
    spike: tuple[float, float, float] | None = None

    @property
    def users(self) -> int:
        return self.chatters + self.guests + self.lurkers + self.reconnectors

    @property
    def speakers(self) -> int:
        return self.chatters + self.guests

    def with_users(self, users: int) -> Profile:
        """The same mix with so many people; each kind that there is keeps at least one."""
        kinds = ("chatters", "guests", "lurkers", "reconnectors")
        counts = {
            kind: max(1, round(getattr(self, kind) * users / self.users)) for kind in kinds if getattr(self, kind)
        }
        most = max(counts, key=lambda kind: counts[kind])
        counts[most] = max(1, counts[most] + users - sum(counts.values()))
        return replace(self, **counts)

    def changed(self, **changes: Any) -> Profile:
        """With those of the changes that are not None."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    @classmethod
    def of_dict(cls, values: dict[str, Any]) -> Profile:
        """From `dataclasses.asdict`, after it has been through JSON or msgpack."""
        known = {field.name for field in fields(cls)}
        spike = values.get("spike")
        return cls(**{**{k: v for k, v in values.items() if k in known}, "spike": tuple(spike) if spike else None})


PROFILES: dict[str, Profile] = {
    "smoke": Profile(
        chatters=6, guests=2, lurkers=2, reconnectors=2, room_size=3, rate=8, duration_s=20, ramp=6, typing=0.2,
        history_every_s=5, heartbeat_s=5, drop_every_s=6,
    ),
    "rooms": Profile(chatters=50, room_size=10, rate=50, duration_s=60, ramp=10, typing=0.1, history_every_s=20),
    "broadcast": Profile(guests=1000, rate=1, duration_s=30, ramp=200),
    "connections-10k": Profile(
        lurkers=10_000, accounts=100, duration_s=300, ramp=300, heartbeat_s=60,
    ),
    "spike": Profile(chatters=30, room_size=10, rate=20, duration_s=60, ramp=10, spike=(20, 10, 10)),
    "soak": Profile(chatters=20, room_size=10, rate=100, duration_s=600, ramp=10),
    "reconnect-storm": Profile(
        chatters=10, reconnectors=2000, accounts=50, room_size=10, rate=10, duration_s=40, ramp=200,
        heartbeat_s=60, drop_every_s=10, drop_together=True,
    ),
}  # fmt: skip

MEANING = {
    "smoke": "a little of everything, in half a minute",
    "rooms": "people in rooms of ten who type, speak and read",
    "broadcast": "a thousand guests in the lobby hear each message",
    "connections-10k": "ten thousand connections held for five minutes",
    "spike": "ten times as much is said for ten seconds",
    "soak": "100 messages per second for ten minutes",
    "reconnect-storm": "two thousand connections are lost at once and come back",
}
