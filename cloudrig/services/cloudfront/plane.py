"""Serves distributions, at `/_aws/cloudfront/{id}/…` and `{id}.cloudfront.localhost`.

Default root object, behaviours by path, the cache, custom error responses, compression and response headers policies,
as the distribution's configuration has them. Viewers are not sent on to https: the rig's certificate is known to few.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html
"""

from __future__ import annotations

import asyncio
import gzip
import secrets
from html import escape

from aiohttp.web import BaseRequest, StreamResponse
from aiohttp.web import Response as AiohttpResponse
from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDict

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Members, Request, Response
from cloudrig.engine.router import mount
from cloudrig.services.cloudfront import behaviours, headers
from cloudrig.services.cloudfront.cache import Cache, Kept
from cloudrig.services.cloudfront.distributions import Distribution, Distributions
from cloudrig.services.cloudfront.origins import Origins
from cloudrig.services.cloudfront.policies import Policies

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
_COMPRESSED = ("text/", "application/javascript", "application/json", "application/xml", "image/svg+xml", "font/")
_MIN_BYTES, _MAX_BYTES = 1_000, 10_000_000


class Edge:
    """Implements `interfaces.DataPlane`."""

    def __init__(
        self,
        distributions: Distributions,
        origins: Origins,
        cache: Cache,
        response_headers: Policies,
        cache_policies: Policies,
        clock: Clock,
    ) -> None:
        self._distributions = distributions
        self._origins = origins
        self._cache = cache
        self._response_headers = response_headers
        self._cache_policies = cache_policies
        self._clock = clock

    def locate(self, host: str, path: str) -> Mounted | None:
        return mount(host, path, prefix="/_aws/cloudfront/", label="cloudfront")

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return AiohttpResponse(status=403, text="an S3 origin has no WebSocket")

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        if not mounted.path:
            return Response(301, headers=CIMultiDict({"Location": f"{mounted.base}/"}))
        try:
            distribution = await self._distributions.find(mounted.key)
            if distribution is None:
                return _error(404, "There is no such distribution.")
            if not distribution.config.get("Enabled"):
                return _error(403, "The distribution is disabled.")
            return await self._answer(request, distribution, mounted.path)
        except ServiceError as error:
            return _error(error.status, error.message)
        except (ClientError, BotoCoreError) as error:
            return _error(502, f"The upstream failed: {error}")

    async def _answer(self, request: Request, distribution: Distribution, path: str) -> Response:
        if path == "/":
            path = f"/{distribution.config.get('DefaultRootObject', '').lstrip('/')}"
        behaviour = behaviours.behaviour_of(distribution.config, path)
        if request.method not in behaviours.allowed_methods(behaviour):
            return _error(403, "This distribution is not configured to allow the HTTP request method.")
        if request.method not in ("GET", "HEAD"):
            return _error(501, f"cloudrig passes no {request.method} on to origins")
        response = await self._fetched(request, distribution, behaviour, path)
        if response.status >= 400:
            response = await self._error_page(request, distribution, response)
        headers.apply(self._response_headers.config(behaviour.get("ResponseHeadersPolicyId") or ""), response.headers)
        if response.status == 200 and response.headers.get("ETag", "-") in request.headers.get("If-None-Match", ""):
            response = Response(304, headers=response.headers)
            response.headers.popall("Content-Type", None)
        if request.method == "HEAD":
            response.body = b""
        return response

    async def _fetched(self, request: Request, distribution: Distribution, behaviour: Members, path: str) -> Response:
        """The origin's answer, kept or fetched, with what CloudFront says about it."""
        limits = self._cache_policies.config(behaviour.get("CachePolicyId") or "") or behaviour
        encoding = "gzip" if _is_compressed(request, behaviour, limits) else ""
        key = distribution.id, path, encoding
        kept = self._cache.find(key)
        if kept is not None:
            return self._shown(distribution, kept.response, kept)
        origin, invalidations = behaviours.origin_of(distribution.config, behaviour), self._cache.invalidations
        response = await self._origins.fetch(origin, path)
        if encoding:
            await _compress(response)
        lifetime_s = behaviours.lifetime_s(response.headers.get("Cache-Control", ""), limits)
        if response.status >= 400:
            lifetime_s = float(
                behaviours.error_page(distribution.config, response.status).get("ErrorCachingMinTTL", 10)
            )
        if invalidations == self._cache.invalidations:
            self._cache.keep(key, response, lifetime_s)
        return self._shown(distribution, response, None)

    async def _error_page(self, request: Request, distribution: Distribution, response: Response) -> Response:
        """The page that the distribution has for such an error, under the status that it is to have."""
        found = behaviours.error_page(distribution.config, response.status)
        path = found.get("ResponsePagePath")
        if not path:
            return response
        behaviour = behaviours.behaviour_of(distribution.config, path)
        page = await self._fetched(request, distribution, behaviour, path)
        if page.status >= 400:
            return response
        page.status = int(found.get("ResponseCode") or response.status)
        page.headers["X-Cache"] = "Error from cloudfront"
        return page

    def _shown(self, distribution: Distribution, response: Response, kept: Kept | None) -> Response:
        shown = CIMultiDict(response.headers)
        shown["X-Cache"] = "Hit from cloudfront" if kept else "Miss from cloudfront"
        if response.status >= 400:
            shown["X-Cache"] = "Error from cloudfront"
        elif kept:
            shown["Age"] = str(int(self._clock.now() - kept.at))
        shown["Via"] = f"1.1 {distribution.domain} (CloudFront)"
        shown["X-Amz-Cf-Pop"] = "LOCAL-P1"
        shown["X-Amz-Cf-Id"] = secrets.token_urlsafe(42)
        return Response(response.status, response.body, shown)


def _is_compressed(request: Request, behaviour: Members, limits: Members) -> bool:
    accepted = limits.get("ParametersInCacheKeyAndForwardedToOrigin", {}).get("EnableAcceptEncodingGzip")
    return bool(behaviour.get("Compress") and accepted and "gzip" in request.headers.get("Accept-Encoding", ""))


async def _compress(response: Response) -> None:
    kind = response.headers.get("Content-Type", "")
    if "Content-Encoding" in response.headers or not kind.startswith(_COMPRESSED):
        return
    if response.status == 200 and _MIN_BYTES <= len(response.body) <= _MAX_BYTES:
        response.body = await asyncio.to_thread(gzip.compress, response.body, 6)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        if not response.headers.get("ETag", "").startswith("W/"):
            response.headers["ETag"] = f"W/{response.headers['ETag']}"


def _error(status: int, text: str) -> Response:
    page = f"<html><head><title>ERROR</title></head><body><h1>{status} ERROR</h1><p>{escape(text)}</p></body></html>"
    return Response(
        status, page.encode(), CIMultiDict({"Content-Type": "text/html", "X-Cache": "Error from cloudfront"})
    )
