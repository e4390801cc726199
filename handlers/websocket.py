"""The edge of the WebSocket functions: a frame in; out one answer with its `requestId`, whatever happens.

API Gateway sends the `body` to the caller as it is, by route response, and looks at no status; so an error is an
answer like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from handlers.chat import wire
from handlers.chat.errors import ChatError, Internal, InvalidCredentials
from handlers.chat.fields import Fields, optional_string
from handlers.events import ConnectEvent, DisconnectEvent, LambdaContext, MessageEvent, ProxyResponse
from handlers.log import Log
from handlers.metrics import Value

MAX_REQUEST_ID_CHARS: Final = 64

Answer = Mapping[str, object]
"""Holds a `type` besides its own fields."""


@dataclass(frozen=True)
class Request:
    """A frame. `measured` takes metrics of `handlers.metrics`; they go into the invocation's line of log."""

    connection_id: str
    fields: Fields
    measured: dict[str, Value] = field(default_factory=dict)


Action = Callable[[Request], Answer]
E = TypeVar("E", ConnectEvent, DisconnectEvent)


def action(act: Action) -> Callable[[MessageEvent, LambdaContext], ProxyResponse]:
    """Make a function of a request, returning an answer or raising a ChatError, into the Lambda handler of a route."""

    def handler(event: MessageEvent, context: LambdaContext) -> ProxyResponse:
        log = Log(context, connectionId=event["requestContext"]["connectionId"])
        measured: dict[str, Value] = {}
        answer = _answer(act, event, log, measured)
        log.info("answered", measured, type=answer["type"], **({"code": answer["code"]} if "code" in answer else {}))
        return {"statusCode": 200, "body": wire.render(answer)}

    handler.__doc__ = act.__doc__
    return handler


def lifecycle(act: Callable[[E], None]) -> Callable[[E, LambdaContext], ProxyResponse]:
    """Make a function of a `$connect` or `$disconnect` event into its Lambda handler: 200, or 401 for
    InvalidCredentials, which refuses the connection.
    """

    def handler(event: E, context: LambdaContext) -> ProxyResponse:
        log = Log(context, connectionId=event["requestContext"]["connectionId"])
        status = _status(act, event, log)
        log.info(act.__name__, status=status)
        return {"statusCode": status}

    handler.__doc__ = act.__doc__
    return handler


def _answer(act: Action, event: MessageEvent, log: Log, measured: dict[str, Value]) -> Answer:
    echo: dict[str, object] = {}
    try:
        fields = wire.parse(event.get("body"), event["isBase64Encoded"])
        request_id = optional_string(fields, "requestId", max_chars=MAX_REQUEST_ID_CHARS)
        echo = {"requestId": request_id} if request_id is not None else {}
        return {**act(Request(event["requestContext"]["connectionId"], fields, measured)), **echo}
    except ChatError as error:
        return {**_refusal(error), **echo}
    except Exception as error:  # noqa: BLE001 (the request's edge: logged, and answered without a word of it)
        log.failure(error)
        return {**_refusal(Internal()), **echo}


def _status(act: Callable[[E], None], event: E, log: Log) -> int:
    try:
        act(event)
    except InvalidCredentials:
        return 401
    except Exception as error:  # noqa: BLE001 (the request's edge)
        log.failure(error)
        return 500
    return 200


def _refusal(error: ChatError) -> Answer:
    return {"type": "error", "code": error.code, "message": str(error)}
