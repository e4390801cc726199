"""A whole rig in the test's own process, talked to by boto3."""

import asyncio
import json
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cloudrig.engine.config import Config
from cloudrig.rig import Rig
from tests.rigs import client


def table(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


async def call(service: Any, operation: str, **members: Any) -> Any:
    return await asyncio.to_thread(getattr(service, operation), **members)


async def test_two_rigs_in_one_process_share_nothing(tmp_path: Path) -> None:
    async with (
        Rig(Config(data_dir=tmp_path / "one", port=0)) as one,
        Rig(Config(data_dir=tmp_path / "other", port=0)) as other,
    ):
        await call(client(one, "dynamodb"), "create_table", **table("here"))
        await call(client(one, "s3"), "create_bucket", Bucket="here")
        api = {"Name": "here", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
        await call(client(one, "apigatewayv2"), "create_api", **api)
        assert (await call(client(one, "dynamodb"), "list_tables"))["TableNames"] == ["here"]
        assert (await call(client(other, "dynamodb"), "list_tables"))["TableNames"] == []
        assert (await call(client(other, "s3"), "list_buckets"))["Buckets"] == []
        assert (await call(client(other, "apigatewayv2"), "get_apis"))["Items"] == []
        one.clock.advance(3600)
        assert one.clock.now() - other.clock.now() > 3000


async def test_an_account_is_chosen_by_a_twelve_digit_access_key(tmp_path: Path) -> None:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        other = client(rig, "dynamodb", access_key="111122223333")
        made = await call(other, "create_table", **table("tab"))
        assert made["TableDescription"]["TableArn"] == "arn:aws:dynamodb:us-east-1:111122223333:table/tab"
        assert (await call(client(rig, "dynamodb"), "list_tables"))["TableNames"] == []


async def test_tables_survive_a_restart_on_the_same_folder(tmp_path: Path) -> None:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        dynamodb = client(rig, "dynamodb")
        await call(dynamodb, "create_table", **table("tab"))
        await call(dynamodb, "put_item", TableName="tab", Item={"k": {"S": "kept"}})
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        found = await call(client(rig, "dynamodb"), "get_item", TableName="tab", Key={"k": {"S": "kept"}})
        assert found["Item"] == {"k": {"S": "kept"}}


async def test_both_ports_answer_and_the_bundle_verifies(tmp_path: Path) -> None:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        trust = ssl.create_default_context(cafile=rig.addresses.ca_bundle)

        def health(url: str, context: ssl.SSLContext | None = None) -> Any:
            with urllib.request.urlopen(f"{url}/_cloudrig/health", context=context) as answer:
                return json.load(answer)

        plain = await asyncio.to_thread(health, rig.addresses.url)
        assert plain["status"] == "ok"
        assert await asyncio.to_thread(health, rig.addresses.tls_url, trust) == plain


@pytest.mark.parametrize(
    ("service", "operation", "members"),
    [
        ("sts", "get_caller_identity", {}),
        ("ssm", "put_parameter", {"Name": "/p", "Value": "v", "Type": "String"}),
        ("sns", "create_topic", {"Name": "t"}),
        ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
        ("cloudwatch", "list_metrics", {}),
    ],
)
async def test_services_the_engine_has_not_are_motos(
    tmp_path: Path, service: str, operation: str, members: dict[str, Any]
) -> None:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        await call(client(rig, service), operation, **members)


async def test_objects_pass_through_byte_for_byte(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        s3 = client(rig, "s3")
        await call(s3, "create_bucket", Bucket="bucket")
        await call(s3, "put_object", Bucket="bucket", Key="a b/ü+%2F", Body=content, ContentEncoding="gzip")
        found = await call(s3, "get_object", Bucket="bucket", Key="a b/ü+%2F")
        assert await asyncio.to_thread(found["Body"].read) == content


async def test_an_upstream_that_is_silent_is_named_in_an_aws_error(tmp_path: Path) -> None:
    async with Rig(Config(data_dir=tmp_path, port=0, upstream="http://127.0.0.1:9")) as rig:
        with pytest.raises(Exception, match=r"ServiceUnavailable.*http://127\.0\.0\.1:9"):
            await call(client(rig, "sts"), "get_caller_identity")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "rebound.evil.example:4566"}],
    ids=["another page", "a sandboxed page", "a name that was rebound"],
)
async def test_web_pages_of_elsewhere_reach_no_control_plane(tmp_path: Path, headers: dict[str, str]) -> None:
    """A browser sends simple requests anywhere; whoever may make functions may run code on this machine."""
    async with Rig(Config(tmp_path, port=0)) as rig, aiohttp.ClientSession(rig.addresses.url) as page:
        for method, path in [
            ("POST", "/2015-03-31/functions"),
            ("POST", "/_cloudrig/clock"),
            ("GET", "/_cloudrig/cognito/codes"),
            ("PUT", "/a-bucket"),
        ]:
            async with page.request(method, path, data='{"advanceS": 1}', headers=headers) as answer:
                assert (answer.status, "web page of elsewhere" in await answer.text()) == (403, True), path


async def test_web_pages_of_elsewhere_reach_deployed_apis_and_sites(tmp_path: Path) -> None:
    headers = {"Origin": "https://my-frontend.example"}
    async with Rig(Config(tmp_path, port=0)) as rig, aiohttp.ClientSession(rig.addresses.url) as page:
        async with page.get("/_aws/execute-api/abcdefghij/prod/x", headers=headers) as answer:
            assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException", "API Gateway itself answered"
        async with page.get("/_aws/s3-website/no-such-bucket/", headers=headers) as answer:
            assert answer.status == 404


KB, MB = 1024, 1024 * 1024
CALLBACK = "/prod/@connections/AAAAAAAAAAACAAA%3D"
INVOKE = "/2015-03-31/functions/none/invocations"


async def test_what_is_too_long_is_refused_while_it_comes(tmp_path: Path) -> None:
    """Each service answers when it has a byte more than it takes: nobody waits for the rest, or keeps it."""
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        gateway = client(rig, "apigatewayv2")
        function = "arn:aws:lambda:us-east-1:000000000000:function:none"
        http = await call(gateway, "create_api", Name="http", ProtocolType="HTTP", Target=function)
        sockets = await call(
            gateway, "create_api", Name="ws", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        base, table = "/_aws/execute-api", {"X-Amz-Target": "DynamoDB_20120810.PutItem"}
        sent = {
            ("/v2/apis", 10 * MB): "RequestEntityTooLargeException",
            (f"{base}/{http['ApiId']}/x", 10 * MB): "Request Entity Too Large",
            (f"{base}/{http['ApiId']}{CALLBACK}", 10 * MB): "Request Entity Too Large",
            (f"{base}/{sockets['ApiId']}{CALLBACK}", 128 * KB): "PayloadTooLargeException",
            (CALLBACK, 128 * KB): "PayloadTooLargeException",
            (INVOKE, 6 * MB): "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
            ("/", 16 * MB): "RequestEntityTooLargeException",
        }
        for (path, most), expected in sent.items():
            status, answer = await unfinished(rig, path, most + 1, table if path == "/" else {})
            assert (status, expected in answer) == (413, True), answer


async def unfinished(rig: Rig, path: str, size: int, headers: dict[str, str]) -> tuple[int, str]:
    """Status, head and body of what comes back for the beginning of a request that would be endless."""
    host, _, port = rig.addresses.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", "Content-Length: 1000000000000"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + bytes(size))
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        body = await reader.readexactly(int(length.split(b":")[1]))
    writer.transport.abort()
    return int(head[9:12]), (head + body).decode()
