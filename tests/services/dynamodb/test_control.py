from __future__ import annotations

import asyncio
import os
import re
import signal

import pytest

from tests.services.dynamodb.conftest import Api, Failed, Running, freeze

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"


async def test_created_table_has_the_callers_names(api: Api) -> None:
    table = await api.table("NEW_IMAGE")
    description = (await api("DescribeTable", TableName=table))["Table"]
    assert description["TableArn"] == ARN + table
    assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", description["LatestStreamLabel"])
    assert description["LatestStreamArn"] == f"{ARN}{table}/stream/{description['LatestStreamLabel']}"


async def test_table_without_a_stream_shows_none(api: Api) -> None:
    """The engine asks dynoxide for a stream only where the user declared one."""
    table = await api.table()
    description = (await api("DescribeTable", TableName=table))["Table"]
    assert not {"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} & set(description)


async def test_names_inside_items_are_nobodys_business(api: Api) -> None:
    table = await api.table()
    text = "arn:aws:dynamodb:dynoxide:000000000000:table/x"
    await api.put(table, "a", text=text)
    assert (await api("GetItem", TableName=table, Key={"id": {"S": "a"}}))["Item"]["text"] == {"S": text}


async def test_accounts_and_regions_do_not_see_each_other(api: Api) -> None:
    """One process each; the same name may stand in all of them."""
    table = await api.table()
    other = api.elsewhere("123456789012", "eu-west-1")
    with pytest.raises(Failed, match="not found"):
        await other("DescribeTable", TableName=table)
    theirs = await other.table("KEYS_ONLY")
    description = (await other("DescribeTable", TableName=theirs))["Table"]
    assert description["TableArn"] == f"arn:aws:dynamodb:eu-west-1:123456789012:table/{theirs}"
    await other.put(theirs, "a")
    (record,) = await other.records(description["LatestStreamArn"])
    assert record["awsRegion"] == "eu-west-1"


async def test_create_refusals_leave_nothing_behind(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    arn = await api.stream_arn(table)
    with pytest.raises(Failed) as failure:
        await api("CreateTable", **_definition(table, view="NEW_IMAGE"))
    assert failure.value.kind == "com.amazonaws.dynamodb.v20120810#ResourceInUseException"
    assert await api.stream_arn(table) == arn
    with pytest.raises(Failed, match="keySchema"):
        await api("CreateTable", **{**_definition(f"{table}-new", view="NEW_IMAGE"), "KeySchema": []})
    assert (await api.streams("ListStreams", TableName=f"{table}-new"))["Streams"] == []


async def test_creation_that_the_process_died_over_is_tried_again(own: Api) -> None:
    """As SDKs do on a 500: afterwards there is one table with one stream, and its records come."""
    region = await own.dynamodb.region(own.scope)
    pid = region.dynoxide.pid
    assert pid is not None
    freeze(pid)
    definition = _definition("unlucky", view="NEW_IMAGE")
    creation = asyncio.create_task(own("CreateTable", **definition))
    while not region.feeds:  # the stream is noted; the request follows in the same step
        await asyncio.wait({creation}, timeout=0.01)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Failed, match="InternalServerError"):
        await creation
    await own("CreateTable", **definition)
    assert len((await own.streams("ListStreams", TableName="unlucky"))["Streams"]) == 1
    await own.put("unlucky", "a")
    assert len(await own.records(await own.stream_arn("unlucky"))) == 1


@pytest.mark.parametrize(
    ("specification", "text"),
    [
        ({"StreamEnabled": True}, "StreamViewType is required"),
        ({"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}, "StreamViewType cannot be specified"),
        ({"StreamEnabled": True, "StreamViewType": "ALL"}, "Member must satisfy enum value set"),
    ],
)
async def test_stream_specifications_that_make_no_sense(api: Api, specification: dict[str, object], text: str) -> None:
    with pytest.raises(Failed, match=text) as failure:
        await api("CreateTable", **{**_definition("refused"), "StreamSpecification": specification})
    assert failure.value.kind.endswith("#ValidationException")


async def test_index_with_several_key_attributes_is_refused_by_name(api: Api) -> None:
    """dynoxide 1.2.1 has none of DynamoDB's multi-attribute keys."""
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"))]
    index = {"IndexName": "byThree", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
    with pytest.raises(Failed, match="byThree has several attributes"):
        await api("CreateTable", **_definition("refused"), GlobalSecondaryIndexes=[index])
    table = await api.table()
    with pytest.raises(Failed, match="byThree has several attributes"):
        await api("UpdateTable", TableName=table, GlobalSecondaryIndexUpdates=[{"Create": index}])


async def test_stream_switched_on_off_and_on(running: Running) -> None:
    """Each time a stream of its own; the one switched off stays readable, and all of it survives a restart."""
    api = await running.start()
    table = await api.table()
    await api.put(table, "before")
    await _stream(api, table, "NEW_IMAGE")
    first = await api.stream_arn(table)
    await api.put(table, "first")
    with pytest.raises(Failed, match="already has an enabled stream"):
        await _stream(api, table, "KEYS_ONLY")
    await _stream(api, table, None)
    description = (await api("DescribeTable", TableName=table))["Table"]
    assert description["LatestStreamArn"] == first
    assert "StreamSpecification" not in description
    with pytest.raises(Failed, match="without a stream"):
        await _stream(api, table, None)
    await api.put(table, "between")
    await _stream(api, table, "KEYS_ONLY")
    second = await api.stream_arn(table)
    await api.put(table, "second")
    for _ in range(2):
        assert [record["dynamodb"]["NewImage"]["id"]["S"] for record in await _closed(api, first)] == ["first"]
        assert [record["dynamodb"]["Keys"]["id"]["S"] for record in await api.records(second)] == ["second"]
        await running.stop()
        api = await running.start()


async def test_time_to_live_is_switched_once(api: Api) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""
    table = await api.table()

    async def switch(enabled: bool, attribute: str = "expiresAt") -> None:
        specification = {"Enabled": enabled, "AttributeName": attribute}
        answer = await api("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=specification)
        assert answer == {"TimeToLiveSpecification": specification}

    async def status() -> dict[str, str]:
        description: dict[str, str] = (await api("DescribeTimeToLive", TableName=table))["TimeToLiveDescription"]
        return description

    assert await status() == {"TimeToLiveStatus": "DISABLED"}
    with pytest.raises(Failed, match="TimeToLive is already disabled"):
        await switch(False)
    await switch(True)
    assert await status() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    with pytest.raises(Failed, match="TimeToLive is already enabled"):
        await switch(True)
    with pytest.raises(Failed, match="active on a different AttributeName: current AttributeName is expiresAt"):
        await switch(False, "other")
    await switch(False)
    assert await status() == {"TimeToLiveStatus": "DISABLED"}


async def test_deleted_table_is_gone_with_its_stream(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    arn = await api.stream_arn(table)
    answer = await api("DeleteTable", TableName=table)
    assert answer["TableDescription"]["TableStatus"] == "DELETING"
    assert answer["TableDescription"]["LatestStreamArn"] == arn
    with pytest.raises(Failed) as failure:
        await api("DescribeTable", TableName=table)
    assert failure.value.kind == "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"


def _definition(table: str, view: str | None = None) -> dict[str, object]:
    definition: dict[str, object] = {
        "TableName": table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if view is not None:
        definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    return definition


async def _stream(api: Api, table: str, view: str | None) -> None:
    on = {"StreamEnabled": True, "StreamViewType": view}
    specification = {"StreamEnabled": False} if view is None else on
    await api("UpdateTable", TableName=table, StreamSpecification=specification)


async def _closed(api: Api, arn: str) -> list[dict[str, dict[str, dict[str, dict[str, str]]]]]:
    """The records of a stream that was switched off: one page, and no iterator to go on with."""
    description = (await api.streams("DescribeStream", StreamArn=arn))["StreamDescription"]
    assert description["StreamStatus"] == "DISABLED"
    (shard,) = description["Shards"]
    assert "EndingSequenceNumber" in shard["SequenceNumberRange"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    page = await api.streams("GetRecords", **await api.streams("GetShardIterator", **start))
    assert "NextShardIterator" not in page
    records: list[dict[str, dict[str, dict[str, dict[str, str]]]]] = page["Records"]
    return records
