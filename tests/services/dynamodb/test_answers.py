from __future__ import annotations

import json
import re
import zlib

from cloudrig.services.dynamodb import answers
from cloudrig.services.dynamodb.errors import ResourceNotFoundException
from tests.services.dynamodb.conftest import Api


def test_error_has_its_namespace_and_a_checksum() -> None:
    response = answers.of_error(ResourceNotFoundException("no such thing"))
    assert response.status == 400
    assert json.loads(response.body) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "no such thing",
    }
    assert response.headers["x-amz-crc32"] == str(zlib.crc32(response.body))


async def test_every_answer_has_a_request_id_and_the_bodys_checksum(api: Api) -> None:
    """SDKs check X-Amz-Crc32 and show the request id; nothing gives dynoxide away."""
    table = await api.table("KEYS_ONLY")
    passed_on = await api.send("Scan", json.dumps({"TableName": table}).encode())
    completed = await api.send("DescribeTable", json.dumps({"TableName": table}).encode())
    refused = await api.send("GetItem", json.dumps({"TableName": "missing", "Key": {}}).encode())
    for response in (passed_on, completed, refused):
        assert response.headers["x-amz-crc32"] == str(zlib.crc32(response.body))
        assert len(response.headers["x-amzn-RequestId"]) == 52
        assert response.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert b"dynoxide" not in response.body
        assert not any("dynoxide" in f"{name}{value}".lower() for name, value in response.headers.items())


async def test_a_batch_of_26_is_refused_as_aws_words_it(api: Api) -> None:
    table = await api.table()
    puts = [{"PutRequest": {"Item": {"id": {"S": f"{n} }}) ]]"}}}} for n in range(26)]
    refused = await api.send("BatchWriteItem", json.dumps({"RequestItems": {table: puts}}).encode())
    text = json.loads(refused.body)["message"]
    request = r"com\.amazonaws\.dynamodb\.v20120810\.WriteRequest@[0-9a-f]{8}"
    values = rf"\{{{table}=\[{request}(, {request}){{25}}\]\}}"
    assert re.match(f"1 validation error detected: Value '{values}' at 'requestItems' failed to satisfy", text)
    assert "[Member must have length less than or equal to 25, Member must have length greater than or equal" in text
    assert refused.headers["x-amz-crc32"] == str(zlib.crc32(refused.body))
