"""HTTP back ends, AWS services and parameter mappings (AG `http-api-parameter-mapping.html` and neighbours)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from aiohttp import web
from botocore.exceptions import ClientError
from multidict import CIMultiDictProxy

from tests.services.apigateway.fakes import Event, FakeRoles
from tests.services.apigateway.harness import Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said


@dataclass(frozen=True)
class Got:
    """One request of the back end."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass
class BackEnd:
    """Answers as told, and keeps what it was asked."""

    url: str = ""
    status: int = 200
    body: str = "{}"
    got: list[Got] = field(default_factory=list)


@pytest.fixture
async def back_end() -> AsyncIterator[BackEnd]:
    made = BackEnd()

    async def answer(request: web.Request) -> web.Response:
        made.got.append(Got(request.method, request.raw_path, request.headers, await request.read()))
        headers = {"Content-Type": "application/json", "X-Back": "1", "X-Gone": "1"}
        return web.Response(status=made.status, text=made.body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def proxy(uri: str, method: str = "ANY", **members: Any) -> dict[str, Any]:
    return {"IntegrationType": "HTTP_PROXY", "IntegrationUri": uri, "IntegrationMethod": method, **members}


# --- HTTP back ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "uri", "path", "asked"),
    [
        ("ANY /pets/{id}", "/x/{id}", "/pets/6?a=1", "/x/6?a=1"),
        ("ANY /parent/{proxy+}", "/petstore/{proxy}", "/parent/a/b", "/petstore/a/b"),
        ("ANY /pets", "/fixed?k=v", "/pets?a=1", "/fixed?k=v&a=1"),
        ("$default", "/base", "/store/checkout", "/base/store/checkout"),
    ],
)
async def test_where_the_request_goes(
    harness: Harness, back_end: BackEnd, key: str, uri: str, path: str, asked: str
) -> None:
    """Path variables in the URI; `$default` sends the whole path."""
    api = await HttpApi.make(harness)
    await api.route(key, proxy(back_end.url + uri))
    answer = await api.call("POST", path, body=b"hello", headers={"X-A": "1", "Content-Type": "text/plain"})
    assert (answer.status, answer.headers["X-Back"], answer.body) == (200, "1", b"{}")
    [got] = back_end.got
    assert (got.method, got.path, got.body, got.headers["X-A"]) == ("POST", asked, b"hello", "1")
    assert got.headers["Via"] == "HTTP/1.1 AmazonAPIGateway"
    assert f"host={api.id}.execute-api" in got.headers["Forwarded"]


async def test_method_of_the_integration(harness: Harness, back_end: BackEnd) -> None:
    api = await HttpApi.make(harness)
    await api.route("POST /a", proxy(back_end.url, "PUT"))
    await api.call("POST", "/a")
    assert back_end.got[0].method == "PUT"


