"""Functions as plain Python, in place of the Lambda service."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation, Invoker, LogEvent, LogSink, Roles, Upstream
from cloudrig.engine.messages import Addresses, Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.throttling import Throttles
from cloudrig.services.apigateway.user_pools import UserPools
from cloudrig.services.upstream.metrics import CloudWatchMetrics

Event = dict[str, Any]
Function = Callable[[Event], object | Awaitable[object]]


class Unhandled(Exception):
    """Raised by a function: its invocation ends with a function error."""


@dataclass
class FakeInvoker:
    """Implements `interfaces.Invoker`. A function that is not there may not be invoked.

    What a function returns is its payload: as JSON, or as it is where it returns bytes.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    source_arns: list[str | None] = field(default_factory=list)
    principals: list[str | None] = field(default_factory=list)

    def add(self, name: str, function: Function) -> str:
        """The function's ARN."""
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        self.functions[arn] = function
        return arn

    async def invoke(
        self, function_arn: str, payload: bytes, *, principal: str | None = None, source_arn: str | None = None
    ) -> Invocation:
        await self.check(function_arn, principal=principal, source_arn=source_arn)
        event = json.loads(payload)
        self.events.append(event)
        self.source_arns.append(source_arn)
        self.principals.append(principal)
        try:
            answer = self.functions[function_arn](event)
            answer = await answer if inspect.isawaitable(answer) else answer
        except Unhandled as error:
            content = {"errorMessage": str(error), "errorType": "Unhandled"}
            return Invocation(json.dumps(content).encode(), function_error="Unhandled")
        return Invocation(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    async def check(self, function_arn: str, *, principal: str | None, source_arn: str | None) -> None:
        if function_arn not in self.functions:
            raise AccessDenied(f"apigateway.amazonaws.com may not invoke {function_arn}")


@dataclass
class FakeLogs:
    """Implements `interfaces.LogSink`: lines by log group."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    streams: set[tuple[str, str]] = field(default_factory=set)

    def put(self, scope: Scope, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        self.lines.setdefault(group, []).extend(event.message for event in events)
        self.streams.add((group, stream))

    async def flush(self) -> None:
        """There is nothing behind it."""


@dataclass
class FakeUpstream:
    """As much of `interfaces.Upstream` as the gateway uses; keeps what it was asked to do."""

    url: str = "http://127.0.0.1:1"
    calls: list[tuple[str, Scope, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    forwarded: list[str] = field(default_factory=list)

    async def forward(self, request: Request) -> Response:
        self.forwarded.append(request.path)
        page = self.pages.get(request.path)
        return Response(404) if page is None else Response(200, page)

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        self.calls.append((operation, scope, members))
        answer: dict[str, Any] = self.answers.get(operation, {})
        return answer

    def metrics(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Dimensions and sum of every datum of a metric."""
        data = [datum for _, _, members in self.calls for datum in members.get("MetricData", ())]
        return [
            ({each["Name"]: each["Value"] for each in datum["Dimensions"]}, datum["StatisticValues"]["Sum"])
            for datum in data
            if datum["MetricName"] == name
        ]


@dataclass
class FakeRoles:
    """Roles that may be assumed and allow everything, but for those named."""

    strangers: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    async def may_assume(self, role_arn: str, principal: str) -> bool:
        return role_arn not in self.strangers

    async def denial(self, request: Request, service: str) -> Response | None:
        return Response(403, f"{service} denies".encode()) if request.caller.role_arn in self.denied else None


def surroundings(
    clock: Clock,
    events: Events,
    invoker: Invoker,
    addresses: Addresses,
    *,
    credentials: Credentials | None = None,
    throttling: bool = False,
    logs: LogSink | None = None,
    upstream: Upstream | None = None,
    roles: Roles | None = None,
) -> Surroundings:
    """What a rig would give the gateway."""
    return Surroundings(
        clock=clock,
        events=events,
        invoker=invoker,
        addresses=addresses,
        credentials=credentials or Credentials(),
        throttles=Throttles(clock, enabled=throttling),
        logs=logs or FakeLogs(),
        metrics=Metrics(CloudWatchMetrics(clock, upstream or FakeUpstream())),
        user_pools=UserPools(upstream or FakeUpstream(), clock),
        upstream=upstream or FakeUpstream(),
        roles=roles or FakeRoles(),
    )


def ok(_event: Event) -> object:
    """200 without a body."""
    return {"statusCode": 200}


def echo(event: Event) -> object:
    """200 with the message that came."""
    return {"statusCode": 200, "body": event.get("body", "")}
