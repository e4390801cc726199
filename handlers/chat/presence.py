"""Presence: telling the lobby who comes and who goes.

A user is online while at least one connection is open. The rows of Presence say which are, so a record of the table's
stream, with the row before and after, says whether somebody came or went; nothing else has to be read or remembered,
and a batch that is handed in again says the same again. Of what happens to a user within a batch the end is told.

A lobby of n costs n posts for each push, and n people who come at once would cost n². So when a batch has more than a
few changes they share one push.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from handlers.chat.attendance import Standing
from handlers.chat.delivery import push
from handlers.chat.usernames import user_id

# The most changes of a batch that get a push each.
_FEW: Final = 10


@dataclass(frozen=True)
class Record:
    """A user's standing before and after one change of the row; None where there is no row."""

    before: Standing | None
    after: Standing | None


def changes(records: Iterable[Record]) -> list[Standing]:
    """Who came online or went offline, as it stands after the records, in the order of their first changes.

    Also of who is back where they were before: somebody may have read in between who is there.
    """
    changed: dict[str, Standing] = {}
    for record in records:
        named = record.after or record.before
        if named is not None and _is_online(record.before) != _is_online(record.after):
            changed[user_id(named.username)] = Standing(named.username, _is_online(record.after))
    return list(changed.values())


def pushes(changed: Sequence[Standing]) -> list[bytes]:
    """`presence` `{username, online}` for each, or one `{changes: [{username, online}, …]}` for many."""
    views = [{"username": each.username, "online": each.online} for each in changed]
    if len(views) > _FEW:
        return [push("presence", {"changes": views})]
    return [push("presence", view) for view in views]


def _is_online(standing: Standing | None) -> bool:
    return standing is not None and standing.online
