"""Cognito's answers to browsers: pages of any origin may call it.

The header names are those that browsers show of AWS's answers; AWS documents none of this, so they are unverified.
"""

from __future__ import annotations

from multidict import CIMultiDict

from cloudrig.engine.messages import Request, Response

_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
_MAX_AGE_S = 172_800


def is_preflight(request: Request) -> bool:
    """Whether a browser asks if a page may send a request to a service that is told by `X-Amz-Target`."""
    asked = request.headers.get("Access-Control-Request-Headers", "").lower()
    return request.method == "OPTIONS" and "x-amz-target" in asked


def preflight(request: Request) -> Response:
    """It may."""
    headers = CIMultiDict(
        {
            "Access-Control-Allow-Headers": request.headers["Access-Control-Request-Headers"],
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Max-Age": str(_MAX_AGE_S),
        }
    )
    return opened(Response(200, headers=headers))


def opened(response: Response) -> Response:
    """The same answer, for pages of any origin to read."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    return response
