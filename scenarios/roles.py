"""Whether each function's role allows what the function does, and nothing else: what all scenarios used it for, on all
rigs of a session, against its policy.

With `-n` every worker has a rig that sees only its part. That nothing is missing can be told from any part. That
nothing is unused can be told from all parts together, after a run of all scenarios: `--unused-permissions` asks for it.
Stacks that scenarios deploy beside the session's count with it, by function.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

Report = dict[str, Any]
"""What a rig says at `/_cloudrig/roles`: role → `calls` and `allows`."""

_ROLE = re.compile(r"arn:aws:iam::\d+:role/(?P<prefix>[^/]+)/(?P=prefix)-(?P<function>.+)-[a-z]{2}(-[a-z]+)+-\d")
_API = re.compile(r"(:execute-api:[^:]*:[^:]*:)[^/]+")
# What Lambda does itself under a function's role, which the rig does without asking anybody.
_LAMBDAS_OWN = re.compile(r"logs:.*|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)")


# Closing a connection that takes nothing is proven in test_delivery, where a relay asks for it under its own name.
# Where fan-out is direct each function that stores or changes a message may have to.
_CLOSES = re.compile(
    r"(fan-out|send-message|send-file|edit-message|delete-message|react) may execute-api:ManageConnections"
    r" on .*/DELETE/@connections/\*"
)


def begin(rig_url: str) -> None:
    """Have a rig record."""
    _ask(rig_url, method="POST")


def report(rig_url: str) -> Report:
    """What it has recorded."""
    found: Report = _ask(rig_url)["roles"]
    return found


def refused(reports: Iterable[Report]) -> list[str]:
    """What functions did that their roles do not allow."""
    return sorted(
        {
            f"{function} does {call['action']} on {_named(prefix, call['resource'])}"
            for prefix, function, role in _functions(reports)
            for call in role["calls"]
            if not call["allowed"]
        }
    )


def unused(reports: Iterable[Report]) -> list[str]:
    """What roles allow and no function of that name did, in whatever stack."""
    used: dict[str, bool] = {}
    for prefix, function, role in _functions(reports):
        for allowed in role["allows"]:
            if not _LAMBDAS_OWN.fullmatch(allowed["action"]):
                claim = f"{function} may {allowed['action']} on {_named(prefix, allowed['resource'])}"
                used[claim] = used.get(claim, False) or allowed["used"]
    return sorted(claim for claim, is_used in used.items() if not is_used and not _CLOSES.fullmatch(claim))


def _functions(reports: Iterable[Report]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Prefix of the stack, short name of the function and what is told of its role; other roles are nobody's here."""
    for one in reports:
        for arn, role in one.items():
            if found := _ROLE.fullmatch(arn):
                yield found["prefix"], found["function"], role


def _named(prefix: str, resource: str | None) -> str:
    """A resource as it is called in every stack."""
    return _API.sub(r"\1*", (resource or "?").replace(f"{prefix}-", "").replace(f"{prefix}/", ""))


def _ask(rig_url: str, method: str = "GET") -> Any:
    with urllib.request.urlopen(urllib.request.Request(f"{rig_url}/_cloudrig/roles", method=method)) as answer:
        return json.load(answer)
