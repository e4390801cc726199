"""`HTTP` and `HTTP_PROXY` integrations, and `AWS` ones with a service: the request goes on to an HTTP back end.

A proxy passes on what the client sent; without proxy only mapped parameters go out and the answer is mapped back.
Sources: AG `setup-http-integrations.html`; header lists recorded on AWS in LocalStack's snapshots
(`test_apigateway_header_remapping_http`).
"""

from __future__ import annotations

import time
from urllib.parse import quote, urlencode

from multidict import CIMultiDict

from cloudrig.engine.interfaces import Roles
from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.aws_services import AwsEndpoint
from cloudrig.services.apigateway.backends import (
    BackendAnswer,
    BackendTimeout,
    BackendUnreachable,
    HttpBackends,
    UnusableAddress,
)
from cloudrig.services.apigateway.execution_logs import trace_answer, trace_request
from cloudrig.services.apigateway.integration_roles import RoleNotAssumed, refused_by
from cloudrig.services.apigateway.rest.answers import GatewayError, misconfigured, timed_out
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.integration_responses import IntegrationResponses, request_body
from cloudrig.services.apigateway.rest.lambda_proxy import Target
from cloudrig.services.apigateway.rest.mappings import REQUEST_TARGET, request_value
from cloudrig.services.apigateway.rest.state import Method
from cloudrig.services.apigateway.vtl.velocity import as_text

_NOT_FORWARDED = frozenset({"content-encoding", "host", "via"})
_NOT_SENT = frozenset({"connection", "expect", "proxy-authenticate", "te", "via"})
"""Headers that a mapping names in vain."""
_NOT_RETURNED = frozenset({"content-encoding", "transfer-encoding", "via"})
_REMAPPED = frozenset({"connection", "content-length", "date", "server", "x-amzn-requestid"})


class HttpIntegration:
    """One method's back end."""

    def __init__(
        self,
        method: Method,
        uri: str,
        backends: HttpBackends,
        service: AwsEndpoint | None = None,
        function: Target | None = None,
        roles: Roles | None = None,
    ) -> None:
        """`uri` has its stage variables put in. `service` is what answers there, where that is one of AWS's, and
        `function` what it is asked to invoke; `roles` knows the integration's.
        """
        document = method.integration.document if method.integration else {}
        self._document = document
        self._proxy = document["type"] == "HTTP_PROXY"
        self._uri = uri
        self._service = service
        self._function = function
        self._roles = roles
        self._mappings = [
            (*found.groups(), source)
            for target, source in (document.get("requestParameters") or {}).items()
            if (found := REQUEST_TARGET.fullmatch(target))
        ]
        self._responses = IntegrationResponses(method)
        self._timeout_s = document["timeoutInMillis"] / 1000
        self._backends = backends

    async def answer(self, call: Call) -> Response:
        """Raises GatewayError: 504 where the back end does not answer (in time), 500 for an unusable address, or a
        function that may not be invoked.
        """
        if self._function is not None:
            await self._function.check(call)
        answer = await self._ask(call)
        if self._proxy:
            return _proxied(answer)
        response = self._responses.respond(call, answer)
        response.headers["X-Amzn-Trace-Id"] = call.trace_root
        return response

    async def _ask(self, call: Call) -> BackendAnswer:
        method = self._document.get("httpMethod")
        if not method or method == "ANY":
            method = call.request.method
        body = call.request.body if self._proxy else request_body(call, self._document)
        url, headers = self._url(call), self._headers(call, body)
        if call.trace is not None:
            call.trace.info(f"Endpoint request URI: {url}")
            trace_request(call.trace, headers, body)
        started = time.perf_counter()
        try:
            refused = await self._refused(method, url, headers, body)
            answer = refused or await self._backends.ask(method, url, headers, body, self._timeout_s)
        except BackendTimeout:
            raise timed_out() from None
        except BackendUnreachable:
            text = "Network error communicating with endpoint"  # unverified
            told = "Execution failed due to a network error communicating with endpoint"
            raise GatewayError("INTEGRATION_FAILURE", text, told=told) from None
        except UnusableAddress:
            raise misconfigured("Invalid endpoint address") from None
        if call.trace is not None:
            trace_answer(call.trace, answer.status, time.perf_counter() - started, answer.headers, answer.body)
        return answer if self._service is None else self._service.read(answer, headers["Accept"])

    async def _refused(self, method: str, url: str, headers: CIMultiDict[str], body: bytes) -> BackendAnswer | None:
        """What a service says to a role that may not do this. Raises GatewayError: 500, the role cannot be assumed."""
        if self._service is None or self._roles is None:
            return None
        role = self._document.get("credentials")
        try:
            return await refused_by(self._service, self._roles, role, method, url, headers, body)
        except RoleNotAssumed as error:
            raise misconfigured(str(error)) from None

    def _mapped(self, call: Call, place: str) -> list[tuple[str, str]]:
        """The parameters of a place, those last that a template has set (`$context.requestOverride`)."""
        values = {name: request_value(call, source) for at, name, source in self._mappings if at == place}
        values |= {name: as_text(value) for name, value in call.overrides["requestOverride"][place].items()}
        return [(name, value) for name, value in values.items() if value is not None]

    def _url(self, call: Call) -> str:
        uri = self._uri
        for name, value in self._mapped(call, "path"):
            uri = uri.replace(f"{{{name}}}", quote(value, safe="/%@:+!$&'()*,;=~"))
        query = urlencode(self._mapped(call, "querystring"))
        parts = [call.request.query if self._proxy else "", query]
        joined = "&".join(part for part in parts if part)
        if joined:
            uri += ("&" if "?" in uri else "?") + joined
        return uri

    def _headers(self, call: Call, body: bytes) -> CIMultiDict[str]:
        headers: CIMultiDict[str] = CIMultiDict()
        if self._proxy:
            for name, values in call.headers.items():
                if name.lower() not in _NOT_FORWARDED:
                    for value in values:
                        headers.add(name, value)
        for name, value in self._mapped(call, "header"):
            if name.lower() not in _NOT_SENT:
                headers[name] = value
        headers.setdefault("Accept", "application/json")
        headers.setdefault("User-Agent", f"AmazonAPIGateway_{call.stage.api_id}")
        if body:
            headers.setdefault("Content-Type", "application/json")
        headers["X-Amzn-Apigateway-Api-Id"] = call.stage.api_id
        headers["X-Amzn-Trace-Id"] = call.trace_root
        if self._service is not None:
            self._service.sign(headers)
        return headers


def _proxied(answer: BackendAnswer) -> Response:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in answer.headers.items():
        lower = name.lower()
        if lower not in _NOT_RETURNED:
            headers.add(f"x-amzn-Remapped-{name}" if lower in _REMAPPED else name, value)
    headers.setdefault("Content-Type", "application/json")
    return Response(answer.status, answer.body, headers)
