"""What all users of one process share, and Locust's environment with it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event

from locust.env import Environment

from loadtests.accounts import Accounts
from loadtests.entry import Entry
from loadtests.ledger import Ledger
from loadtests.profiles import Profile
from loadtests.rooms import Rooms

_SOURCES = 8
"""Addresses of this machine that connections come from in turn: each has 28,000 ports to one server."""


@dataclass
class Load:
    """What all users of one process share.

    Attributes:
        begin: set once everybody is there; `started_at` says when, in epoch seconds.
        over: set when nobody is to speak any more.
        finished: set when everything has been heard and read: from then on connections are closed.
        cut_short: why it is over before its time; empty if it is not.
        settled_in: how many users are there for good, or were turned away.
    """

    websocket_url: str
    profile: Profile
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    ledger: Ledger = field(default_factory=Ledger)
    begin: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    finished: Event = field(default_factory=Event)
    started_at: float = 0.0
    cut_short: str = ""
    settled_in: int = 0
    turned_away: int = 0
    accounts: Accounts = field(init=False)
    shared_accounts: Accounts = field(init=False)
    entry: Entry = field(init=False)
    rooms: Rooms = field(init=False)
    readers: dict[str, dict[str, str]] = field(default_factory=dict)
    """Room → what to connect with in order to read its history."""
    _sources: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.accounts = Accounts()
        self.shared_accounts = Accounts(self.profile.accounts)
        self.entry = Entry(self.shared_accounts, self.profile.ramp)
        self.rooms = Rooms(self.profile.room_size)

    def source(self) -> str | None:
        """The address that the next connection comes from, where the system has several for this machine itself."""
        local = "//127.0.0.1" in self.websocket_url and self.profile.users > 1000
        return f"127.0.0.{2 + next(self._sources) % _SOURCES}" if local else None

    @property
    def rate_per_speaker(self) -> float:
        return self.profile.rate / self.profile.speakers if self.profile.speakers else 0.0


class LoadEnvironment(Environment):
    """Locust's environment with the load in it; who runs a profile's users says which kinds there are."""

    load: Load
