"""Units and storage as AWS's pages count them, of real requests to dynoxide, by the rig's meter.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and
https://aws.amazon.com/dynamodb/pricing/on-demand/ have the examples.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from cloudrig.metering import Meter
from tests.services.dynamodb.conftest import Api, item

KB = 1024
Used = Callable[[], dict[str, float]]


def sized(key: str, size_bytes: int) -> dict[str, Any]:
    """An item of exactly so many bytes: names and values of `id` and `t`."""
    return item(key, t="x" * (size_bytes - len("id") - len(key) - len("t")))


@pytest.fixture
async def used(api: Api) -> AsyncIterator[Used]:
    """What has been used since the last call: read and write units."""
    with Meter(api.dynamodb.events, api.clock) as meter:
        meter.restart({})

        def since() -> dict[str, float]:
            usage: dict[str, float] = meter.reading({})["usage"]
            meter.restart({})
            return {name.removeprefix("dynamodb."): quantity for name, quantity in usage.items() if quantity}

        yield since


@pytest.mark.parametrize(
    ("size_bytes", "strong"), [(3500, 1), (int(3.5 * KB), 1), (4 * KB, 1), (8 * KB, 2), (10 * KB, 3)]
)
async def test_reads_are_rounded_up_to_4_kb(api: Api, used: Used, size_bytes: int, strong: int) -> None:
    """Strongly consistent; half of it eventually; twice as much in a transaction."""
    table = await api.table()
    await api("PutItem", TableName=table, Item=sized("a", size_bytes))
    used()
    key = {"id": {"S": "a"}}
    await api("GetItem", TableName=table, Key=key, ConsistentRead=True)
    assert used() == {"readUnits": strong}
    await api("GetItem", TableName=table, Key=key)
    assert used() == {"readUnits": strong / 2}
    await api("TransactGetItems", TransactItems=[{"Get": {"TableName": table, "Key": key}}])
    assert used() == {"readUnits": 2 * strong}


async def test_an_item_that_is_not_there_costs_a_unit_to_look_for(api: Api, used: Used) -> None:
    table = await api.table()
    await api("GetItem", TableName=table, Key={"id": {"S": "none"}}, ConsistentRead=True)
    assert used() == {"readUnits": 1}


async def test_a_batch_is_rounded_up_item_by_item_and_a_query_as_a_whole(api: Api, used: Used) -> None:
    """1.5 KB and 6.5 KB are 4 KB and 8 KB in a batch, and 8 KB together."""
    table = await api.table(sort=True)
    sizes = {"a": int(1.5 * KB), "b": int(6.5 * KB)}
    for sort, size_bytes in sizes.items():
        content = {**sized("k", size_bytes - len("sk") - len(sort)), "sk": {"S": sort}}
        await api("PutItem", TableName=table, Item=content)
    used()
    keys = [{"id": {"S": "k"}, "sk": {"S": sort}} for sort in sizes]
    await api("BatchGetItem", RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    assert used() == {"readUnits": 3}
    condition = {"KeyConditionExpression": "id = :k", "ExpressionAttributeValues": {":k": {"S": "k"}}}
    await api("Query", TableName=table, ConsistentRead=True, **condition)
    assert used() == {"readUnits": 2}


@pytest.mark.parametrize(("size_bytes", "units"), [(500, 1), (1 * KB, 1), (1 * KB + 1, 2), (int(3.5 * KB), 4)])
async def test_writes_are_rounded_up_to_1_kb(api: Api, used: Used, size_bytes: int, units: int) -> None:
    """Twice as much in a transaction. The larger of the item before and after counts; deleting costs what was there."""
    table = await api.table()
    await api("PutItem", TableName=table, Item=sized("a", size_bytes))
    assert used() == {"writeUnits": units}
    put = {"Put": {"TableName": table, "Item": sized("b", size_bytes)}}
    await api("TransactWriteItems", TransactItems=[put])
    assert used() == {"writeUnits": 2 * units}
    await api("PutItem", TableName=table, Item=item("a"))
    assert used() == {"writeUnits": units}
    await api("DeleteItem", TableName=table, Key={"id": {"S": "b"}})
    assert used() == {"writeUnits": units}


async def test_what_is_stored_is_items_with_100_bytes_for_each_and_once_more_in_each_index(api: Api) -> None:
    before, backed_up = await api.dynamodb.stored_bytes()
    index = {
        "IndexName": "by-t",
        "KeySchema": [{"AttributeName": "t", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    keys = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "t")]
    table = await api.table(AttributeDefinitions=keys, GlobalSecondaryIndexes=[index])
    await api("PutItem", TableName=table, Item=sized("a", 300))
    await api("PutItem", TableName=table, Item=item("not in the index"))
    unindexed = len("id") + len("not in the index") + 100
    assert await api.dynamodb.stored_bytes() == (before + 2 * (300 + 100) + unindexed, backed_up)
    on = {"PointInTimeRecoveryEnabled": True}
    await api("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=on)
    assert (await api.dynamodb.stored_bytes())[1] == backed_up + 300 + 100 + unindexed
