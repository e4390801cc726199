"""`@connections` (aws-behaviour §7; botocore apigatewaymanagementapi)."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.websocket.callbacks import is_callback
from tests.services.apigateway.fakes import echo, ok
from tests.services.apigateway.harness import SIGNED, Deployed, Harness, Route, running, tell_id

KNOWN_FORM = "AAAAAAAAAAACAAA="


async def deployed(harness: Harness) -> Deployed:
    return await harness.deploy({"id": Route(tell_id, answers=True), "$disconnect": ok})


@pytest.mark.parametrize("size", [0, 1, 125, 126, 32 * 1024, 32 * 1024 + 1, 128 * 1024])
async def test_post(harness: Harness, size: int) -> None:
    """§7: 200 with an empty body; the client gets one text message of up to 128 KB."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        assert await api.callback("POST", connection_id, b"a" * size) == (200, "")
        assert await client.recv() == "a" * size


async def test_post_too_large(harness: Harness) -> None:
    """§7: over 131,072 bytes: 413, and nothing reaches the client."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        status, body = await api.callback("POST", connection_id, b"a" * (128 * 1024 + 1))
        assert (status, "message" in json.loads(body)) == (413, True)
        assert await api.connection_id(client) == connection_id


@pytest.mark.parametrize(
    ("body", "text"), [(b"\xff", "\ufffd"), (b"a\xed\xa0\x80b", "a\ufffdb"), ("é\U0001f600".encode(), "é\U0001f600")]
)
async def test_post_of_what_is_no_utf8(harness: Harness, body: bytes, text: str) -> None:
    """§7: text frames only; invalid UTF-8 becomes U+FFFD, an encoded surrogate a single one."""
    api = await deployed(harness)
    async with api.connect() as client:
        await api.callback("POST", await api.connection_id(client), body)
        assert await client.recv() == text


async def test_posts_of_one_caller_arrive_in_order(harness: Harness) -> None:
    """§4.4: posts made in sequence are delivered in the order they were accepted."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        for number in range(50):
            await api.callback("POST", connection_id, str(number).encode())
        assert [await client.recv() for _ in range(50)] == [str(number) for number in range(50)]


async def test_get(harness: Harness) -> None:
    """§7: when and whence the client connected, camelCase, ISO 8601."""
    api = await deployed(harness)
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    async with api.connect(user_agent_header="chat/1") as client:
        connection_id = await api.connection_id(client)
        status, body = await api.callback("GET", connection_id)
    content = json.loads(body)
    assert status == 200
    assert list(content) == ["connectedAt", "identity", "lastActiveAt"]
    assert content["identity"] == {"userAgent": "chat/1", "sourceIp": "127.0.0.1"}
    times = [datetime.fromisoformat(content[key]) for key in ("connectedAt", "lastActiveAt")]
    assert before <= times[0] <= times[1] <= datetime.now(UTC)


async def test_delete(harness: Harness) -> None:
    """§6.2, §7: 204; the client sees 1000, `$disconnect` runs with AWS's words; then the connection is gone."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        assert await api.callback("DELETE", connection_id) == (204, "")
        assert (await api.callback("POST", connection_id, b"x"))[0] == 410
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    context = (await harness.events_of("DISCONNECT"))[0]["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1000, "Connection Closed Normally")


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_errors(harness: Harness, method: str) -> None:
    """§7: 410 for a well-formed id nobody has, 400 for a malformed one."""
    api = await deployed(harness)
    assert (await api.callback(method, KNOWN_FORM))[0] == 410
    status, body = await api.callback(method, "nonsense")
    assert (status, json.loads(body)) == (400, {"message": "Invalid connectionId: nonsense"})


@pytest.mark.parametrize(
    "path", ["/{id}/other/@connections/{connection}", "/aaaaaaaaaa/prod/@connections/{connection}"]
)
async def test_url_of_another_stage_or_api(harness: Harness, path: str) -> None:
    """§7: a connection belongs to one API and stage; another's URL is 403."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection = await api.connection_id(client)
        url = "/_aws/execute-api" + path.format(id=api.api_id, connection=connection)
        status, body = await harness.call("POST", url, b"x", headers=SIGNED)
        assert (status, json.loads(body)) == (403, {"message": "Forbidden"})


async def test_url_of_another_existing_api(harness: Harness) -> None:
    """§7: another API of the same account is no way in."""
    api, other = await deployed(harness), await deployed(harness)
    async with api.connect() as client:
        assert (await other.callback("POST", await api.connection_id(client), b"x"))[0] == 403


async def test_without_stage(harness: Harness) -> None:
    """§2: a callback URL without the stage is 403 `Forbidden`."""
    api = await deployed(harness)
    url = f"/_aws/execute-api/{api.api_id}/@connections/{KNOWN_FORM}"
    status, body = await harness.call("POST", url, b"x", headers=SIGNED)
    assert (status, json.loads(body)) == (403, {"message": "Forbidden"})


async def test_unsigned(harness: Harness) -> None:
    """§7: SigV4 is mandatory, for `execute-api`."""
    api = await deployed(harness)
    status, body = await api.callback("POST", KNOWN_FORM, b"x", headers={})
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    wrong = {"Authorization": SIGNED["Authorization"].replace("execute-api", "lambda")}
    assert (await api.callback("POST", KNOWN_FORM, b"x", headers=wrong))[0] == 403


