"""The rig's own paths, `/_cloudrig/…`: health for whoever starts it, and its clock for tests.

`GET /_cloudrig/health`                         → 200 `{"status": "ok", "pid", "version", "services", "upstream"}`
`GET /_cloudrig/clock`                          → 200 `{"now": epoch seconds}`
`POST /_cloudrig/clock` `{"advanceS": number}`  → 200 `{"now": epoch seconds}`, time moved forward
`GET /_cloudrig/{report}`                       → 200 what the rig has to report under that name, one JSON object
`POST /_cloudrig/{action}`                      → 200 what it did
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp.web import BaseRequest, StreamResponse
from aiohttp.web import Response as AiohttpResponse
from multidict import CIMultiDict

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response

_PREFIX = "/_cloudrig/"

Make = Callable[[], object | Awaitable[object]]
"""Makes what is answered."""


class Admin:
    """Implements `interfaces.DataPlane` for the rig itself. `reports` are made when they are asked for, by GET.

    `actions` are carried out by POST.
    """

    def __init__(
        self,
        clock: Clock,
        about: Mapping[str, Any],
        reports: Mapping[str, Make],
        actions: Mapping[str, Make],
    ) -> None:
        self._clock = clock
        self._actions = actions
        self._about = about
        self._reports = reports

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
            case "GET", name if name in self._reports:
                return _json(200, await _made(self._reports[name]))
            case "POST", name if name in self._actions:
                return _json(200, await _made(self._actions[name]))
        paths = ", ".join(f"{_PREFIX}{name}" for name in ("health", "clock", *self._reports))
        return _json(404, {"message": f"cloudrig has {paths}"})

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return AiohttpResponse(status=404)

    def _advance(self, body: bytes) -> Response:
        try:
            self._clock.advance(float(json.loads(body)["advanceS"]))
        except (ValueError, KeyError, TypeError):
            return _json(400, {"message": 'the body must be {"advanceS": seconds}, from 0 to ten years of them'})
        return _json(200, {"now": self._clock.now()})


async def _made(make: Make) -> object:
    made = make()
    return await made if inspect.isawaitable(made) else made


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), CIMultiDict({"Content-Type": "application/json"}))
