from __future__ import annotations

import json
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
