"""CORS of function URLs: preflights are answered without the function, and its answers get the configured headers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Request, Response

_Cors = Mapping[str, Any]


def preflight(cors: _Cors | None, request: Request) -> Response | None:
    """The answer to a preflight; None for every other request, and where no CORS is configured."""
    asked = request.headers.get("Access-Control-Request-Method")
    if cors is None or request.method != "OPTIONS" or asked is None or "Origin" not in request.headers:
        return None
    headers: CIMultiDict[str] = CIMultiDict(_origin(cors, request))
    if headers:
        for member, name in (
            ("AllowMethods", "Access-Control-Allow-Methods"),
            ("AllowHeaders", "Access-Control-Allow-Headers"),
        ):
            if cors.get(member):
                headers[name] = ",".join(cors[member])
        if "MaxAge" in cors:
            headers["Access-Control-Max-Age"] = str(cors["MaxAge"])
    return Response(200, b"", headers)


def opened(cors: _Cors | None, request: Request, response: Response) -> Response:
    """A response with the headers of the configuration in place of the function's own."""
    if cors is None or "Origin" not in request.headers:
        return response
    headers = _origin(cors, request)
    if headers and cors.get("ExposeHeaders"):
        headers["Access-Control-Expose-Headers"] = ",".join(cors["ExposeHeaders"])
    response.headers.update(headers)
    return response


def _origin(cors: _Cors, request: Request) -> dict[str, str]:
    """The headers that let the page's origin in; none where it is not among the allowed ones."""
    origin, allowed = request.headers["Origin"], cors.get("AllowOrigins") or ()
    if origin not in allowed and "*" not in allowed:
        return {}
    credentials = bool(cors.get("AllowCredentials"))
    shown = origin if credentials or origin in allowed else "*"
    headers = {"Access-Control-Allow-Origin": shown, "Vary": "Origin"}
    if credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return headers