async def test_back_end_that_is_not_there(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    await api.route("GET /a", proxy("http://127.0.0.1:9/"))
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


# --- parameter mappings ----------------------------------------------------------------------------------------------


async def test_request_parameters(harness: Harness, back_end: BackEnd) -> None:
    """append, overwrite and remove, from everywhere a value can come from."""
    api = await HttpApi.make(harness, stage_members={"StageVariables": {"env": "blue"}})
    parameters = {
        "append:header.X-Id": "$context.requestId",
        "append:header.X-A": "more",
        "overwrite:header.X-B": "v-${request.querystring.q}-$stageVariables.env",
        "remove:header.X-C": "''",
        "append:querystring.from": "$request.header.x-a",
        "overwrite:querystring.q": "$request.body.deep[1].name",
        "remove:querystring.gone": "''",
        "append:header.X-None": "$request.header.not-there",
    }
    await api.route("POST /a/{id}", proxy(f"{back_end.url}/to", RequestParameters=parameters))
    body = json.dumps({"deep": [0, {"name": "n"}]}).encode()
    answer = await api.call("POST", "/a/7?q=1&gone=1", headers={"X-A": "1", "X-B": "1", "X-C": "1"}, body=body)
    [got] = back_end.got
    assert got.headers["X-Id"] == answer.headers["Apigw-Requestid"]
    assert got.headers.getall("X-A") == ["1", "more"]
    assert got.headers["X-B"] == "v-1-blue"
    assert "X-C" not in got.headers
    assert "X-None" not in got.headers
    assert got.path == "/to?q=n&from=1"


async def test_overwritten_path(harness: Harness, back_end: BackEnd) -> None:
    api = await HttpApi.make(harness)
    parameters = {"overwrite:path": "/v2/$request.path.proxy"}
    await api.route("ANY /{proxy+}", proxy(f"{back_end.url}/ignored", RequestParameters=parameters))
    await api.call("GET", "/a/b")
    assert back_end.got[0].path == "/v2/a/b"


async def test_parameters_of_functions(harness: Harness) -> None:
    """A function's event shows the changed request."""
    api = await HttpApi.make(harness)
    parameters = {"append:header.x-new": "1", "overwrite:querystring.a": "2", "overwrite:path": "/other"}
    await api.function("GET /a", said(""), integration={"RequestParameters": parameters})
    await api.call("GET", "/a?a=1")
    assert api.event["headers"]["x-new"] == "1"
    assert (api.event["rawQueryString"], api.event["rawPath"]) == ("a=2", "/other")


async def test_response_parameters(harness: Harness, back_end: BackEnd) -> None:
    """By the back end's status: the guide's own example."""
    back_end.status, back_end.body = 500, '{"why": "broken"}'
    api = await HttpApi.make(harness)
    parameters = {
        "500": {
            "append:header.header1": "$context.requestId",
            "overwrite:statuscode": "403",
            "overwrite:header.why": "$response.body.why",
            "append:header.x-back": "$response.header.x-back",
            "remove:header.x-gone": "''",
        },
        "404": {"append:header.error": "none"},
    }
    await api.route("GET /a", proxy(back_end.url, ResponseParameters=parameters))
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.headers["header1"]) == (403, answer.headers["Apigw-Requestid"])
    assert answer.headers["why"] == "broken"
    assert answer.headers.getall("X-Back") == ["1", "1"]
    assert "X-Gone" not in answer.headers
    assert "error" not in answer.headers


