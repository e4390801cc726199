from __future__ import annotations

import time

import pytest

from tests.services.dynamodb.conftest import Api, Running

YEAR_S = 365 * 24 * 3600


async def _expiring_table(api: Api, view: str | None = None) -> str:
    table = await api.table(view, sort=True)
    specification = {"Enabled": True, "AttributeName": "expiresAt"}
    await api("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=specification)
    return table


async def _keys(api: Api, table: str) -> set[str]:
    return {entry["id"]["S"] for entry in (await api("Scan", TableName=table))["Items"]}


async def _put(api: Api, table: str, key: str, **attributes: object) -> None:
    await api.put(table, key, sk="s", **attributes)


async def test_expired_items_go_and_nothing_else(own: Api) -> None:
    """Only numbers count, and what is more than five years past is ignored (DynamoDB guide, "Time to live")."""
    table = await _expiring_table(own)
    now = int(own.clock.now())
    await _put(own, table, "expired", expiresAt=now - 10)
    await _put(own, table, "to come", expiresAt=now + 1000)
    await _put(own, table, "text", expiresAt=str(now - 10))
    await _put(own, table, "ancient", expiresAt=now - 5 * YEAR_S - 10)
    await _put(own, table, "none")
    assert "expired" in await _keys(own, table), "reads return it until it is swept"
    await own.dynamodb.sweep()
    assert await _keys(own, table) == {"to come", "text", "ancient", "none"}


async def test_moving_the_clock_sweeps(own: Api) -> None:
    table = await _expiring_table(own, "KEYS_ONLY")
    await _put(own, table, "soon", expiresAt=int(own.clock.now()) + 3600)
    arn = await own.stream_arn(table)
    (shard,) = await own.dynamodb.reader.shards(arn)
    latest = await own.dynamodb.reader.latest(arn, shard)
    own.clock.advance(3600 + 61)
    while not (records := await own.dynamodb.reader.read(arn, shard, latest, 10)):
        await own.dynamodb.reader.wait(arn)
    assert records[0].parsed()["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert await _keys(own, table) == set()


async def test_the_stream_tells_ttl_from_a_users_delete(running: Running) -> None:
    """Also after a restart; the Streams API spells the identity's members with capitals."""
    api = await running.start()
    table = await _expiring_table(api, "OLD_IMAGE")
    past = int(time.time()) - 10
    await _put(api, table, "by ttl", expiresAt=past)
    await _put(api, table, "by user", expiresAt=past)
    await api("DeleteItem", TableName=table, Key={"id": {"S": "by user"}, "sk": {"S": "s"}})
    await api.dynamodb.sweep()
    arn = await api.stream_arn(table)
    for _ in range(2):
        removals = [record for record in await api.records(arn) if record["eventName"] == "REMOVE"]
        assert [record.get("userIdentity") for record in removals] == [
            None,
            {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
        ]
        assert removals[1]["dynamodb"]["OldImage"]["id"] == {"S": "by ttl"}
        await running.stop()
        api = await running.start()


async def test_more_than_a_page_of_expired_items(own: Api) -> None:
    table = await _expiring_table(own)
    past = int(own.clock.now()) - 10
    for start in range(0, 450, 25):
        puts = [
            {"PutRequest": {"Item": {"id": {"S": f"{n}"}, "sk": {"S": "s"}, "expiresAt": {"N": str(past)}}}}
            for n in range(start, start + 25)
        ]
        await own("BatchWriteItem", RequestItems={table: puts})
    await own.dynamodb.sweep()
    assert await _keys(own, table) == set()


@pytest.mark.parametrize("restart", [False, True])
async def test_a_table_that_no_longer_expires_is_left_alone(running: Running, restart: bool) -> None:
    api = await running.start()
    table = await _expiring_table(api)
    if restart:
        await running.stop()
        api = await running.start()
    specification = {"Enabled": False, "AttributeName": "expiresAt"}
    await api("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=specification)
    await _put(api, table, "expired", expiresAt=int(api.clock.now()) - 10)
    await api.dynamodb.sweep()
    assert await _keys(api, table) == {"expired"}