async def test_signature_of_a_function(harness: Harness) -> None:
    """§7: signed with credentials that the rig issued, the signature must be true; boto3's is."""
    api = await deployed(harness)
    issued = harness.around.credentials.issue("arn:aws:iam::000000000000:role/r")

    def post(secret: str, token: str, connection_id: str) -> None:
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=harness.addresses.url + api.path,
            region_name="us-east-1",
            aws_access_key_id=issued.access_key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
        client.post_to_connection(ConnectionId=connection_id, Data=b"hello")

    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        await asyncio.to_thread(post, issued.secret_access_key, issued.session_token, connection_id)
        assert await client.recv() == "hello"
        for secret, token in (("wrong", issued.session_token), (issued.secret_access_key, "wrong")):
            with pytest.raises(ClientError) as refused:
                await asyncio.to_thread(post, secret, token, connection_id)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


async def test_rate(certificates_folder: Path) -> None:
    """§7, §8: posts count towards the account's 5,000 at once; beyond, LimitExceededException (429)."""
    async with running(certificates_folder, throttling=True) as harness:
        api = await deployed(harness)
        async with api.connect() as client:
            connection_id = await api.connection_id(client)
            for _ in range(4998):
                assert harness.around.throttles.admit(Scope(), "x", None)
            status, body = await api.callback("POST", connection_id, b"x")
            assert (status, json.loads(body)) == (429, {"message": "Too Many Requests"})
            harness.clock.advance(1)
            assert (await api.callback("POST", connection_id, b"x"))[0] == 200


@pytest.mark.parametrize("form", ["/prod/@connections/{}", "/prod/%40connections/{}"])
async def test_by_connection_id_alone(harness: Harness, form: str) -> None:
    """`https://{domainName}/{stage}` is enough: the id says which API it is; `@` may come as %40, `=` as it is."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        assert (await harness.call("POST", form.format(connection_id), b"hi", headers=SIGNED))[0] == 200
        assert await client.recv() == "hi"
        assert (await harness.call("POST", f"/dev/@connections/{connection_id}", b"x", headers=SIGNED))[0] == 403


async def test_domain_name_of_the_event(harness: Harness) -> None:
    """Code written for AWS posts to `https://{domainName}/{stage}` with boto3; the rig's CA vouches for it."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        domain = harness.invoker.events[-1]["requestContext"]["domainName"]
        sdk: Any = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"https://{domain}/prod",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            verify=harness.addresses.ca_bundle,
        )
        await asyncio.to_thread(sdk.post_to_connection, ConnectionId=connection_id, Data=b"from boto3")
        assert await client.recv() == "from boto3"
        found = await asyncio.to_thread(sdk.get_connection, ConnectionId=connection_id)
        assert found["Identity"]["SourceIp"] == "127.0.0.1"
        await asyncio.to_thread(sdk.delete_connection, ConnectionId=connection_id)
        with pytest.raises(sdk.exceptions.GoneException):
            await asyncio.to_thread(sdk.post_to_connection, ConnectionId=connection_id, Data=b"x")
        with pytest.raises(ClientError, match=r"BadRequestException.*Invalid connectionId: no"):
            await asyncio.to_thread(sdk.post_to_connection, ConnectionId="no", Data=b"x")


async def test_over_tls(harness: Harness) -> None:
    """The TLS port serves WebSockets as the plain one does, violations included."""
    api = await deployed(harness)
    context = ssl.create_default_context(cafile=harness.addresses.ca_bundle)
    url = harness.addresses.tls_url.replace("https", "wss") + api.path
    async with type(api.connect())(url, ssl=context) as client:
        connection_id = await api.connection_id(client)
        await api.callback("POST", connection_id, b"hi")
        assert await client.recv() == "hi"
        await client.send(b"binary")
        with pytest.raises(ConnectionClosed):
            await client.recv()


async def test_slow_client(harness: Harness) -> None:
    """§7: a client that does not read gets 429 for its posters once its buffer is full; others are not held up."""
    api = await harness.deploy({"id": Route(tell_id, answers=True), "echo": Route(echo, answers=True)})
    async with api.connect(max_queue=1) as slow, api.connect() as quick:
        slow_id, quick_id = await api.connection_id(slow), await api.connection_id(quick)
        slow.transport.pause_reading()
        statuses = set()
        for _ in range(200):
            statuses.add((await api.callback("POST", slow_id, b"a" * 128 * 1024))[0])
            if 429 in statuses:
                break
        assert statuses == {200, 429}
        assert (await api.callback("POST", quick_id, b"hi"))[0] == 200
        assert await quick.recv() == "hi"
        slow.transport.abort()


async def test_posts_are_activity(harness: Harness) -> None:
    """§6.3: callbacks to the client count against the idle timeout."""
    api = await deployed(harness)
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        harness.clock.advance(500)
        await api.callback("POST", connection_id, b"one")
        harness.clock.advance(500)
        assert (await api.callback("POST", connection_id, b"two"))[0] == 200
        assert [await client.recv(), await client.recv()] == ["one", "two"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/prod/@connections/AAA", True),
        ("/prod/%40connections/AAA%3D", True),
        ("/prod/connections/AAA", False),
        ("/@connections/AAA", False),
        ("/a/prod/@connections/AAA", False),
    ],
)
def test_paths(path: str, answer: bool) -> None:
    """§2: `/{stage}/@connections/{id}` and nothing else."""
    assert is_callback(path) is answer
