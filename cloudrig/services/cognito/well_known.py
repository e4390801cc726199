"""What a user pool publishes: `/{pool id}/.well-known/jwks.json` and `…/openid-configuration`, on any host of the rig.

On AWS the host is `cognito-idp.{region}.amazonaws.com`, which tokens name as their issuer here too. A pool's id holds
an underscore, so no bucket can have it as its name.
Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import json
import re

from aiohttp.web import BaseRequest, StreamResponse
from aiohttp.web import Response as AiohttpResponse
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Mounted, Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.wire import error_response
from cloudrig.services.cognito import cors

_PATH = re.compile(r"/(([a-z]{2}(?:-[a-z]+)+-\d)_[0-9A-Za-z]+)/\.well-known/(jwks\.json|openid-configuration)")


class WellKnown:
    """Implements `interfaces.DataPlane`."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def locate(self, host: str, path: str) -> Mounted | None:
        found = _PATH.fullmatch(path)
        return Mounted(found[1], path) if found else None

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return AiohttpResponse(status=405)

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        region = mounted.key.partition("_")[0]
        headers = CIMultiDictProxy(CIMultiDict({"Host": f"cognito-idp.{region}.amazonaws.com"}))
        try:
            response = await self._upstream.forward(Request("GET", mounted.path, headers=headers))
        except UpstreamUnavailable as error:
            return error_response(error, "json")
        if response.status == 200 and mounted.path.endswith("openid-configuration"):
            found = json.loads(response.body)
            found["jwks_uri"] = f"{request.base_url}/{mounted.key}/.well-known/jwks.json"
            response.body = json.dumps(found).encode()
        return cors.opened(response)
