"""The rig's own paths, `/_cloudrig/…`: health for whoever starts it, and its clock for tests.

`GET /_cloudrig/health`                         → 200 `{"status": "ok", "pid", "version", "services", "upstream"}`
`GET /_cloudrig/clock`                          → 200 `{"now": epoch seconds}`
`POST /_cloudrig/clock` `{"advanceS": number}`  → 200 `{"now": epoch seconds}`, time moved forward
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from aiohttp.web import BaseRequest, StreamResponse
from aiohttp.web import Response as AiohttpResponse
from multidict import CIMultiDict

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response

_PREFIX = "/_cloudrig/"


class Admin:
    """Implements `interfaces.DataPlane` for the rig itself."""

    def __init__(self, clock: Clock, about: Mapping[str, Any]) -> None:
        self._clock = clock
        self._about = about

    def locate(self, host: str, path: str) -> Mounted | None:
        return Mounted("", path[len(_PREFIX) :], _PREFIX) if path.startswith(_PREFIX) else None

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        match request.method, mounted.path:
            case "GET", "health":
                return _json(200, {"status": "ok", "pid": os.getpid(), **self._about})
            case "GET", "clock":
                return _json(200, {"now": self._clock.now()})
            case "POST", "clock":
                return self._advance(request.body)
        return _json(404, {"message": "cloudrig has /_cloudrig/health and /_cloudrig/clock"})

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return AiohttpResponse(status=404)

    def _advance(self, body: bytes) -> Response:
        try:
            self._clock.advance(float(json.loads(body)["advanceS"]))
        except (ValueError, KeyError, TypeError):
            return _json(400, {"message": 'the body must be {"advanceS": seconds}, from 0 to ten years of them'})
        return _json(200, {"now": self._clock.now()})


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), CIMultiDict({"Content-Type": "application/json"}))
