from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Event, Events
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb.errors import InternalServerError
from cloudrig.services.dynamodb.service import DynamoDb
from tests.services.dynamodb.conftest import BINARY, Api, item


async def test_zipped_requests_are_accepted(api: Api) -> None:
    table = await api.table()
    body = json.dumps({"TableName": table, "Item": item("a")}).encode()
    headers = {"Content-Encoding": "gzip"}
    assert (await api.send("PutItem", gzip.compress(body), **headers)).status == 200
    assert (await api("Scan", TableName=table))["Count"] == 1


@pytest.mark.parametrize("body", [b"", b"{", b"nothing"])
async def test_what_is_no_json(api: Api, body: bytes) -> None:
    for operation in ("DescribeTable", "GetItem"):
        response = await api.send(operation, body)
        assert response.status == 400
        assert b"#SerializationException" in response.body


async def test_regions_asked_for_at_once_open_once(api: Api) -> None:
    other = api.elsewhere("111122223333", "us-west-2")
    answers = await asyncio.gather(*(other("ListTables") for _ in range(8)))
    assert answers == [{"TableNames": []}] * 8
    region = await api.dynamodb.region(other.scope)
    assert region is await api.dynamodb.region(other.scope)


async def test_a_stream_batch_is_an_event(processes: Processes, tmp_path: Path) -> None:
    assert BINARY is not None
    clock = Clock()
    events = Events(clock.now)
    dynamodb = DynamoDb(BINARY, tmp_path, processes, clock, events)
    await dynamodb.start()
    api = Api(dynamodb, clock)
    heard: list[Event] = []
    try:
        table = await api.table("KEYS_ONLY")
        with events.subscribe(heard.append):
            await api.put(table, "a")
            arn = await api.stream_arn(table)
            await api.records(arn)
    finally:
        await dynamodb.close()
    assert [(event.kind, event.fields) for event in heard if event.kind == "dynamodb.stream"] == [
        ("dynamodb.stream", {"stream": arn, "records": 1})
    ]


async def test_a_file_that_is_no_database_is_told_of(processes: Processes, tmp_path: Path) -> None:
    """The rig does not start on it, says which file it is, and leaves no process behind."""
    folder = tmp_path / "dynamodb"
    folder.mkdir()
    (folder / "000000000000-us-east-1.sqlite").write_text("this is no database " * 100)
    assert BINARY is not None
    clock = Clock()
    dynamodb = DynamoDb(BINARY, tmp_path, processes, clock, Events(clock.now))
    with pytest.raises(InternalServerError, match=r"000000000000-us-east-1\.sqlite"):
        await dynamodb.start()
    await dynamodb.close()
