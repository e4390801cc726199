"""A Lambda service on real processes, spoken to on the wire's level as an SDK would."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import service_model
from cloudrig.services.lambda_.fork_server import ForkServer
from cloudrig.services.lambda_.service import Lambda
from tests.services.lambda_.fakes import FakeLogSink, FakeStreamReader, FakeUpstream

ROLE = "arn:aws:iam::000000000000:role/functions"
_names = itertools.count(1)


class Failed(Exception):
    """An error answer: code, status, message and the other members."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.code: str = answer["Error"]["Code"]
        self.message: str = answer["Error"]["Message"]
        self.status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
        self.answer = answer
        super().__init__(f"{self.status} {self.code}: {self.message}")


def archive(source: str = "", files: dict[str, str] | None = None) -> bytes:
    """A deployment package with `m.py` and whatever else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in {"m.py": source, **(files or {})}.items():
            package.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


class Api:
    """A client in one account and region, and the parts behind the service."""

    def __init__(
        self,
        service: Lambda,
        clock: Clock,
        logs: FakeLogSink,
        streams: FakeStreamReader,
        upstream: FakeUpstream,
        scope: Scope = Scope(),
    ) -> None:
        self.service = service
        self.clock = clock
        self.logs = logs
        self.streams = streams
        self.upstream = upstream
        self.scope = scope

    def elsewhere(self, account: str, region: str) -> Api:
        return Api(self.service, self.clock, self.logs, self.streams, self.upstream, Scope(account, region))

    async def __call__(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation; raises Failed."""
        model = service_model("lambda").operation_model(operation)
        made = create_serializer("rest-json", False).serialize_to_request(members, model)
        sent = AWSRequest(made["method"], "http://rig" + made["url_path"], params=made["query_string"]).prepare()
        path, _, query = sent.url.removeprefix("http://rig").partition("?")
        headers = CIMultiDictProxy(CIMultiDict(made["headers"]))
        body = made["body"] if isinstance(made["body"], bytes) else made["body"].encode()
        request = Request(made["method"], path, query, headers, body, caller=Caller(self.scope))
        answer = await self.service.call(operation, request)
        received = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
        parsed: dict[str, Any] = create_parser("rest-json").parse(received, model.output_shape)  # type: ignore[arg-type]
        if answer.status >= 300:
            raise Failed(parsed | json.loads(answer.body))
        return parsed

    async def deploy(self, handler: str = "m.handler", source: str = "", **members: Any) -> str:
        """A function of a new name; returns its ARN."""
        members = {"Runtime": "python3.11", "Role": ROLE, "Code": {"ZipFile": archive(source)}} | members
        made = await self("CreateFunction", FunctionName=f"f{next(_names)}", Handler=handler, **members)
        arn: str = made["FunctionArn"]
        return arn

    async def run(self, arn: str, event: object = None, **options: Any) -> Any:
        """What a function returns for an event; a function error fails the test."""
        answer = await self.service.invoke(arn, json.dumps(event).encode(), **options)
        assert answer.function_error is None, answer.payload
        return json.loads(answer.payload)

    async def failing(self, arn: str, event: object = None) -> dict[str, Any]:
        """The error a function ends with."""
        answer: Invocation = await self.service.invoke(arn, json.dumps(event).encode())
        assert answer.function_error == "Unhandled"
        error: dict[str, Any] = json.loads(answer.payload)
        return error

    def log(self, arn: str) -> list[str]:
        return self.logs.messages(f"/aws/lambda/{arn.rpartition(':')[2]}")


def fork_server(api: Api) -> ForkServer:
    """What the service's Python environments fork from."""
    template = api.service._runtime.template
    assert template is not None
    return api.service._launcher.prepare(template)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Poll until something holds, for half a minute."""
    try:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110  conditions outside this process among them
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"it never came to pass {what}") from None


async def settle(rounds: int = 20) -> None:
    """Let everything that can run without time or input passing run."""
    for _ in range(rounds):
        await asyncio.sleep(0)
