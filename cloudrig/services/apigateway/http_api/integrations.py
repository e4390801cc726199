"""What stands behind a route: a function, an HTTP back end, or an action of an AWS service.

Sources: AG `http-api-develop-integrations-lambda.html`, `http-api-develop-integrations-http.html`,
`http-api-develop-integrations-aws-services.html`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invoker, Roles, Upstream
from cloudrig.engine.messages import Caller, Members, Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import service_model
from cloudrig.services.apigateway.backends import BackendTimeout, BackendUnreachable, HttpBackends, UnusableAddress
from cloudrig.services.apigateway.forwarding import HOP_BY_HOP
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.errors import internal_error, unavailable
from cloudrig.services.apigateway.http_api.events import encode, event_1, event_2
from cloudrig.services.apigateway.http_api.mappings import Template
from cloudrig.services.apigateway.http_api.proxy_response import response_1, response_2
from cloudrig.services.apigateway.http_api.routes import DEFAULT
from cloudrig.services.apigateway.http_api.services import SUBTYPES, Subtype
from cloudrig.services.apigateway.http_api.transforms import Outgoing, RequestTransform
from cloudrig.services.apigateway.integration_roles import RoleNotAssumed, refused

_SAFE_IN_PATHS = "/%@:+!$&'()*,;=~"
_NOT_FORWARDED = frozenset({"content-length", "host"})


class Integration(Protocol):
    """What answers for a route."""

    async def answer(self, call: Call) -> Response:
        """Raises Refused."""
        ...


class LambdaIntegration:
    """One invocation per request."""

    def __init__(self, document: Members, function_arn: str | None, source_arn: str, invoker: Invoker) -> None:
        """`source_arn` holds `{}` for the method of the request."""
        self._function_arn = function_arn
        self._source_arn = source_arn
        # a role of the integration's own stands for the permission that the function's policy would have to give
        self._principal = None if document.get("CredentialsArn") else "apigateway.amazonaws.com"
        self._timeout_s = document["TimeoutInMillis"] / 1000
        self._new_format = document["PayloadFormatVersion"] == "2.0"
        self._transform = RequestTransform(document.get("RequestParameters") or {})
        self._invoker = invoker

    async def answer(self, call: Call) -> Response:
        """Raises Refused: 500 where the function fails or may not be invoked, 503 where it takes too long."""
        if self._function_arn is None:
            raise internal_error("the integration's URI names no function")
        outgoing = self._transform.apply(call)
        event = event_2(call, outgoing) if self._new_format else event_1(call, outgoing)
        source_arn = self._source_arn.replace("{}", call.request.method, 1)
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._invoker.invoke(
                    self._function_arn, encode(event), principal=self._principal, source_arn=source_arn
                )
        except TimeoutError:
            raise unavailable("the function did not answer in time") from None
        except ServiceError as error:
            raise internal_error(f"the function cannot be invoked: {error}") from None
        if result.function_error is not None:
            raise internal_error("the function failed")
        return response_2(result.payload) if self._new_format else response_1(result.payload)


class HttpIntegration:
    """An HTTP back end, which gets what the client sent."""

    def __init__(self, document: Members, uri: str, backends: HttpBackends) -> None:
        """`uri` has its stage variables put in."""
        self._uri = uri
        self._method: str = document["IntegrationMethod"]
        self._timeout_s = document["TimeoutInMillis"] / 1000
        self._transform = RequestTransform(document.get("RequestParameters") or {})
        self._backends = backends

    async def answer(self, call: Call) -> Response:
        """Raises Refused: 503 where the back end does not answer (in time), 500 for an unusable address."""
        outgoing = self._transform.apply(call)
        method = call.request.method if self._method == "ANY" else self._method
        url, headers = self._url(call, outgoing), _headers(call, outgoing)
        try:
            answer = await self._backends.ask(method, url, headers, call.request.body, self._timeout_s)
        except BackendTimeout:
            raise unavailable("the back end did not answer in time") from None
        except BackendUnreachable as error:
            raise unavailable(str(error)) from None
        except UnusableAddress as error:
            raise internal_error(str(error)) from None
        returned: CIMultiDict[str] = CIMultiDict()
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP and name.lower() != "content-length":
                returned.add(name, value)
        return Response(answer.status, answer.body, returned)

    def _url(self, call: Call, outgoing: Outgoing) -> str:
        """Path variables put in; `$default` adds the whole path, a mapped path replaces the URI's."""
        uri = self._uri
        for name, value in call.path_parameters.items():
            text = quote(value, safe="/@:+!$&'()*,;=~")
            uri = uri.replace(f"{{{name}}}", text).replace(f"{{{name}+}}", text)
        parts = urlsplit(uri)
        path = parts.path
        if outgoing.overwritten:
            path = quote(outgoing.path, safe=_SAFE_IN_PATHS)
        elif call.route_key == DEFAULT:
            path = path.rstrip("/") + call.path
        query = "&".join(part for part in (parts.query, outgoing.query) if part)
        return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else "")


