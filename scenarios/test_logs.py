"""Logs: what the functions leave in CloudWatch Logs, and what they must not."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.client import Refused
from scenarios.patience import until
from scenarios.story import Chat


class Groups:
    """The log groups of the functions, from the moment a scenario begins."""

    def __init__(self, logs: Any, functions: dict[str, str]) -> None:
        self._logs = logs
        self._functions = functions
        self._since_ms = int(time.time() * 1000) - 60_000  # the server's clock may be late

    async def lines(self, function: str) -> list[str]:
        """Everything logged by a function of that short name."""

        def read() -> list[str]:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{self._functions[function]}", startTime=self._since_ms
            )
            return [event["message"] for page in pages for event in page["events"]]

        return await asyncio.to_thread(read)

    async def invocation(self, function: str, marker: str) -> list[str]:
        """Wait for an invocation with the marker in one of its lines to be logged to the end; its lines."""
        lines = await until(
            lambda: self.lines(function),
            lambda lines: bool(_finished(lines, marker)),
            f"{function} logged an invocation with {marker} to its end",
        )
        return _finished(lines, marker)


def _finished(lines: list[str], marker: str) -> list[str]:
    """The lines of the invocation that has the marker; none while there is no REPORT of it."""
    for line in lines:
        if marker in line and line.startswith("{"):
            request_id = json.loads(line)["requestId"]
            found = [each for each in lines if request_id in each]
            return found if any(each.startswith("REPORT") for each in found) else []
    return []


@pytest.fixture
def groups(aws: Clients, outputs: dict[str, Any]) -> Groups:
    return Groups(aws("logs"), outputs["functions"])


async def test_an_invocation_is_framed(chat: Chat, groups: Groups) -> None:
    """Every invocation stands in its function's group between Lambda's START and END, with a REPORT of its cost.
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    (ann,) = await chat.join("lobby", "ann")
    connection_id = (await chat.row(ann))["connectionId"]["S"]
    await ann.say("for the record")
    lines = await groups.invocation("send-message", connection_id)
    request_id = json.loads(lines[1])["requestId"]
    assert [line.split()[0] for line in (lines[0], *lines[2:])] == ["START", "END", "REPORT"]
    assert re.match(rf"START RequestId: {request_id} Version: \$LATEST", lines[0])
    assert re.match(rf"END RequestId: {request_id}", lines[2])
    assert re.match(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 256 MB\tMax Memory Used: \d+ MB",
        lines[3],
    )


async def test_what_is_said_is_not_logged(chat: Chat, groups: Groups) -> None:
    """Messages are nobody's business but the room's: no text of one is in any log, not when it is refused either."""
    (ann,) = await chat.join("lobby", "ann")
    connection_id = (await chat.row(ann))["connectionId"]["S"]
    secret = chat.name("between-us")
    sent = await ann.say(secret)
    await ann.request("sendMessage", roomId="lobby", text=secret, clientId=7)
    await ann.request("no such action", text=secret)
    await ann.expect("message", messageId=sent["messageId"])
    await groups.invocation("send-message", connection_id)
    await groups.invocation("default", connection_id)
    for function in ("send-message", "fan-out", "default"):
        assert not [line for line in await groups.lines(function) if secret in line]


async def test_credentials_are_not_logged(chat: Chat, groups: Groups) -> None:
    """No password and no token is in any log: neither of who got in nor of who did not."""
    account = await chat.account("ann")
    ann = await chat.enter(account)
    connection_id = (await chat.row(ann))["connectionId"]["S"]
    await chat.accounts.post("/login", json={"username": account.username, "password": account.password, "x": 1})
    await groups.invocation("connect", connection_id)
    for function in ("signup", "login", "connect"):
        lines = await groups.lines(function)
        for confidential in (account.password, account.token, account.token.split(".")[2]):
            assert not [line for line in lines if confidential in line]


async def test_logs_are_not_kept_for_ever(aws: Clients, outputs: dict[str, Any]) -> None:
    """Each function's group is made by the stack, with a retention: what Lambda makes by itself is kept, and paid,
    for ever.
    """
    for name in outputs["functions"].values():
        found = aws("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        (group,) = [group for group in found if group["logGroupName"] == f"/aws/lambda/{name}"]
        assert group["retentionInDays"] > 0


async def test_no_log_group_of_all_holds_a_secret(chat: Chat, groups: Groups, outputs: dict[str, Any]) -> None:
    """Whatever is confidential in one story, through every function that gets to see it: passwords, tokens right and
    wrong, words said, changed, searched for and written to one person, names of files.
    """
    account = await chat.account("ann")
    ann = await chat.enter(account)
    (bob,) = await chat.join("lobby", "bob")
    connection_id = (await chat.row(ann))["connectionId"]["S"]
    words = {what: chat.name(what) for what in ("said", "changed", "searched", "private", "file", "wrong")}
    await chat.accounts.post("/login", json={"username": account.username, "password": words["wrong"]})
    with pytest.raises(Refused):
        await chat.connect(token=f"{account.token}{words['wrong']}")
    sent = await ann.say(words["said"])
    where = {"roomId": "lobby", "messageId": sent["messageId"]}
    await ann.ask("editMessage", "edited", **where, text=words["changed"])
    await ann.ask("sendMessage", "sent", roomId=f"@{bob.username}", text=words["private"])
    await ann.request("sendFile", roomId="lobby", fileId="none", name=words["file"])
    await ann.ask("searchMessages", "found", roomId="lobby", query=words["searched"])
    for function in ("search-messages", "edit-message", "send-file"):
        await groups.invocation(function, connection_id)
    confidential = [*words.values(), account.password, account.token, *account.token.split(".")[1:]]
    for function in outputs["functions"]:
        lines = await groups.lines(function)
        assert not [each for each in confidential for line in lines if each in line], function
