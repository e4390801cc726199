from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from cloudrig.services.dynamodb import feed as feed_module
from cloudrig.services.dynamodb import log as log_module
from cloudrig.services.dynamodb.feed import Feed
from cloudrig.services.dynamodb.store import Store
from tests.services.dynamodb.conftest import Api, Failed, Running, item
from tests.services.lambda_.harness import until


async def _feed(api: Api, table: str) -> Feed:
    feed = (await api.dynamodb.region(api.scope)).enabled_feed(table)
    assert feed is not None
    return feed


async def _changes(api: Api, table: str) -> list[tuple[str, str]]:
    records = await api.records(await api.stream_arn(table))
    return [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in records]


async def test_every_kind_of_write_is_seen(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    key = {"id": {"S": "put"}}
    await api.put(table, "put")
    await api(
        "UpdateItem",
        TableName=table,
        Key=key,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    await api("DeleteItem", TableName=table, Key=key)
    await api("BatchWriteItem", RequestItems={table: [{"PutRequest": {"Item": item("batch")}}]})
    await api("TransactWriteItems", TransactItems=[{"Put": {"TableName": table, "Item": item("transact")}}])
    await api("ExecuteStatement", Statement=f"INSERT INTO \"{table}\" VALUE {{'id': 'partiql'}}")
    statement = {"Statement": f"INSERT INTO \"{table}\" VALUE {{'id': 'batch-partiql'}}"}
    await api("BatchExecuteStatement", Statements=[statement])
    statement = {"Statement": f"INSERT INTO \"{table}\" VALUE {{'id': 'transact-partiql'}}"}
    await api("ExecuteTransaction", TransactStatements=[statement])
    assert await _changes(api, table) == [
        ("INSERT", "put"),
        ("MODIFY", "put"),
        ("REMOVE", "put"),
        ("INSERT", "batch"),
        ("INSERT", "transact"),
        ("INSERT", "partiql"),
        ("INSERT", "batch-partiql"),
        ("INSERT", "transact-partiql"),
    ]


async def test_a_table_name_in_disguise_is_seen(api: Api) -> None:
    """JSON may spell any character as an escape."""
    table = await api.table("KEYS_ONLY")
    disguised = "".join(f"\\u{ord(character):04x}" for character in table)
    response = await api.send("PutItem", f'{{"TableName":"{disguised}","Item":{{"id":{{"S":"a"}}}}}}'.encode())
    assert response.status == 200
    assert await _changes(api, table) == [("INSERT", "a")]


async def test_a_write_that_changes_nothing_leaves_no_record(api: Api) -> None:
    table = await api.table("NEW_AND_OLD_IMAGES")
    await api.put(table, "a", tags={"SS": ["x", "y"]})
    await api.put(table, "a", tags={"SS": ["y", "x"]})
    await api("DeleteItem", TableName=table, Key=item("missing"))
    with pytest.raises(Failed, match="conditional"):
        await api("PutItem", TableName=table, Item=item("a"), ConditionExpression="attribute_not_exists(id)")
    await api.put(table, "b")
    assert await _changes(api, table) == [("INSERT", "a"), ("INSERT", "b")]


async def test_records_of_one_item_keep_their_order_under_many_writers(api: Api) -> None:
    """Each write adds one to a counter; the stream must show the counter rise by one, for every item."""
    table = await api.table("NEW_AND_OLD_IMAGES")

    async def add(key: str) -> None:
        for _ in range(10):
            await api(
                "UpdateItem",
                TableName=table,
                Key=item(key),
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    async with asyncio.TaskGroup() as tasks:
        for writer in range(12):
            tasks.create_task(add(f"item-{writer % 3}"))
    counted: dict[str, list[int]] = {}
    for record in await api.records(await api.stream_arn(table)):
        image: dict[str, Any] = record["dynamodb"]["NewImage"]
        counted.setdefault(image["id"]["S"], []).append(int(image["n"]["N"]))
    assert counted == {f"item-{number}": list(range(1, 41)) for number in range(3)}


async def test_wait_returns_as_soon_as_there_is_a_record(api: Api) -> None:
    """No polling: the wake-up follows the write by milliseconds."""
    table = await api.table("KEYS_ONLY")
    feed = await _feed(api, table)
    waiting = asyncio.create_task(feed.wait())
    await asyncio.sleep(0)
    await api.put(table, "a")
    started = time.perf_counter()
    await waiting
    assert time.perf_counter() - started < 1.0
    assert len((await feed.read(feed.stream.start, 10)).records) == 1


async def test_wait_does_not_wait_for_what_nobody_has_read(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    feed = await _feed(api, table)
    await api.put(table, "a")
    await feed.settled()
    async with asyncio.timeout(1):
        await feed.wait()


async def test_one_write_wakes_every_reader(api: Api) -> None:
    """Two event source mappings on one stream: the quicker must not eat the other's wake-up."""
    table = await api.table("KEYS_ONLY")
    feed = await _feed(api, table)

    async def follow() -> int:
        await feed.wait()
        return len((await feed.read(feed.stream.start, 10)).records)

    readers = [asyncio.create_task(follow()) for _ in range(2)]
    await asyncio.sleep(0)
    await api.put(table, "a")
    async with asyncio.timeout(2):
        assert await asyncio.gather(*readers) == [1, 1]


async def test_records_that_left_memory_are_read_again(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is missing, nothing comes twice, wherever the window ends."""
    monkeypatch.setattr(log_module.Log.__init__, "__defaults__", (2_000,))
    api = await running.start()
    table = await api.table("NEW_IMAGE")
    for number in range(130):
        await api.put(table, f"{number:03d}", text="x" * 20)
        if number % 10 == 0:
            await api.put(table, f"{number:03d}", text="x" * 20)
    feed = await _feed(api, table)
    await feed.settled()
    assert len(feed._log.after(feed._log.floor, 1000)) < 60
    seen: list[str] = []
    position = feed.stream.start
    while records := (page := await feed.read(position, 7)).records:
        seen += [record.parsed()["dynamodb"]["Keys"]["id"]["S"] for record in records]
        position = page.next_position
    assert seen == [f"{number:03d}" for number in range(130)]


async def test_records_expire_after_24_hours_of_the_rigs_clock(own: Api) -> None:
    table = await own.table("KEYS_ONLY")
    feed = await _feed(own, table)
    await own.put(table, "old")
    await feed.settled()
    own.clock.advance(23 * 3600)
    await own.put(table, "young")
    await feed.settled()
    own.clock.advance(3600 + 1)
    page = await feed.read(feed.stream.start, 10)
    assert [record.parsed()["dynamodb"]["Keys"]["id"]["S"] for record in page.records] == ["young"]
    assert page.trimmed


async def test_the_stream_goes_on_after_a_restart(running: Running) -> None:
    """What was written before is there once, in order and under the same numbers; what follows comes after it."""
    api = await running.start()
    table = await api.table("NEW_IMAGE")
    for key in "abc":
        await api.put(table, key)
    arn = await api.stream_arn(table)
    before = await api.records(arn)
    await running.stop()
    api = await running.start()
    assert await api.stream_arn(table) == arn
    assert await api.records(arn) == before
    await api.put(table, "d")
    after = await api.records(arn)
    assert after[:3] == before
    assert after[3]["dynamodb"]["Keys"] == {"id": {"S": "d"}}
    assert after[3]["dynamodb"]["SequenceNumber"] > before[2]["dynamodb"]["SequenceNumber"]


async def test_a_recreated_table_has_a_stream_of_its_own(api: Api) -> None:
    """dynoxide numbers on under the old name and still holds the old records; they must not show."""
    table = await api.table("KEYS_ONLY")
    await api.put(table, "old")
    old_arn = await api.stream_arn(table)
    description = (await api("DescribeTable", TableName=table))["Table"]
    await api("DeleteTable", TableName=table)
    with pytest.raises(Failed, match="not found"):
        await api.records(old_arn)
    await api(
        "CreateTable",
        TableName=table,
        KeySchema=description["KeySchema"],
        AttributeDefinitions=description["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    await api.put(table, "new")
    assert await _changes(api, table) == [("INSERT", "new")]


class FailsOnce:
    """A store whose next read of records fails in a way that nobody foresaw."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._failures = 1

    async def records(self, table: str, after: int, limit: int) -> Sequence[dict[str, Any]]:
        found = await self._store.records(table, after, limit)
        if found and self._failures:
            self._failures -= 1
            return [*found[:-1], {"eventName": "INSERT"}]
        return found


async def test_records_that_could_not_be_read_are_read_again_without_another_write(
    own: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """None twice, and none passed over."""
    monkeypatch.setattr(feed_module, "READ_AGAIN_S", 0.01)
    table = await own.table("KEYS_ONLY")
    feed = await _feed(own, table)
    feed._store = FailsOnce(feed._store)  # type: ignore[assignment]
    requests = [{"PutRequest": {"Item": item(key)}} for key in "abc"]
    await own("BatchWriteItem", RequestItems={table: requests})
    await until(lambda: feed.position and len(feed._log.after(0, 10)) == 3)
    assert "KeyError" in caplog.text
    assert [kind for kind, _ in await _changes(own, table)] == ["INSERT"] * 3
