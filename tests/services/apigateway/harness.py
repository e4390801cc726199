"""A gateway behind the engine's real server, with fake functions: what the data-plane tests run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import ClientSession
from aiohttp.web import BaseRequest, StreamResponse
from botocore.exceptions import ClientError
from botocore.parsers import RestJSONParser
from botocore.serialize import RestJSONSerializer
from websockets.asyncio.client import ClientConnection, connect

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials, signature_scope
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Addresses, Caller, Members, Request, Response
from cloudrig.engine.router import OperationRoute, PlaneRoute, Router
from cloudrig.engine.server import Server, read_body
from cloudrig.engine.tls import ensure_certificates
from cloudrig.engine.wire import OperationTable, service_model
from cloudrig.services.apigateway.service import ApiGateway
from cloudrig.services.apigateway.surroundings import Surroundings
from tests.services.apigateway.fakes import Event, FakeInvoker, FakeLogs, FakeUpstream, Function, surroundings

INVOCATION_URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/execute-api/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0"
}


@dataclass(frozen=True)
class Route:
    """A route to deploy: the function behind it, whether it answers, and what else its integration says."""

    function: Function
    answers: bool = False
    integration: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Harness:
    """A gateway, its functions and clock, and an HTTP client for it."""

    gateway: ApiGateway
    invoker: FakeInvoker
    clock: Clock
    events: Events
    addresses: Addresses
    http: ClientSession
    around: Surroundings
    logs: FakeLogs
    upstream: FakeUpstream

    async def control(self, operation: str, **members: Any) -> Members:
        """Call an operation of apigatewayv2."""
        return await call_operation(self.gateway.v2, operation, members)

    async def deploy(self, routes: Mapping[str, Route | Function], **api: Any) -> Deployed:
        """A WebSocket API with stage `prod` that deploys itself."""
        settings = {"RouteSelectionExpression": "$request.body.action", **api}
        made = await self.control("CreateApi", Name="test", ProtocolType="WEBSOCKET", **settings)
        deployed = Deployed(self, made["ApiId"])
        await self.control("CreateStage", ApiId=deployed.api_id, StageName="prod", AutoDeploy=True)
        for key, route in routes.items():
            await deployed.add(key, route if isinstance(route, Route) else Route(route))
        return deployed

    async def call_v1(self, operation: str, **members: Any) -> Members:
        """Call an operation of apigateway, for what both kinds of APIs share: API keys and usage plans."""
        return await call_operation(self.gateway.v1, operation, members, service="apigateway")

    async def call(
        self, method: str, path: str, body: bytes | None = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and body of a plain HTTP request."""
        async with self.http.request(method, self.addresses.url + path, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def events_of(self, kind: str, count: int = 1) -> list[Event]:
        """The events of a kind (`DISCONNECT`), once there are as many."""

        def found() -> list[Event]:
            return [event for event in self.invoker.events if event["requestContext"]["eventType"] == kind]

        await self.until(lambda: len(found()) >= count)
        return found()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once something is so; fail after 5 seconds."""
        async with asyncio.timeout(5):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.005)


@dataclass
class Deployed:
    """One API with stage `prod`."""

    harness: Harness
    api_id: str

    @property
    def url(self) -> str:
        return self.harness.addresses.url.replace("http", "ws") + self.path

    @property
    def path(self) -> str:
        return f"/_aws/execute-api/{self.api_id}/prod"

    async def add(self, key: str, route: Route) -> str:
        """Add a route with an integration of its own; its id."""
        arn = self.harness.invoker.add(f"{self.api_id}-{key.strip('$')}", route.function)
        integration = {"IntegrationType": "AWS_PROXY", "IntegrationMethod": "POST"}
        integration |= {"IntegrationUri": INVOCATION_URI.format(arn)} | dict(route.integration)
        made = await self.harness.control("CreateIntegration", ApiId=self.api_id, **integration)
        return await self.add_route(key, f"integrations/{made['IntegrationId']}", answers=route.answers)

    async def integrate(
        self,
        key: str,
        integration: Mapping[str, Any],
        responses: Mapping[str, Mapping[str, Any]] | None = None,
        **route: Any,
    ) -> None:
        """Add a route with an integration that is no proxy, and integration responses by key. It answers."""
        made = await self.harness.control("CreateIntegration", ApiId=self.api_id, **integration)
        where = {"ApiId": self.api_id, "IntegrationId": made["IntegrationId"]}
        for response_key, members in (responses or {}).items():
            await self.harness.control(
                "CreateIntegrationResponse", **where, IntegrationResponseKey=response_key, **members
            )
        await self.add_route(key, f"integrations/{made['IntegrationId']}", answers=key != "$connect", **route)

    async def add_route(self, key: str, target: str, *, answers: bool, **members: Any) -> str:
        members |= {"RouteResponseSelectionExpression": "$default"} if answers else {}
        made = await self.harness.control("CreateRoute", ApiId=self.api_id, RouteKey=key, Target=target, **members)
        if answers:
            await self.harness.control(
                "CreateRouteResponse", ApiId=self.api_id, RouteId=made["RouteId"], RouteResponseKey="$default"
            )
        return str(made["RouteId"])

    def connect(self, query: str = "", **options: Any) -> connect:
        """A `websockets` client; compression is offered as browsers do."""
        return connect(self.url + query, open_timeout=5, **options)

    async def connection_id(self, client: ClientConnection) -> str:
        """The id of a client of this API, as its `id` route tells it."""
        await client.send('{"action": "id"}')
        return str(await client.recv())

    async def callback(
        self, method: str, connection_id: str, body: bytes = b"", *, headers: Mapping[str, str] = SIGNED
    ) -> tuple[int, str]:
        """Call `@connections` as an SDK does: id percent-encoded, signed."""
        return await self.harness.call(
            method, f"{self.path}/@connections/{quote(connection_id)}", body, headers=headers
        )


async def call_operation(
    table: OperationTable,
    operation: str,
    members: Members,
    caller: Caller = Caller(),
    service: str = "apigatewayv2",
) -> Members:
    """Call as boto3 would, without a socket: serialized and parsed by botocore. Raises ClientError."""
    model = service_model(service).operation_model(operation)
    sent = RestJSONSerializer().serialize_to_request(members, model)
    path, query = sent["url_path"], urlencode(sent["query_string"], doseq=True)
    body = sent["body"].encode() if isinstance(sent["body"], str) else sent["body"] or b""
    found = table.find(sent["method"], path, query)
    assert found == operation
    answer = await table.call(operation, Request(sent["method"], path, query, body=body, caller=caller))
    raw = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
    parsed: Any = RestJSONParser().parse(raw, model.output_shape)  # type: ignore[arg-type]  # None is an empty one
    if answer.status >= 300:
        raise ClientError(parsed, operation)
    del parsed["ResponseMetadata"]
    answered: Members = parsed
    return answered


def tell_id(event: Event) -> object:
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}


@asynccontextmanager
async def running(folder: Path, *, throttling: bool = False) -> AsyncIterator[Harness]:
    """A gateway of its own on free ports. With throttling its clock stands still."""
    server = Server("127.0.0.1", 0, 0)
    certificates = ensure_certificates(folder)
    urls = f"http://127.0.0.1:{server.port}", f"https://127.0.0.1:{server.tls_port}"
    addresses = Addresses(*urls, ca_bundle=str(certificates.bundle))
    clock = Clock(source=lambda: 1795176000.0) if throttling else Clock()
    invoker, credentials = FakeInvoker(), Credentials()
    events = Events(clock.now)
    logs, upstream = FakeLogs(), FakeUpstream()
    around = surroundings(
        clock,
        events,
        invoker,
        addresses,
        credentials=credentials,
        throttling=throttling,
        logs=logs,
        upstream=upstream,
    )
    gateway = ApiGateway(around)
    await server.start(_answering(gateway, credentials), certificates.server_context())
    async with ClientSession() as http:
        yield Harness(gateway, invoker, clock, events, addresses, http, around, logs, upstream)
    await gateway.close()
    await server.close()


def _answering(
    gateway: ApiGateway, credentials: Credentials
) -> Callable[[Request, BaseRequest], Awaitable[Response | StreamResponse]]:
    router = Router([gateway.plane], {}, {"apigateway": [gateway.v2, gateway.v1]})

    async def answer(request: Request, raw: BaseRequest) -> Response | StreamResponse:
        signed = signature_scope(request.headers, request.query)
        request.caller = credentials.caller(signed)
        route = router.route(request, signed)
        request.body = await read_body(raw, route.max_body_bytes if route else 0)
        match route:
            case PlaneRoute(plane, mounted) if "Upgrade" in request.headers:
                return await plane.upgrade(raw, request, mounted)
            case PlaneRoute(plane, mounted):
                return await plane.serve(request, mounted)
            case OperationRoute(service, operation):
                return await service.call(operation, request)
        return Response(404)

    return answer
