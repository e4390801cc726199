"""Events of functions behind an HTTP API, in payload formats 2.0 and 1.0.

2.0: header names in lower case, repeated headers and parameters joined with commas, cookies by themselves, what is
empty left out. 1.0: the shape of REST APIs with a `version`, nulls for what is empty.
Sources: AG `http-api-develop-integrations-lambda.html`; captured events (milliHQ/terraform-aws-next-js#31).
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.transforms import Outgoing

_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
"""Content types whose bodies are text, beside `text/*`; forms are none. Tried on AWS: ministackorg/ministack#766."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def encode(event: dict[str, Any]) -> bytes:
    return _ENCODER.encode(event).encode("utf-8", "replace")


def event_2(call: Call, outgoing: Outgoing) -> dict[str, Any]:
    body, encoded = event_body(call)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": call.route_key,
        **request_parts(call, outgoing),
        "requestContext": request_context_2(call, outgoing.path),
        "body": body,
        "pathParameters": dict(call.path_parameters) or None,
        "isBase64Encoded": encoded,
        "stageVariables": dict(call.stage.variables) or None,
    }
    return {name: value for name, value in event.items() if value is not None}


def request_parts(call: Call, outgoing: Outgoing) -> dict[str, Any]:
    """Path, query, cookies and headers, as events of format 2.0 and authorizers have them."""
    headers = {name.lower(): ",".join(values) for name, values in outgoing.headers.items()}
    cookies = headers.pop("cookie", None)
    parameters = {name: ",".join(values) for name, values in outgoing.parameters.items()}
    return {
        "rawPath": outgoing.path,
        "rawQueryString": outgoing.query,
        "cookies": [part.strip() for part in cookies.split(";")] if cookies else None,
        "headers": dict(sorted(headers.items())),
        "queryStringParameters": parameters or None,
    }


def request_context_2(call: Call, path: str) -> dict[str, Any]:
    request, stage = call.request, call.stage
    user_agent = request.headers.get("User-Agent")
    http: dict[str, Any] = {
        "method": request.method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.client_ip,
    }
    if user_agent is not None:
        http["userAgent"] = user_agent
    context: dict[str, Any] = {"accountId": stage.scope.account, "apiId": stage.api_id}
    if call.authorizer:
        context["authorizer"] = call.authorizer
    return context | {
        "domainName": call.domain_name,
        "domainPrefix": call.domain_name.partition(".")[0],
        "http": http,
        "requestId": call.request_id,
        "routeKey": call.route_key,
        "stage": stage.name,
        "time": call.request_time,
        "timeEpoch": int(call.time_s * 1000),
    }


def event_1(call: Call, outgoing: Outgoing) -> dict[str, Any]:
    body, encoded = event_body(call)
    headers, parameters = outgoing.headers, outgoing.parameters
    return {
        "version": "1.0",
        "resource": call.resource,
        "path": outgoing.path,
        "httpMethod": call.request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "requestContext": request_context_1(call, outgoing.path),
        "pathParameters": dict(call.path_parameters) or None,
        "stageVariables": dict(call.stage.variables) or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


def request_context_1(call: Call, path: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": call.stage.scope.account,
        "apiId": call.stage.api_id,
        "domainName": call.domain_name,
        "domainPrefix": call.domain_name.partition(".")[0],
        "extendedRequestId": call.request_id,
        "httpMethod": call.request.method,
        "identity": call.identity(),
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": call.request_time,
        "requestTimeEpoch": int(call.time_s * 1000),
        "resourceId": call.route_key,  # captured; the guide's sample has null
        "resourcePath": call.resource,
        "stage": call.stage.name,
    }
    told = call.authorizer or {}
    if "jwt" in told or "lambda" in told:
        context["authorizer"] = told.get("jwt") or told.get("lambda")
    return context


def event_body(call: Call) -> tuple[str | None, bool]:
    """The body as text, or in base64 where its type or encoding is not one of text."""
    body, headers = call.request.body, call.request.headers
    if not body:
        return None, False
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if "Content-Encoding" in headers or not (media_type.startswith("text/") or media_type in _TEXT_TYPES):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False
