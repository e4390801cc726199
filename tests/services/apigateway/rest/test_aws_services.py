"""`AWS` integrations with services (API_PutIntegration, `uri`), against a service on a real socket."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cloudrig.engine.errors import AccessDenied, OperationNotImplemented
from cloudrig.services.apigateway.rest.apis import RestApis
from tests.services.apigateway.fakes import FakeRoles
from tests.services.apigateway.rest.fakes import ADDRESSES, FUNCTION, Api, Gateway, said


@dataclass
class Service:
    """Answers for the rig; keeps what it was asked."""

    status: int = 200
    answer: str = "{}"
    content_type: str = "text/plain"
    asked: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
async def service() -> Service:
    return Service()


@pytest.fixture
async def gateway(service: Service) -> AsyncIterator[Gateway]:
    """A gateway whose rig is the service."""

    async def answer(request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        service.asked.append(
            {"path": request.raw_path, "headers": request.headers, "body": body, "method": request.method}
        )
        return web.Response(status=service.status, text=service.answer, content_type=service.content_type)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        made = Gateway()
        url = f"http://127.0.0.1:{server.port}"
        around = dataclasses.replace(made.around, addresses=dataclasses.replace(ADDRESSES, url=url))
        made.apis = RestApis(around, lambda scope, api_id, stage: False)
        yield made
        await made.apis.close()


def deployed(gateway: Gateway, uri: str, method: str = "POST", **integration: Any) -> Api:
    api = gateway.api()
    ids = api.method("POST", "/{name}", requestParameters={"method.request.path.name": True})
    members = {"type": "AWS", "integrationHttpMethod": method, "uri": f"arn:aws:apigateway:us-east-1:{uri}"}
    api.call("PutIntegration", **ids, **members, **integration)
    for status, pattern in (("200", None), ("400", r"4\d\d")):
        api.call("PutMethodResponse", **ids, statusCode=status)
        response = {"responseTemplates": {"application/json": '{"got": $input.json("$")}'}} if pattern is None else {}
        selection = {"selectionPattern": pattern} if pattern else {}
        api.call("PutIntegrationResponse", **ids, statusCode=status, **selection, **response)
    return api.deploy()


async def test_action_of_a_json_service(gateway: Gateway, service: Service) -> None:
    """`dynamodb:action/PutItem`: the template's text under the action's target; the answer is mapped back."""
    template = '{"TableName": "t", "Item": {"id": {"S": "$input.params("name")"}}}'
    api = deployed(gateway, "dynamodb:action/PutItem", requestTemplates={"application/json": template})
    service.answer = '{"Attributes": 1}'
    assert said(await api.send("POST", "/prod/x", body=b"{}")) == (200, {"got": {"Attributes": 1}})
    [asked] = service.asked
    assert json.loads(asked["body"]) == {"TableName": "t", "Item": {"id": {"S": "x"}}}
    headers = asked["headers"]
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert headers["Host"] == "dynamodb.us-east-1.amazonaws.com"
    assert "Credential=000000000000/20260101/us-east-1/dynamodb/aws4_request" in headers["Authorization"]


async def test_path_of_a_service(gateway: Gateway, service: Service) -> None:
    """`sqs:path/{account}/{queue}` with a form, as AWS's own tutorial has it."""
    parameters = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
    template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
    templates = {"application/json": template}
    api = deployed(gateway, "sqs:path/000000000000/jobs", requestParameters=parameters, requestTemplates=templates)
    assert (await api.send("POST", "/prod/x", body=b'{"a": "b c"}')).status == 200
    [asked] = service.asked
    assert (asked["path"], asked["method"]) == ("/000000000000/jobs", "POST")
    assert asked["body"] == "Action=SendMessage&MessageBody=%7B%22a%22%3A+%22b+c%22%7D"
    assert asked["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


async def test_path_with_a_variable(gateway: Gateway, service: Service) -> None:
    parameters = {"integration.request.path.key": "method.request.path.name"}
    api = deployed(gateway, "s3:path/bucket/{key}", "GET", requestParameters=parameters)
    await api.send("POST", "/prod/a.txt")
    assert (service.asked[0]["method"], service.asked[0]["path"]) == ("GET", "/bucket/a.txt")


async def test_action_of_a_query_service(gateway: Gateway, service: Service) -> None:
    """`sns:action/Publish`: action and version in the query, beside mapped parameters."""
    parameters = {"integration.request.querystring.Message": "method.request.body.text"}
    api = deployed(gateway, "sns:action/Publish", requestParameters=parameters)
    await api.send("POST", "/prod/x", body=b'{"text": "hello"}')
    assert service.asked[0]["path"] == "/?Action=Publish&Version=2010-03-31&Message=hello"


async def test_errors_of_a_service(gateway: Gateway, service: Service) -> None:
    """Integration responses are chosen by the service's status."""
    service.status, service.answer = 400, '{"__type": "ValidationException"}'
    api = deployed(gateway, "states:action/StartExecution")
    assert (await api.send("POST", "/prod/x", body=b"{}")).status == 400
    assert service.asked[0]["headers"]["X-Amz-Target"] == "AWSStepFunctions.StartExecution"


async def test_asynchronous_invocation(gateway: Gateway, service: Service) -> None:
    """AG `set-up-lambda-integration-async.html`: the function is invoked as the mapped header says."""
    parameters = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
    service.status, service.answer = 202, ""
    api = deployed(gateway, f"lambda:path/2015-03-31/functions/{FUNCTION}/invocations", requestParameters=parameters)
    assert (await api.send("POST", "/prod/x", body=b'{"a": 1}')).status == 200
    [asked] = service.asked
    assert asked["path"] == f"/2015-03-31/functions/{FUNCTION}/invocations"
    assert asked["headers"]["X-Amz-Invocation-Type"] == "Event"
    assert (json.loads(asked["body"]), gateway.invoker.calls) == ({"a": 1}, [])
    gateway.invoker.raises = AccessDenied("not from here")
    assert (await api.send("POST", "/prod/x", body=b"{}")).status == 500
    source = f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/prod/POST/{{name}}"
    assert gateway.invoker.checked == (FUNCTION, "apigateway.amazonaws.com", source)
    assert service.asked == [asked], "the function's policy comes first"


def test_other_services(gateway: Gateway) -> None:
    with pytest.raises(OperationNotImplemented, match="glue"):
        deployed(gateway, "glue:action/StartJobRun")


async def test_answers_of_the_query_protocol_are_json(gateway: Gateway, service: Service) -> None:
    """Unless another `Accept` is mapped (recorded from AWS in LocalStack's test snapshots)."""
    service.answer = "<PublishResponse><PublishResult><MessageId>i</MessageId></PublishResult></PublishResponse>"
    template = {"responseTemplates": {"application/json": "$input.path('$.PublishResponse.PublishResult.MessageId')"}}
    for accept, expected in ((None, b"i"), ("'application/xml'", service.answer.encode())):
        parameters = {"integration.request.header.Accept": accept} if accept else {}
        api = deployed(gateway, "sns:action/Publish", requestParameters=parameters)
        ids = {"resourceId": api.resource("/{name}"), "httpMethod": "POST", "statusCode": "200"}
        api.call("PutIntegrationResponse", **ids, **({} if accept else template))
        assert (await api.deploy().send("POST", "/prod/x", body=b"{}")).body == expected


@pytest.mark.parametrize(
    ("accept", "handling", "expected"),
    [
        ("image/png", None, b"text"),
        ("image/png", "CONVERT_TO_TEXT", b"dGV4dA=="),
        ("text/plain", None, b"dGV4dA=="),
        ("text/plain", "CONVERT_TO_BINARY", b"text"),
    ],
)
async def test_bytes_of_a_service(
    gateway: Gateway, service: Service, accept: str, handling: str | None, expected: bytes
) -> None:
    """Bytes that the client does not accept come in base64 (recorded from AWS in LocalStack's test snapshots)."""
    service.answer, service.content_type = "text", "image/png"
    api = deployed(gateway, "s3:path/bucket/a", "GET")
    patch = {"op": "add", "path": "/binaryMediaTypes/image~1png"}
    api.call("UpdateRestApi", patchOperations=[patch])
    ids = {"resourceId": api.resource("/{name}"), "httpMethod": "POST", "statusCode": "200"}
    api.call("PutIntegrationResponse", **ids, **({"contentHandling": handling} if handling else {}))
    assert (await api.deploy().send("POST", "/prod/x", headers={"Accept": accept})).body == expected


ROLE = "arn:aws:iam::000000000000:role/caller"


async def test_role_that_cannot_be_assumed_is_500(gateway: Gateway, service: Service) -> None:
    """AG `permissions.html`: it must exist and trust `apigateway.amazonaws.com`; the service is not asked."""
    roles_of(gateway).strangers.add(ROLE)
    api = deployed(gateway, "sqs:path/000000000000/jobs", credentials=ROLE)
    assert said(await api.send("POST", "/prod/x")) == (500, {"message": "Internal server error"})
    assert service.asked == []


async def test_what_a_role_may_not_the_service_refuses(gateway: Gateway, service: Service) -> None:
    """An answer like others, for the patterns of integration responses."""
    roles_of(gateway).denied.add(ROLE)
    api = deployed(gateway, "sqs:path/000000000000/jobs", credentials=ROLE)
    response = await api.send("POST", "/prod/x")
    assert (response.status, response.body) == (400, b"sqs denies")
    assert service.asked == []


async def test_role_that_may(gateway: Gateway, service: Service) -> None:
    api = deployed(gateway, "sqs:path/000000000000/jobs", credentials=ROLE)
    assert (await api.send("POST", "/prod/x")).status == 200
    assert len(service.asked) == 1


def roles_of(gateway: Gateway) -> FakeRoles:
    roles = gateway.around.roles
    assert isinstance(roles, FakeRoles)
    return roles