async def test_gateway_errors_are_not_mapped(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    parameters = {"503": {"overwrite:statuscode": "200"}}
    await api.route("GET /a", proxy("http://127.0.0.1:9/", ResponseParameters=parameters))
    assert (await api.call("GET", "/a")).status == 503


# --- AWS services ----------------------------------------------------------------------------------------------------


def service(subtype: str, **parameters: str) -> dict[str, Any]:
    return {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": subtype,
        "PayloadFormatVersion": "1.0",
        "CredentialsArn": "arn:aws:iam::000000000000:role/r",
        "RequestParameters": parameters,
    }


async def test_queue(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    harness.upstream.answers["send_message"] = {"MessageId": "m-1", "MD5OfMessageBody": "x"}
    integration = service(
        "SQS-SendMessage", QueueUrl="$request.header.queue", MessageBody="$request.body", DelaySeconds="3"
    )
    await api.route("POST /a", integration)
    answer = await api.call("POST", "/a", headers={"queue": "http://q"}, body=b"hello")
    assert answer.status == 200
    assert b"<MessageId>m-1</MessageId>" in answer.body
    [(operation, scope, members)] = harness.upstream.calls
    assert (operation, scope.region) == ("send_message", "us-east-1")
    assert members == {"QueueUrl": "http://q", "MessageBody": "hello", "DelaySeconds": 3}


async def test_messages_of_a_queue(harness: Harness) -> None:
    """In SQS's query protocol: an element per message, attribute and message attribute."""
    api = await HttpApi.make(harness)
    message = {
        "MessageId": "m-1",
        "Body": "a < b",
        "Attributes": {"SenderId": "me"},
        "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}, "raw": {"BinaryValue": b"\0"}},
    }
    harness.upstream.answers["receive_message"] = {"Messages": [message, {"MessageId": "m-2"}]}
    parameters = {"QueueUrl": "http://q", "MaxNumberOfMessages": "2", "AttributeNames": "SenderId, SentTimestamp"}
    await api.route("GET /a", service("SQS-ReceiveMessage", **parameters))
    answer = await api.call("GET", "/a")
    [(operation, _, members)] = harness.upstream.calls
    assert operation == "receive_message"
    assert members == {
        "QueueUrl": "http://q",
        "MaxNumberOfMessages": 2,
        "AttributeNames": ["SenderId", "SentTimestamp"],
    }
    (result,) = ElementTree.fromstring(answer.body).findall("ReceiveMessageResult")
    first, second = result.findall("Message")
    assert (first.findtext("Body"), second.findtext("MessageId")) == ("a < b", "m-2")
    assert (first.findtext("Attribute/Name"), first.findtext("Attribute/Value")) == ("SenderId", "me")
    assert [each.findtext("Name") for each in first.findall("MessageAttribute")] == ["kind", "raw"]
    assert first.findtext("MessageAttribute/Value/StringValue") == "x"


async def test_an_execution_is_stopped(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    harness.upstream.answers["stop_execution"] = {"stopDate": datetime(2026, 11, 27, tzinfo=UTC)}
    parameters = {"ExecutionArn": "$request.querystring.arn", "Cause": "done"}
    await api.route("DELETE /a", service("StepFunctions-StopExecution", **parameters))
    answer = await api.call("DELETE", "/a?arn=arn:x")
    assert answer.json == {"stopDate": 1795737600.0}
    assert harness.upstream.calls[0][2] == {"executionArn": "arn:x", "cause": "done"}


async def test_events(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    harness.upstream.answers["put_events"] = {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
    parameters = {"Detail": "$request.body.detail", "DetailType": "t", "Source": "me", "Region": "eu-west-1"}
    await api.route("POST /a", service("EventBridge-PutEvents", **parameters))
    answer = await api.call("POST", "/a", body=b'{"detail": {"x": 1}}')
    assert answer.json == {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
    [(_, scope, members)] = harness.upstream.calls
    assert scope.region == "eu-west-1"
    assert members == {"Entries": [{"Detail": '{"x":1}', "DetailType": "t", "Source": "me"}]}


async def test_error_of_a_service(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status and words reach the client."""

    async def refuse(*_args: object, **_members: object) -> dict[str, Any]:
        told: Any = {
            "Error": {"Code": "QueueDoesNotExist", "Message": "no queue"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(told, "SendMessage")

    monkeypatch.setattr(harness.upstream, "call", refuse)
    api = await HttpApi.make(harness)
    await api.route("POST /a", service("SQS-SendMessage", QueueUrl="q", MessageBody="b"))
    answer = await api.call("POST", "/a")
    assert (answer.status, answer.json["message"]) == (400, "no queue")


async def test_role_of_a_service_integration(harness: Harness) -> None:
    """500 where it cannot be assumed; what it may not do the service refuses."""
    roles = harness.around.roles
    assert isinstance(roles, FakeRoles)
    api = await HttpApi.make(harness)
    integration = service("SQS-SendMessage", QueueUrl="http://q", MessageBody="$request.body")
    await api.route("POST /a", integration)
    roles.denied.add(integration["CredentialsArn"])
    answer = await api.call("POST", "/a")
    assert (answer.status, answer.body) == (403, b"sqs denies")
    roles.strangers.add(integration["CredentialsArn"])
    answer = await api.call("POST", "/a")
    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})
    assert harness.upstream.calls == []


async def test_answers_pass_as_they_are(harness: Harness) -> None:
    """A function's 4xx is an answer like any other."""

    def teapot(_event: Event) -> object:
        return {"statusCode": 418, "body": "short and stout"}

    api = await HttpApi.make(harness)
    await api.function("GET /a", teapot)
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.body) == (418, b"short and stout")
