"""Serves website buckets at `/_aws/s3-website/{bucket}/…` and `{bucket}.s3-website.*`.

Index and error documents, redirects of "folders", content types, ETags, 304 and HEAD as S3's website endpoint;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html. Objects come from the upstream's S3.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from aiohttp.web import BaseRequest, StreamResponse
from aiohttp.web import Response as AiohttpResponse
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from multidict import CIMultiDict

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Mounted, Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.objects import object_headers
from cloudrig.engine.router import mount

_AWS_HOST = re.compile(r"(?P<bucket>.+)\.s3-website[-.][a-z0-9-]+\.amazonaws\.com")
"""A dash before the region or a dot, as the region is old or new."""


class Websites:
    """Implements `interfaces.DataPlane` for website buckets of the default account and region."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._scope = Scope()

    def locate(self, host: str, path: str) -> Mounted | None:
        found = _AWS_HOST.fullmatch(host)
        if found is not None:
            return Mounted(found["bucket"], path)
        return mount(host, path, prefix="/_aws/s3-website/", label="s3-website")

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return AiohttpResponse(status=405, text="a web site has no WebSocket")

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        if not mounted.path:
            return _redirect(f"{mounted.base}/")
        try:
            website = await self._call("get_bucket_website", Bucket=mounted.key)
            response = await self._document(request, mounted, website)
        except ClientError as error:
            return _client_error(error)
        except ParamValidationError:
            return _error(400, "InvalidBucketName", "The specified bucket is not valid.")
        except (BotoCoreError, UpstreamUnavailable) as error:
            return _error(503, "ServiceUnavailable", f"The upstream failed: {error}")
        if request.method == "HEAD":
            response.body = b""
        return response

    async def _document(self, request: Request, mounted: Mounted, website: dict[str, Any]) -> Response:
        index = website.get("IndexDocument", {}).get("Suffix", "index.html")
        key = unquote(mounted.path[1:])
        try:
            found = await self._object(mounted.key, key + index if key == "" or key.endswith("/") else key)
        except ClientError as error:
            if await self._is_folder(mounted.key, key, index):
                return _redirect(f"{mounted.base}/{quote(key)}/")
            return await self._error_document(mounted.key, website, error)
        if found["ETag"] in request.headers.get("If-None-Match", ""):
            headers = object_headers(found)
            headers.popall("Content-Type", None)
            return Response(304, headers=headers)
        return Response(200, found["Body"], object_headers(found))

    async def _is_folder(self, bucket: str, key: str, index: str) -> bool:
        if not key or key.endswith("/"):
            return False
        try:
            await self._call("head_object", Bucket=bucket, Key=f"{key}/{index}")
        except ClientError:
            return False
        return True

    async def _error_document(self, bucket: str, website: dict[str, Any], error: ClientError) -> Response:
        document = website.get("ErrorDocument", {}).get("Key")
        answer = _client_error(error)
        if document is None:
            return answer
        try:
            found = await self._object(bucket, document)
        except ClientError:
            return answer
        return Response(answer.status, found["Body"], object_headers(found))

    async def _object(self, bucket: str, key: str) -> dict[str, Any]:
        return await self._call("get_object", Bucket=bucket, Key=key)

    async def _call(self, operation: str, **members: Any) -> dict[str, Any]:
        return await self._upstream.call("s3", operation, self._scope, **members)


def _redirect(location: str) -> Response:
    return Response(302, headers=CIMultiDict({"Location": location}))


def _client_error(error: ClientError) -> Response:
    detail = error.response["Error"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 404)
    return _error(status, detail.get("Code", "NoSuchKey"), detail.get("Message", ""))


def _error(status: int, code: str, message: str) -> Response:
    """S3's own error page."""
    title = {404: "404 Not Found", 403: "403 Forbidden", 405: "405 Method Not Allowed"}.get(status, str(status))
    page = (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f"<ul><li>Code: {escape(code)}</li><li>Message: {escape(message)}</li></ul></body></html>"
    )
    return Response(status, page.encode(), CIMultiDict({"Content-Type": "text/html; charset=utf-8"}))
