"""`HTTP` and `HTTP_PROXY`, and `AWS` with a service: the message goes to an HTTP back end.

`$connect` goes without a body and with the client's `Sec-WebSocket-*` headers; a connection id reaches a back end
through request parameters only. Evidence: localstack/localstack#5851.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from multidict import CIMultiDict

from cloudrig.engine.traces import new_trace
from cloudrig.services.apigateway.aws_services import AwsEndpoint
from cloudrig.services.apigateway.backends import BackendAnswer, BackendTimeout, BackendUnreachable, UnusableAddress
from cloudrig.services.apigateway.execution_logs import trace_answer, trace_request
from cloudrig.services.apigateway.integration_roles import RoleNotAssumed, refused_by
from cloudrig.services.apigateway.websocket.integrations.base import (
    TIMED_OUT,
    TIMEOUT_STATUS,
    Backends,
    IntegrationFailure,
    RouteCall,
    Target,
    internal_failure,
)
from cloudrig.services.apigateway.websocket.integrations.mappings import RequestParameters
from cloudrig.services.apigateway.websocket.integrations.responses import Responses
from cloudrig.services.apigateway.websocket.integrations.templates import RequestMapping
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse

log = logging.getLogger(__name__)

UNREACHABLE_STATUS = 504  # unverified on the handshake


@dataclass(frozen=True, slots=True)
class HttpIntegration:
    """Implements `base.Integration`. `request` and `responses` are None in a proxy, which maps neither.

    With `service`, `uri` is a path of the rig's own address, where that service of AWS answers, asked as `role_arn`;
    `function` is what it is asked to invoke.
    """

    method: str
    uri: str
    api_id: str
    timeout_s: float
    parameters: RequestParameters
    request: RequestMapping | None
    responses: Responses | None
    service: AwsEndpoint | None = None
    role_arn: str | None = None
    function: Target | None = None

    async def answer(self, call: RouteCall, backends: Backends) -> ProxyResponse:
        if self.function is not None:
            await self.function.check(backends)
        body = self.request.body(call) if self.request is not None else call.text.encode(errors="replace")
        answer = await self._ask(call, backends, b"" if call.is_connect else body)
        if self.responses is not None:
            return self.responses.respond(call, answer)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return ProxyResponse(answer.status, answer.body.decode("utf-8", "replace"), headers)

    async def _ask(self, call: RouteCall, backends: Backends, body: bytes) -> BackendAnswer:
        url, headers = self._url(call, backends), self._headers(call)
        if call.trace is not None:
            call.trace.info(f"Endpoint request URI: {url}")
            trace_request(call.trace, headers, body)
        started = time.perf_counter()
        try:
            answer = await self._refused(backends, url, headers, body) or await backends.http.ask(
                self.method, url, headers, body, self.timeout_s
            )
        except RoleNotAssumed as error:
            if call.trace is not None:
                call.trace.error(f"Execution failed due to configuration error: {error}")
            raise internal_failure() from None
        except BackendTimeout:
            raise IntegrationFailure(TIMEOUT_STATUS, TIMED_OUT) from None
        except BackendUnreachable as error:
            log.warning("%s cannot be reached: %s", self.uri, error)
            raise internal_failure(UNREACHABLE_STATUS) from None
        except UnusableAddress as error:
            log.warning("an integration of %s has an unusable URI: %s", self.api_id, error)
            raise internal_failure() from None
        if call.trace is not None:
            trace_answer(call.trace, answer.status, time.perf_counter() - started, answer.headers, answer.body)
        return answer if self.service is None else self.service.read(answer, headers.get("Accept", "application/json"))

    async def _refused(
        self, backends: Backends, url: str, headers: CIMultiDict[str], body: bytes
    ) -> BackendAnswer | None:
        """What a service says to a role that may not do this. Raises RoleNotAssumed."""
        if self.service is None:
            return None
        return await refused_by(self.service, backends.roles, self.role_arn, self.method, url, headers, body)

    def _url(self, call: RouteCall, backends: Backends) -> str:
        url = self.uri if self.service is None else backends.rig_url + self.uri
        for name, value in self.parameters.values(call, "path"):
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
        query = urlencode(self.parameters.values(call, "querystring"))
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url

    def _headers(self, call: RouteCall) -> CIMultiDict[str]:
        sent: dict[str, str] = call.event["headers"] if call.is_connect else {}
        headers = CIMultiDict(
            {name: value for name, value in sent.items() if name.lower().startswith("sec-websocket-")}
        )
        headers["Content-Type"] = "application/json"
        headers["User-Agent"] = f"AmazonAPIGateway_{self.api_id}"
        headers["X-Amzn-Apigateway-Api-Id"] = self.api_id
        headers["X-Amzn-Trace-Id"] = sent.get("X-Amzn-Trace-Id") or new_trace(call.context["requestTimeEpoch"] / 1000)
        for name, value in self.parameters.values(call, "header"):
            headers[name] = value
        if self.service is not None:
            self.service.sign(headers)
        return headers
