from __future__ import annotations

import asyncio
import json

from tests.services.dynamodb.conftest import Api, Running, item


async def test_items_pass_through_byte_for_byte(api: Api) -> None:
    """Spelling, order and escapes of an item are as dynoxide keeps them; the engine adds nothing."""
    table = await api.table()
    body = f'{{"TableName":"{table}","Item":{{"id":{{"S":"\\u00e9"}},"n":{{"N":"1.50"}},"b":{{"B":"AAEC"}}}}}}'
    assert (await api.send("PutItem", body.encode())).status == 200
    found = await api("GetItem", TableName=table, Key={"id": {"S": "é"}})
    assert found["Item"] == {"id": {"S": "é"}, "n": {"N": "1.5"}, "b": {"B": "AAEC"}}


async def test_errors_of_items_pass_through(api: Api) -> None:
    table = await api.table()
    await api.put(table, "a", n=1)
    response = await api.send(
        "PutItem",
        json.dumps(
            {
                "TableName": table,
                "Item": item("a"),
                "ConditionExpression": "attribute_not_exists(id)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        ).encode(),
    )
    assert response.status == 400
    assert json.loads(response.body) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": item("a", n=1),
    }


async def test_a_write_reads_only_the_streams_it_may_concern(api: Api) -> None:
    region = await api.dynamodb.region(api.scope)
    written, other = await api.table("KEYS_ONLY"), await api.table("KEYS_ONLY")
    quiet = region.enabled_feed(other)
    assert quiet is not None
    before = quiet._wanted
    await api.put(written, "a")
    assert quiet._wanted == before


async def test_a_stream_switched_off_is_forgotten_after_a_day(own: Api) -> None:
    table = await own.table("KEYS_ONLY")
    arn = await own.stream_arn(table)
    await own("UpdateTable", TableName=table, StreamSpecification={"StreamEnabled": False})
    own.clock.advance(24 * 3600 + 1)
    await own.dynamodb.sweep()
    assert arn not in (await own.dynamodb.region(own.scope)).feeds
    assert "LatestStreamArn" not in (await own("DescribeTable", TableName=table))["Table"]


async def test_many_tables_are_all_found_again(running: Running) -> None:
    """ListTables answers 100 names a page."""
    api = await running.start()
    tables = {await api.table() for _ in range(105)}
    await running.stop()
    api = await running.start()
    assert set((await api.dynamodb.region(api.scope)).key_names) == tables


async def test_declarations_one_after_the_other(api: Api) -> None:
    """Two at once ask for a stream on one table: one gets it, the other is told."""
    table = await api.table()
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    update = {"TableName": table, "StreamSpecification": stream}
    outcomes = await asyncio.gather(
        *(api.send("UpdateTable", json.dumps(update).encode()) for _ in range(2)), return_exceptions=False
    )
    assert sorted(outcome.status for outcome in outcomes) == [200, 400]
