"""Serves deployment packages: what `Code.Location` of GetFunction points to.

AWS gives a presigned S3 URL there, valid for ten minutes; ours is good as long as the code is kept.
"""

from __future__ import annotations

import asyncio
import base64

from aiohttp.web import BaseRequest, StreamResponse
from multidict import CIMultiDict

from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.services.lambda_.code import CodeStore
from cloudrig.services.lambda_.layer_state import Code

_PREFIX = "/_aws/lambda/code/"


def code_url(base_url: str, code: Code) -> str:
    return f"{base_url}{_PREFIX}{base64.b64decode(code.sha256).hex()}.zip"


class CodePlane:
    """Implements `interfaces.DataPlane` for `/_aws/lambda/code/{sha256}.zip`."""

    def __init__(self, codes: CodeStore) -> None:
        self._codes = codes

    def locate(self, host: str, path: str) -> Mounted | None:
        if not path.startswith(_PREFIX):
            return None
        return Mounted(path.removeprefix(_PREFIX).removesuffix(".zip"), "/")

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        archive = self._codes.archive(mounted.key)
        if archive is None or request.method not in ("GET", "HEAD"):
            return Response(404)
        body = await asyncio.to_thread(archive.read_bytes)
        return Response(200, body, CIMultiDict({"Content-Type": "application/zip"}))

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return StreamResponse(status=404)