def _headers(call: Call, outgoing: Outgoing) -> CIMultiDict[str]:
    """Captured: `Forwarded` and `Via` tell of the gateway."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, values in outgoing.headers.items():
        if name.lower() not in _NOT_FORWARDED:
            for value in values:
                headers.add(name, value)
    scheme = call.request.base_url.partition(":")[0]
    headers["Forwarded"] = f"by=127.0.0.1;for={call.request.client_ip};host={call.domain_name};proto={scheme}"
    headers["Via"] = "HTTP/1.1 AmazonAPIGateway"
    return headers


class ServiceIntegration:
    """An action of an AWS service, its input out of the request."""

    def __init__(self, document: Members, scope: Scope, upstream: Upstream, roles: Roles) -> None:
        self._role_arn: str | None = document.get("CredentialsArn")
        self._roles = roles
        self._name: str = document["IntegrationSubtype"].removesuffix("-1.0")
        self._parameters = {name: Template(text) for name, text in (document.get("RequestParameters") or {}).items()}
        self._timeout_s = document["TimeoutInMillis"] / 1000
        self._scope = scope
        self._upstream = upstream

    async def answer(self, call: Call) -> Response:
        """The service's answer, or its error with its status. Raises Refused."""
        subtype = SUBTYPES[self._name]
        values = {
            name: value for name, text in self._parameters.items() if (value := text.value(call.value)) is not None
        }
        scope = Scope(self._scope.account, values.pop("Region", self._scope.region))
        denied = await self._denied(subtype, scope, values)
        if denied is not None:
            return denied
        try:
            async with asyncio.timeout(self._timeout_s):
                members = subtype.members(values)
                result = await self._upstream.call(subtype.service, subtype.operation, scope, **members)
        except ClientError as error:
            return _failed(error)
        except TimeoutError:
            raise unavailable("the service did not answer in time") from None
        except (BotoCoreError, ServiceError, ValueError, KeyError) as error:
            raise internal_error(f"the service cannot be called: {error}") from None
        metadata = result.pop("ResponseMetadata", {})
        if subtype.service == "sqs":
            return _xml(self._name.removeprefix("SQS-"), result, str(metadata.get("RequestId", "")))
        return _json(200, result)

    async def _denied(self, subtype: Subtype, scope: Scope, values: Mapping[str, str]) -> Response | None:
        """What the service says to a role that may not do this. Raises Refused: the role cannot be assumed."""
        target = CIMultiDict({"X-Amz-Target": f"{subtype.service}.{self._name.partition('-')[2]}"})
        body = json.dumps(values).encode()
        request = Request("POST", "/", headers=CIMultiDictProxy(target), body=body, caller=Caller(scope))
        try:
            return await refused(self._roles, self._role_arn, request, service_model(subtype.service).signing_name)
        except RoleNotAssumed as error:
            raise internal_error(str(error)) from None


def _failed(error: ClientError) -> Response:
    told = error.response["Error"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return _json(status, {"__type": told["Code"], "message": told["Message"]})


def _json(status: int, content: Mapping[str, Any]) -> Response:
    body = json.dumps(content, default=_epoch, separators=(",", ":")).encode()
    return Response(status, body, CIMultiDict({"Content-Type": "application/json"}))


def _epoch(value: object) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()


def _xml(action: str, result: Mapping[str, Any], request_id: str) -> Response:
    """SQS speaks its query protocol here: unverified, as everything about these answers."""
    members = "".join(f"<{name}>{_xml_value(value)}</{name}>" for name, value in _repeated(result))
    content = f"<{action}Result>{members}</{action}Result>" if members else ""
    metadata = f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>"
    body = f'<?xml version="1.0"?><{action}Response>{content}{metadata}</{action}Response>'
    return Response(200, body.encode(), CIMultiDict({"Content-Type": "text/xml"}))


_SINGULAR = {"Messages": "Message", "Attributes": "Attribute", "MessageAttributes": "MessageAttribute"}


def _repeated(members: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Members as elements: lists and maps are elements of the singular's name, those of maps with Name and Value."""
    elements: list[tuple[str, Any]] = []
    for name, value in members.items():
        if isinstance(value, list):
            elements += [(_SINGULAR.get(name, name), item) for item in value]
        elif name in _SINGULAR:
            elements += [(_SINGULAR[name], {"Name": key, "Value": item}) for key, item in value.items()]
        else:
            elements.append((name, value))
    return elements


def _xml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml_value(item)}</{name}>" for name, item in _repeated(value))
    return base64.b64encode(value).decode() if isinstance(value, bytes) else escape(str(value))
