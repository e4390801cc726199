"""REST APIs through boto3 and a real socket: the control plane's wire form and a deployed API over HTTP and TLS."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import boto3
import pytest
from aiohttp.web import BaseRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials, signature_scope
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Addresses, Request, Response
from cloudrig.engine.router import PlaneRoute, Router
from cloudrig.engine.server import Server, read_body
from cloudrig.engine.tls import ensure_certificates
from cloudrig.services.apigateway.service import ApiGateway
from tests.services.apigateway.fakes import surroundings
from tests.services.apigateway.rest.fakes import FakeInvoker, invocation_uri


class Served:
    """API Gateway on free ports with a fake runtime behind it."""

    def __init__(self, addresses: Addresses, invoker: FakeInvoker) -> None:
        self.addresses = addresses
        self.invoker = invoker
        self.client: Any = boto3.client(
            "apigateway",
            endpoint_url=addresses.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )

    async def run(self, function: Callable[..., Any], **members: Any) -> Any:
        """A blocking call, off the loop that serves it."""
        return await asyncio.to_thread(function, **members)

    async def http(self, method: str, path: str, body: str | None = None, *, tls: bool = False) -> tuple[int, Any]:
        """Status and answer of one request, which a client makes that knows nothing of us."""

        def send() -> tuple[int, Any]:
            url = self.addresses.tls_url if tls else self.addresses.url
            address = url.partition("://")[2]
            context = ssl.create_default_context(cafile=self.addresses.ca_bundle)
            connection = (
                http.client.HTTPSConnection(address, context=context) if tls else http.client.HTTPConnection(address)
            )
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.status, {"headers": response.headers, "body": response.read()}
            connection.close()
            return answer

        return await asyncio.to_thread(send)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    server = Server("127.0.0.1", 0, 0)
    certificates = ensure_certificates(tmp_path_factory.mktemp("tls"))
    addresses = Addresses(
        f"http://127.0.0.1:{server.port}", f"https://127.0.0.1:{server.tls_port}", str(certificates.bundle)
    )
    clock, invoker, credentials = Clock(), FakeInvoker(), Credentials()
    gateway = ApiGateway(surroundings(clock, Events(clock.now), invoker, addresses))
    router = Router([gateway.plane], {}, {"apigateway": [gateway.v2, gateway.v1]})

    async def answer(request: Request, raw: BaseRequest) -> Response:
        signed = signature_scope(request.headers, request.query)
        request.caller = credentials.caller(signed)
        route = router.route(request, signed)
        request.body = await read_body(raw, route.max_body_bytes if route else 0)
        if isinstance(route, PlaneRoute):
            return await route.plane.serve(request, route.mounted)
        assert route is not None
        return await route.service.call(route.operation, request)

    await server.start(answer, certificates.server_context())
    served = Served(addresses, invoker)
    yield served
    served.client.close()
    await gateway.close()
    await server.close()


async def deployed(served: Served) -> str:
    """An API with a proxied `POST /login` and its preflight, made as boto3 makes it; returns its base path."""
    client = served.client

    def make() -> str:
        api = client.create_rest_api(name="chat", endpointConfiguration={"types": ["REGIONAL"]})
        resource = client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="login")
        ids = {"restApiId": api["id"], "resourceId": resource["id"]}
        client.put_method(**ids, httpMethod="POST", authorizationType="NONE")
        client.put_integration(
            **ids, httpMethod="POST", type="AWS_PROXY", integrationHttpMethod="POST", uri=invocation_uri()
        )
        ids["httpMethod"] = "OPTIONS"
        header = "method.response.header.Access-Control-Allow-Origin"
        client.put_method(**ids, authorizationType="NONE")
        client.put_method_response(**ids, statusCode="200", responseParameters={header: True})
        client.put_integration(**ids, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        client.put_integration_response(**ids, statusCode="200", responseParameters={header: "'*'"})
        client.create_deployment(restApiId=api["id"], stageName="prod")
        return f"/_aws/execute-api/{api['id']}/prod"

    return str(await served.run(make))


async def test_proxied_request(served: Served) -> None:
    """A POST reaches the function and its answer the client, on both ports."""
    served.invoker.output = {"statusCode": 201, "headers": {"X-A": "b"}, "body": '{"token": "t"}'}
    base = await deployed(served)
    for tls in (False, True):
        status, answer = await served.http("POST", f"{base}/login", '{"username": "ann"}', tls=tls)
        assert (status, json.loads(answer["body"])) == (201, {"token": "t"})
        assert answer["headers"]["X-A"] == "b"
        assert answer["headers"]["Content-Type"] == "application/json"
        assert served.invoker.event["body"] == '{"username": "ann"}'
        assert served.invoker.event["headers"]["X-Forwarded-Proto"] == ("https" if tls else "http")


async def test_preflight(served: Served) -> None:
    status, answer = await served.http("OPTIONS", f"{await deployed(served)}/login")
    assert (status, answer["headers"]["Access-Control-Allow-Origin"]) == (200, "*")


async def test_errors_on_the_wire(served: Served) -> None:
    status, answer = await served.http("GET", f"{await deployed(served)}/nowhere")
    assert (status, json.loads(answer["body"])) == (403, {"message": "Missing Authentication Token"})
    assert answer["headers"]["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_head_has_no_body(served: Served) -> None:
    """`ANY` takes HEAD; what the function returns as a body stays here."""
    served.invoker.output = {"statusCode": 200, "body": "unseen"}
    base = await deployed(served)
    api_id = base.split("/")[3]
    client = served.client
    root = (await served.run(client.get_rest_api, restApiId=api_id))["rootResourceId"]
    ids = {"restApiId": api_id, "resourceId": root, "httpMethod": "ANY"}
    await served.run(client.put_method, **ids, authorizationType="NONE")
    await served.run(
        client.put_integration, **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=invocation_uri()
    )
    await served.run(client.create_deployment, restApiId=api_id, stageName="prod")
    status, answer = await served.http("HEAD", base)
    assert (status, answer["body"]) == (200, b"")


async def test_boto3_sees_modelled_errors(served: Served) -> None:
    with pytest.raises(ClientError) as refused:
        await served.run(served.client.get_rest_api, restApiId="nope")
    error = refused.value.response
    assert error["Error"]["Code"] == "NotFoundException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404


async def test_boto3_pages_and_patches(served: Served) -> None:
    """Paging by `position`, escaped paths and dates, as boto3 reads and writes them."""
    client = served.client

    def exercise() -> None:
        ids = [client.create_rest_api(name=f"api{number}")["id"] for number in range(5)]
        pages = client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2})
        assert [item["id"] for one in pages for item in one["items"]][-5:] == ids
        operation = {"op": "add", "path": "/binaryMediaTypes/image~1png"}
        changed = client.update_rest_api(restApiId=ids[0], patchOperations=[operation])
        assert changed["binaryMediaTypes"] == ["image/png"]
        assert changed["createdDate"].tzinfo is not None
        arn = f"arn:aws:apigateway:us-east-1::/restapis/{ids[0]}"
        client.tag_resource(resourceArn=arn, tags={"a": "1"})
        assert client.get_tags(resourceArn=arn)["tags"] == {"a": "1"}
        client.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert client.get_tags(resourceArn=arn)["tags"] == {}

    await served.run(exercise)


async def test_export_comes_as_a_file(served: Served) -> None:
    base = await deployed(served)
    members = {"restApiId": base.split("/")[3], "stageName": "prod", "exportType": "oas30"}
    answer = await served.run(served.client.get_export, **members, accepts="application/json")
    assert (answer["contentType"], ".json" in answer["contentDisposition"]) == ("application/octet-stream", True)
    assert list(json.loads(answer["body"].read())["paths"]) == ["/login"]


async def test_not_built_is_said_so(served: Served) -> None:
    """An operation or setting that is not there answers NotImplemented with its name."""
    with pytest.raises(ClientError, match="GetSdkTypes"):
        await served.run(served.client.get_sdk_types)
