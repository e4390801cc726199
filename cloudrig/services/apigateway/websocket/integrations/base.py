"""What integrations have in common: the call they answer, what they reach back ends with, and how they fail."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any, Protocol

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, Invoker, Roles
from cloudrig.services.apigateway.backends import HttpBackends
from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.execution_logs import Trace, trace_answer, trace_invocation
from cloudrig.services.apigateway.vtl.variables import Parameters
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse

log = logging.getLogger(__name__)

PRINCIPAL = "apigateway.amazonaws.com"

BAD_GATEWAY = 502
NOT_INVOKED_STATUS = 500  # unverified: the handshake's status when API Gateway may not, or cannot, invoke the function
TIMEOUT_STATUS = 504  # unverified on the handshake; the frame is captured
UNSUPPORTED_STATUS = 415

INTERNAL_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
UNSUPPORTED = "Unsupported Media Type"  # unverified in a frame

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class IntegrationFailure(Refused):
    """No usable answer. `status` is what a handshake is refused with, `message` what a frame says."""


def internal_failure(status: int = NOT_INVOKED_STATUS) -> IntegrationFailure:
    return IntegrationFailure(status, INTERNAL_ERROR)


@dataclass(slots=True)
class RouteCall:
    """One call of a route. `event` is what a Lambda proxy is handed, `body` the JSON value of a message, if it is one.
    `trace` takes what goes to the execution log, where there is one.

    Integrations that are no proxies read the event, whose parts are their `$context`, `$stageVariables` and `$input`.
    """

    event: dict[str, Any]
    body: Any = None
    trace: Trace | None = None

    @property
    def text(self) -> str:
        """The message; empty for `$connect` and `$disconnect`."""
        return str(self.event.get("body", ""))

    @property
    def context(self) -> dict[str, Any]:
        context: dict[str, Any] = self.event["requestContext"]
        return context

    @property
    def variables(self) -> dict[str, str]:
        return self.event.get("stageVariables") or {}

    @property
    def is_connect(self) -> bool:
        return bool(self.context["eventType"] == "CONNECT")

    def parameters(self) -> Parameters:
        """Headers and query of the handshake, as `$input.params()` shows them; there are none but on `$connect`."""
        if not self.is_connect:
            return {"path": {}, "querystring": {}, "header": {}}
        return {
            "path": {},
            "querystring": self.event.get("queryStringParameters") or {},
            "header": self.event["headers"],
        }

    def encoded(self) -> bytes:
        """The event as JSON in UTF-8; bytes of a header that are not UTF-8 become question marks."""
        return _ENCODER.encode(self.event).encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Backends:
    """What integrations reach their back ends with. `rig_url` is where AWS's services answer."""

    invoker: Invoker
    http: HttpBackends
    rig_url: str
    roles: Roles


class Integration(Protocol):
    """What answers for a route."""

    async def answer(self, call: RouteCall, backends: Backends) -> ProxyResponse:
        """Raises IntegrationFailure: 500, 502 for a back end that failed, 504 after the integration's timeout."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A function behind an integration, for whom it is invoked, and how long it may take.

    `principal` is None where the integration has a role of its own: the function's policy does not matter then.
    """

    function_arn: str
    source_arn: str
    timeout_s: float
    principal: str | None = PRINCIPAL

    async def check(self, backends: Backends) -> None:
        """Raises IntegrationFailure (500) where it may not be invoked."""
        try:
            await backends.invoker.check(self.function_arn, principal=self.principal, source_arn=self.source_arn)
        except ServiceError as error:
            log.warning("%s may not invoke %s: %s", self.source_arn, self.function_arn, error)
            raise internal_failure() from None

    async def invoke(self, call: RouteCall, backends: Backends, payload: bytes) -> Invocation:
        """Raises IntegrationFailure: 500 where it may not be invoked, 504 where it takes too long."""
        if call.trace is not None:
            trace_invocation(call.trace, self.function_arn, call.context["requestId"], self.source_arn, payload)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.timeout_s):
                result = await backends.invoker.invoke(
                    self.function_arn, payload, principal=self.principal, source_arn=self.source_arn
                )
        except TimeoutError:
            raise IntegrationFailure(TIMEOUT_STATUS, TIMED_OUT) from None
        except ServiceError as error:
            log.warning("%s could not invoke %s: %s", self.source_arn, self.function_arn, error)
            raise internal_failure() from None
        if call.trace is not None:
            headers = {"Content-Type": "application/json", "Content-Length": str(len(result.payload))}
            trace_answer(call.trace, 200, time.perf_counter() - started, headers, result.payload)
        return result
