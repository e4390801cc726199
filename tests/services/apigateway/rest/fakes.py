"""A function runtime in a few lines, and an API under test with the shortest way to each of its operations."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation, Mounted
from cloudrig.engine.messages import Addresses, Caller, Members, Request, Response
from cloudrig.services.apigateway.rest.apis import RestApis
from tests.services.apigateway.fakes import FakeLogs, FakeUpstream, surroundings

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:echo"
ADDRESSES = Addresses("http://127.0.0.1:4566", "https://127.0.0.1:4567", "ca.pem")


def invocation_uri(function: str = FUNCTION) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"


class FakeInvoker:
    """Answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.output: Any = {"statusCode": 200, "body": "ok"}
        self.outputs: dict[str, Any] = {}
        self.function_error: str | None = None
        self.raises: ServiceError | None = None
        self.hangs = False
        self.calls: list[dict[str, Any]] = []
        self.checked: tuple[str, str | None, str | None] | None = None

    async def invoke(
        self, function_arn: str, payload: bytes, *, principal: str | None = None, source_arn: str | None = None
    ) -> Invocation:
        event = json.loads(payload)
        self.calls.append({"function": function_arn, "event": event, "principal": principal, "source_arn": source_arn})
        if self.hangs:
            await asyncio.Event().wait()
        if self.raises is not None:
            raise self.raises
        output = self.outputs.get(function_arn, self.output)
        if callable(output):
            output = output(event)
        return Invocation(output if isinstance(output, bytes) else json.dumps(output).encode(), self.function_error)

    async def check(self, function_arn: str, *, principal: str | None, source_arn: str | None) -> None:
        self.checked = (function_arn, principal, source_arn)
        if self.raises is not None:
            raise self.raises

    @property
    def event(self) -> dict[str, Any]:
        """The event of the last invocation."""
        event: dict[str, Any] = self.calls[-1]["event"]
        return event


class Gateway:
    """REST APIs with a fake runtime and a clock that stands at noon of 20 November 2026."""

    def __init__(self, *, throttling: bool = False) -> None:
        self.invoker = FakeInvoker()
        self.clock = Clock(source=lambda: 1795176000.0)
        self.events = Events(self.clock.now)
        self.credentials = Credentials()
        self.logs, self.upstream = FakeLogs(), FakeUpstream()
        self.around = surroundings(
            self.clock,
            self.events,
            self.invoker,
            ADDRESSES,
            credentials=self.credentials,
            throttling=throttling,
            logs=self.logs,
            upstream=self.upstream,
        )
        self.apis = RestApis(self.around, lambda scope, api_id, stage: api_id == "websocket1")

    def call(self, operation: str, **members: Any) -> Any:
        """One operation of the control plane, with the service model's member names."""
        return self.apis.operations[operation](Caller(), members)

    def api(self, **members: Any) -> Api:
        return Api(self, self.call("CreateRestApi", **{"name": "test", **members}))


class Api:
    """One REST API and short forms of what tests do to it."""

    def __init__(self, gateway: Gateway, document: Members) -> None:
        self.gateway = gateway
        self.id = document["id"]
        self.root = document["rootResourceId"]

    def call(self, operation: str, **members: Any) -> Any:
        return self.gateway.call(operation, restApiId=self.id, **members)

    def resource(self, path: str) -> str:
        """The id of the resource at a path, made with its parents where missing."""
        known = {item["path"]: item["id"] for item in self.call("GetResources", limit=500)["items"]}
        at = ""
        resource_id: str = self.root
        for part in path.strip("/").split("/") if path.strip("/") else []:
            at = f"{at}/{part}"
            if at not in known:
                known[at] = self.call("CreateResource", parentId=resource_id, pathPart=part)["id"]
            resource_id = known[at]
        return resource_id

    def method(self, http_method: str, path: str, **members: Any) -> Members:
        """A method without an integration; returns the members that name it."""
        ids = {"resourceId": self.resource(path), "httpMethod": http_method}
        self.call("PutMethod", **ids, **{"authorizationType": "NONE", **members})
        return ids

    def proxy(self, http_method: str, path: str, function: str = FUNCTION, **members: Any) -> Members:
        """A method with a Lambda proxy integration."""
        ids = self.method(http_method, path, **members)
        self.call("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=invocation_uri(function))
        return ids

    def mock(self, http_method: str, path: str, template: str = '{"statusCode": 200}', **response: Any) -> Members:
        """A method with a mock integration and one response; `response` are members of the integration response."""
        ids = self.method(http_method, path)
        response = {"statusCode": "200", **response}
        declared = dict.fromkeys(response.get("responseParameters", {}), True)
        self.call("PutMethodResponse", **ids, statusCode=response["statusCode"], responseParameters=declared)
        self.call("PutIntegration", **ids, type="MOCK", requestTemplates={"application/json": template})
        self.call("PutIntegrationResponse", **ids, **response)
        return ids

    def deploy(self, stage: str = "prod", **members: Any) -> Api:
        self.call("CreateDeployment", stageName=stage, **members)
        return self

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        body: bytes = b"",
        caller: Caller | None = None,
    ) -> Response:
        """One request; `path` begins with the stage."""
        request = Request(
            method,
            f"/_aws/execute-api/{self.id}{path}",
            query,
            CIMultiDictProxy(CIMultiDict(headers or {})),
            body,
            client_ip="203.0.113.9",
            caller=caller or Caller(),
        )
        return await self.gateway.apis.serve(request, Mounted(self.id, path))


def said(response: Response) -> tuple[int, Any]:
    """Status and JSON body."""
    return response.status, json.loads(response.body)
