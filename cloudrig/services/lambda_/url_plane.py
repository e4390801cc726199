"""Serves function URLs: `/_aws/lambda-url/{urlId}/…` on any host, and `{urlId}.lambda-url.{region}.localhost`.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, …/urls-auth.html; refusals as recorded in
LocalStack's AWS-validated snapshots and tests (`TestLambdaURL`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp.web import BaseRequest, StreamResponse
from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.router import mount
from cloudrig.engine.signatures import FALSE_SIGNATURE, Verdict, check_signature
from cloudrig.services.lambda_.call import AnswerStream, Call
from cloudrig.services.lambda_.errors import too_large
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES, Invocations
from cloudrig.services.lambda_.naming import LATEST
from cloudrig.services.lambda_.tracing import TRACE_HEADER, trace_root
from cloudrig.services.lambda_.url_answers import BadAnswer, buffered, streamed
from cloudrig.services.lambda_.url_cors import opened, preflight
from cloudrig.services.lambda_.url_events import url_event
from cloudrig.services.lambda_.urls import PREFIX, Target, Urls

_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class UrlPlane:
    """Implements `interfaces.DataPlane` for function URLs."""

    def __init__(self, urls: Urls, invocations: Invocations, credentials: Credentials, clock: Clock) -> None:
        self._urls = urls
        self._invocations = invocations
        self._credentials = credentials
        self._clock = clock

    def locate(self, host: str, path: str) -> Mounted | None:
        return mount(host, path, prefix=PREFIX, label="lambda-url", max_body_bytes=MAX_SYNC_BYTES)

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        target = self._urls.find(mounted.key)
        if target is None:
            return _error(403, None, "AccessDeniedException")
        if len(request.body) > MAX_SYNC_BYTES:
            error = too_large("Invoke", MAX_SYNC_BYTES)
            return _error(error.status, error.message, error.code)
        cors = target.config.cors
        answer = preflight(cors, request) or self._refused(request, target)
        if answer is None:
            answer = await self._invoke(request, mounted, target)
        return opened(cors, request, answer)

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        return StreamResponse(status=400)  # no WebSockets here

    def _refused(self, request: Request, target: Target) -> Response | None:
        """The answer to who may not call, if so."""
        if target.config.auth_type == "NONE":
            policy = target.function.policies.get(target.ref.qualifier or LATEST)
            if policy is not None and policy.allows_url("NONE"):
                return None
            return _error(403, _FORBIDDEN, "AccessDeniedException")
        match check_signature(request, self._credentials, "lambda"):
            case Verdict.VALID:
                return None
            case Verdict.MISSING:
                return _error(403, _FORBIDDEN, "AccessDeniedException")
            case Verdict.FALSE:
                return _error(403, FALSE_SIGNATURE, "InvalidSignatureException")
            case verdict:
                return _error(403, f"The signature is not valid: {verdict}.", "InvalidSignatureException")

    async def _invoke(self, request: Request, mounted: Mounted, target: Target) -> Response:
        signer = request.caller if target.config.auth_type == "AWS_IAM" else None
        request_id = names.request_id()
        now = self._clock.utc()
        trace = trace_root(now.timestamp(), request.headers.get(TRACE_HEADER, ""))
        event = url_event(request, mounted.path, mounted.key, now, request_id, trace, signer)
        answer = await self._answer(target, event, request_id, trace)
        answer.headers["x-amzn-RequestId"] = request_id
        return answer

    async def _answer(self, target: Target, event: bytes, request_id: str, trace: str) -> Response:
        stream = AnswerStream()
        try:
            call = self._invocations.start(target.ref, event, request_id=request_id, stream=stream, trace=trace)
            if target.config.mode == "RESPONSE_STREAM":
                return await _streamed(stream, call)
            return await _buffered(stream, call)
        except ServiceError as error:
            return _error(error.status, error.message, error.code)
        except (BadAnswer, ConnectionAbortedError):
            return _failed()


async def _buffered(stream: AnswerStream, call: Call) -> Response:
    """Wait for all there is; a function that streams has its answer put together."""
    answer = await call.answer
    if answer.function_error is not None:
        return _failed()
    if stream.content_type is None:
        return buffered(answer.payload)
    response = await streamed(stream.content_type, stream.pieces())
    if response.stream is not None:
        response.body = b"".join([piece async for piece in response.stream])
        response.stream = None
    return response


async def _streamed(stream: AnswerStream, call: Call) -> Response:
    """Answer with the first piece. What a function that does not stream returns is passed on as it is (unverified)."""
    pieces = stream.pieces()
    first = await anext(pieces, None)
    if first is not None and stream.content_type is not None:
        return await streamed(stream.content_type, _after(first, pieces, call))
    answer = await call.answer
    if answer.function_error is not None:
        return _failed()
    content_type = stream.content_type or "application/json"
    return Response(200, answer.payload, CIMultiDict({"Content-Type": content_type}))


async def _after(first: bytes, pieces: AsyncIterator[bytes], call: Call) -> AsyncIterator[bytes]:
    """All pieces. A function that fails on the way breaks the response off."""
    yield first
    async for piece in pieces:
        yield piece
    answer = await call.answer
    if answer.function_error is not None:
        raise ConnectionAbortedError(f"the function failed while it streamed: {answer.payload.decode()}")


def _failed() -> Response:
    headers = CIMultiDict({"Content-Type": "application/json", "x-amzn-ErrorType": "InternalServerErrorException"})
    return Response(502, b"Internal Server Error", headers)


def _error(status: int, message: str | None, error_type: str) -> Response:
    body: dict[str, Any] = {"Message": message}
    headers = CIMultiDict({"Content-Type": "application/json", "x-amzn-ErrorType": error_type})
    return Response(status, json.dumps(body, separators=(",", ":")).encode(), headers)
