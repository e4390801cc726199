"""Events of function URLs: payload format 2.0.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload. What is empty is left
out; header names are in lower case, repeated headers and parameters joined with commas.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cloudrig.engine.messages import Caller, Request

_TEXT_TYPES = ("text", "json", "xml", "javascript")
"""Bodies of content types that contain one of these are text; others, forms among them, come in base64."""


def url_event(
    request: Request, path: str, url_id: str, now: datetime, request_id: str, trace: str, signer: Caller | None
) -> bytes:
    """The event for a request; `signer` is who signed it, where the URL asks for that, and `trace` a tracing header.

    `request_id` is that of the invocation, which AWS gives the client, too; that the event has the same is unverified.
    """
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in dict.fromkeys(request.headers)}
    headers |= _forwarded(request, trace)
    cookies = headers.pop("cookie", None)
    body, encoded = _body(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path or "/",
        "rawQueryString": request.query,
        "cookies": [part.strip() for part in cookies.split(";")] if cookies else None,
        "headers": headers,
        "queryStringParameters": _parameters(request.query) or None,
        "requestContext": _context(request, path or "/", url_id, now, request_id, signer),
        "body": body,
        "isBase64Encoded": encoded,
    }
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def _forwarded(request: Request, trace: str) -> dict[str, str]:
    """Headers that are added: seen in LocalStack's AWS-validated snapshots, which have those of TLS, too."""
    address = urlsplit(request.base_url)
    return {
        "x-amzn-trace-id": trace,
        "x-forwarded-for": request.client_ip,
        "x-forwarded-port": str(address.port or {"http": 80}.get(address.scheme, 443)),
        "x-forwarded-proto": address.scheme,
    }


def _context(
    request: Request, path: str, url_id: str, now: datetime, request_id: str, signer: Caller | None
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": signer.scope.account if signer else "anonymous",
        "apiId": url_id,
        "domainName": request.headers.get("Host", ""),
        "domainPrefix": url_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client_ip,
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if signer is not None:
        context["authorizer"] = {"iam": _identity(signer)}
    return context


def _identity(signer: Caller) -> dict[str, Any]:
    """Who signed, as far as the rig can tell: a function by its role's session, others by their key."""
    account, key = signer.scope.account, signer.access_key
    user_id = f"{key}:{signer.session}" if signer.session else key
    return {
        "accessKey": key,
        "accountId": account,
        "callerId": user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": signer.user_arn or f"arn:aws:iam::{account}:user/{key}",
        "userId": user_id,
    }


def _parameters(query: str) -> dict[str, str]:
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in parameters.items()}


def _body(request: Request) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    content_type = request.headers.get("Content-Type", "").lower()
    if any(part in content_type for part in _TEXT_TYPES):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True
