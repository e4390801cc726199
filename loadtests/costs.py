"""What a load costs on AWS, at the most: foreseen from its profile, and reckoned from what was counted while it runs.

Both are the same sum over what people do (`Acts`), so that one can be held against the other. What the chat itself does
for each act is rounded up from what the rig's meter reads (`scenarios/test_load.py` holds a load against it). How long
functions take on AWS is unverified; it is taken for many times what they take here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from cloudrig.metering import GB, MESSAGE_STEP_BYTES
from loadtests.ledger import Ledger
from loadtests.profiles import Profile

ACCOUNT_S = 1.0
"""To open one of the accounts that people share, before anybody enters."""
ASIDE_S = 60.0
"""Besides accounts, ramp and duration: until the last are in, what is late has come, and the histories are read."""
LOOK_UP_MESSAGES = 100
"""Of a page of history, when all are looked up at the end."""
_MEMORY_GB = 0.5
"""Of the largest functions that a load invokes."""
_INVOCATION_S, _COLD_START_S, _PASSWORD_S, _PUSH_S = 0.1, 1.0, 0.5, 0.02
_LOG_BYTES = 2000
"""Of one invocation: Lambda's three lines and the function's own."""
_FRAME_BYTES, _HISTORY_BYTES = 1024, 2 * MESSAGE_STEP_BYTES
_STORED_BYTES = 2000
"""Of an account, a connection or a message, its rows in all tables and indexes."""
_LOOKED_UP = 20
"""What the command asks of S3 to find what is deployed, at the price of LIST."""
_METRICS = 20
"""Custom metrics of the chat that a load has put, each billed for every hour in which it is."""


@dataclass(frozen=True)
class Acts:
    """What the people of a load do, each act with all that follows from it, even if that is still to come.

    Attributes:
        accounts: how many sign up and log in.
        connections: opened, and closed sooner or later.
        requests: frames in, of whatever kind.
        messages: those of them that are messages.
        histories: those of them that ask for a page of history.
        frames: in and out, in steps of 32 KB.
    """

    accounts: float = 0.0
    connections: float = 0.0
    connection_minutes: float = 0.0
    requests: float = 0.0
    messages: float = 0.0
    histories: float = 0.0
    frames: float = 0.0

    def usage(self) -> dict[str, float]:
        """In the dimensions of the price table."""
        out = max(self.frames - self.requests, 0.0)
        invocations = 2 * self.accounts + 4 * self.connections + self.requests + self.messages
        busy_s = _INVOCATION_S * invocations + _PUSH_S * out
        hours = 2 + self.connection_minutes / 60 / max(self.connections, 1.0)  # it may span the turn of one
        stored_gb = _STORED_BYTES * (self.accounts + self.connections + self.messages) / GB
        busy_s += _COLD_START_S * self.connections + 2 * _PASSWORD_S * self.accounts
        return {
            "apigateway.websocketMessages": self.frames,
            "apigateway.connectionMinutes": self.connection_minutes,
            "apigateway.restRequests": 2 * self.accounts,
            "lambda.requests": invocations,
            "lambda.gbSeconds": _MEMORY_GB * busy_s,
            "dynamodb.writeUnits": 20 * self.accounts + 16 * self.connections + 4 * self.messages,
            "dynamodb.readUnits": 10 * (self.connections + self.requests) + 0.05 * out,
            "dynamodb.storageGbMonths": stored_gb,
            "dynamodb.backupGbMonths": stored_gb,
            "s3.writes": _LOOKED_UP,
            "logs.ingestedGb": _LOG_BYTES * invocations / GB,
            "logs.storedGbMonths": _LOG_BYTES * invocations / GB,
            "cloudwatch.metricHours": _METRICS * hours,
            "kms.requests": self.accounts + self.connections,
            "transfer.outGb": (_FRAME_BYTES * (out + 2 * self.accounts) + _HISTORY_BYTES * self.histories) / GB,
        }


def total(parts: Iterable[Acts]) -> Acts:
    """What several processes have done."""
    return Acts(*map(sum, zip(*map(astuple, parts), strict=True)))


def length_s(profile: Profile) -> float:
    """How long a load takes."""
    return profile.accounts * ACCOUNT_S + profile.users / profile.ramp + profile.duration_s + ASIDE_S


def foreseen(profile: Profile) -> Acts:
    """All of a load, if everybody gets in, everything arrives, and the lobby is told of each who comes and goes."""
    returns = profile.reconnectors * _losses(profile)
    accounts = profile.chatters + (profile.accounts or profile.lurkers + profile.reconnectors)
    messages = profile.rate * (profile.duration_s + _spiked_s(profile))
    histories = profile.chatters * (1 + _times(profile.duration_s, profile.history_every_s)) + returns
    histories += messages / LOOK_UP_MESSAGES + 1 + _rooms(profile)
    pings = profile.lurkers * (1 + profile.duration_s / profile.heartbeat_s)
    seatings = 2 * profile.chatters if profile.room_size else 0
    requests = messages * (1 + profile.typing) + histories + pings + seatings
    pushes = messages * (1 + profile.typing) * _hearers(profile) + seatings * (1 + profile.room_size)
    pushes += (accounts + profile.guests + 2 * min(returns, accounts * _losses(profile))) * profile.users
    return Acts(
        accounts=accounts,
        connections=profile.users + returns,
        connection_minutes=profile.users * length_s(profile) / 60,
        requests=requests,
        messages=messages,
        histories=histories,
        frames=2 * requests + _HISTORY_BYTES / MESSAGE_STEP_BYTES * histories + pushes,
    )


def counted(ledger: Ledger, now: float) -> Acts:
    """What has been done until now; with the last look at the histories, and the pushes when all leave."""
    series = ledger.series
    minutes = sum((each.until or now) - min(each.rooms.values()) for each in ledger.connections.values()) / 60
    people = len({name.partition("#")[0] for name in ledger.connections})
    looks = len(ledger.messages) / LOOK_UP_MESSAGES + len({message.room for message in ledger.messages.values()})
    return Acts(
        accounts=len(series["sign up"].at),
        connections=len(ledger.connections) + ledger.trouble.total(),
        connection_minutes=minutes,
        requests=ledger.requests + looks,
        messages=len(ledger.messages),
        histories=len(series["history"].at) + looks,
        frames=ledger.frames + 3 * looks + people * ledger.standing / 2,
    )


def _hearers(profile: Profile) -> float:
    """Of a message, on average over who says it: a room, or everybody, who are all in the lobby."""
    if not profile.speakers:
        return 0.0
    in_rooms = profile.chatters if profile.room_size else 0
    return (in_rooms * profile.room_size + (profile.speakers - in_rooms) * profile.users) / profile.speakers


def _rooms(profile: Profile) -> float:
    return profile.chatters / profile.room_size if profile.room_size else 0.0


def _losses(profile: Profile) -> float:
    """How often each reconnector loses the connection."""
    return 1.0 if profile.drop_together else profile.duration_s / profile.drop_every_s + 1


def _spiked_s(profile: Profile) -> float:
    """For how much longer one would have to speak to say as much without the spike."""
    return profile.spike[1] * (profile.spike[2] - 1) if profile.spike else 0.0


def _times(duration_s: float, every_s: float) -> float:
    """How often, at random pauses of half to one and a half of `every_s`; 0 is never."""
    return 2 * duration_s / every_s if every_s else 0.0
