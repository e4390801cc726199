"""The edge of the REST functions: a JSON object in; out a status, JSON and the CORS headers, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from handlers.chat import wire
from handlers.chat.errors import ChatError, Internal
from handlers.chat.fields import Fields
from handlers.events import LambdaContext, ProxyResponse, RestEvent
from handlers.log import Log

_STATUS: Final = {
    "BadRequest": 400,
    "InvalidUsername": 400,
    "InvalidPassword": 400,
    "InvalidCredentials": 401,
    "UsernameTaken": 409,
    "Internal": 500,
}

Endpoint = Callable[[Fields], tuple[int, Mapping[str, object]]]
Handler = Callable[[RestEvent, LambdaContext], ProxyResponse]


def endpoint(allowed_origin: str) -> Callable[[Endpoint], Handler]:
    """Make a function of a body's fields, returning status and body or raising a ChatError, into a Lambda handler.

    Args:
        allowed_origin: the origin of the site, or `*`.
    """

    def decorate(answer: Endpoint) -> Handler:
        def handler(event: RestEvent, context: LambdaContext) -> ProxyResponse:
            log = Log(context)
            status, body = _answer(answer, event, log)
            log.info("answered", status=status)
            return {"statusCode": status, "headers": _headers(allowed_origin), "body": wire.render(body)}

        handler.__doc__ = answer.__doc__
        return handler

    return decorate


def _answer(answer: Endpoint, event: RestEvent, log: Log) -> tuple[int, Mapping[str, object]]:
    try:
        return answer(wire.parse(event["body"], event["isBase64Encoded"]))
    except ChatError as error:
        return _refusal(error)
    except Exception as error:  # noqa: BLE001 (the request's edge: logged, and answered without a word of it)
        log.failure(error)
        return _refusal(Internal())


def _refusal(error: ChatError) -> tuple[int, Mapping[str, object]]:
    return _STATUS[error.code], {"error": {"code": error.code, "message": str(error)}}


def _headers(allowed_origin: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",  # tokens
        "Access-Control-Allow-Origin": allowed_origin,
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Allow-Methods": "OPTIONS,POST",
        "Vary": "Origin",
    }
