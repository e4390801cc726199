"""HTTP APIs under test, and the shortest way to make and call them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict
from yarl import URL

from cloudrig.engine.messages import Members
from tests.services.apigateway.fakes import Event, Function
from tests.services.apigateway.harness import Harness


@dataclass
class Answer:
    """What a client got."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpApi:
    """An HTTP API with stage `$default`, which deploys itself."""

    harness: Harness
    id: str

    @classmethod
    async def make(cls, harness: Harness, stage: str = "$default", **members: Any) -> HttpApi:
        """`stage_members` go to the stage, the rest to the API."""
        stage_members = members.pop("stage_members", {})
        made = await harness.control("CreateApi", Name="test", ProtocolType="HTTP", **members)
        await harness.control("CreateStage", ApiId=made["ApiId"], StageName=stage, AutoDeploy=True, **stage_members)
        return cls(harness, made["ApiId"])

    async def control(self, operation: str, **members: Any) -> Members:
        return await self.harness.control(operation, ApiId=self.id, **members)

    async def function(self, key: str, function: Function, payload_format: str = "2.0", **route: Any) -> str:
        """A route to a function of its own; the route's id. `integration` are further members of that."""
        name = "".join(char if char.isalnum() else "-" for char in f"{self.id}-{key}")
        integration = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": self.harness.invoker.add(name, function),
            "PayloadFormatVersion": payload_format,
        } | route.pop("integration", {})
        return await self.route(key, integration, **route)

    async def route(self, key: str, integration: Mapping[str, Any], **members: Any) -> str:
        made = await self.control("CreateIntegration", **integration)
        target = f"integrations/{made['IntegrationId']}"
        route = await self.control("CreateRoute", RouteKey=key, Target=target, **members)
        return str(route["RouteId"])

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request; `path` begins after the API's id."""
        url = f"{self.harness.addresses.url}/_aws/execute-api/{self.id}{path}"
        options: dict[str, Any] = {"headers": headers, "data": body, "allow_redirects": False}
        async with self.harness.http.request(method, URL(url, encoded=True), **options) as response:
            return Answer(response.status, CIMultiDict(response.headers), await response.read())

    @property
    def event(self) -> Event:
        """The event of the last invocation."""
        return self.harness.invoker.events[-1]


def said(text: str) -> Function:
    """A function that answers 200 with a text."""
    return lambda _event: {"statusCode": 200, "body": text}
