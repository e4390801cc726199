"""Events as API Gateway and DynamoDB Streams hand them to Lambda, and what a function sees of its invocation."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, cast

from handlers.adapters.items import Item
from handlers.events import AuthorizerEvent, ConnectEvent, DisconnectEvent, MessageEvent, RestEvent, StreamEvent

CONNECTION = "Bx1dAcnpIAMCJ9g="
METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/$connect"


@dataclass
class Context:
    aws_request_id: str = "5b1f1c0e-0000-4000-8000-000000000001"
    remaining_ms: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def rest(body: object, *, path: str = "/signup", is_base64: bool = False) -> RestEvent:
    """A REST event; `body` is taken as it is when it is a string or None."""
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    if is_base64 and text is not None:
        text = base64.b64encode(text.encode()).decode()
    event: Any = {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", "Host": "abcdefghij.execute-api.us-east-1.amazonaws.com"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.us-east-1.amazonaws.com",
            "httpMethod": "POST",
            "identity": {"sourceIp": "203.0.113.9", "userAgent": "x"},
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": "1f0e0d0c-0000-4000-8000-000000000000",
            "requestTimeEpoch": 1795161841001,
            "resourcePath": path,
            "stage": "prod",
        },
        "body": text,
        "isBase64Encoded": is_base64,
    }
    return cast("RestEvent", event)


def connect(connection_id: str = CONNECTION, **query: str) -> ConnectEvent:
    event: dict[str, Any] = {
        "headers": {"Host": "abcdefghij.execute-api.us-east-1.amazonaws.com", "Sec-WebSocket-Version": "13"},
        "multiValueHeaders": {"Sec-WebSocket-Version": ["13"]},
        "requestContext": _context("$connect", "CONNECT", connection_id),
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    return cast("ConnectEvent", event)


def authorizer(connection_id: str = CONNECTION, **query: str) -> AuthorizerEvent:
    """The same handshake, as the route's authorizer is asked about it."""
    asked: Any = {"type": "REQUEST", "methodArn": METHOD_ARN, **connect(connection_id, **query)}
    return cast("AuthorizerEvent", asked)


def disconnect(connection_id: str = CONNECTION) -> DisconnectEvent:
    context = _context("$disconnect", "DISCONNECT", connection_id)
    event: Any = {
        "headers": {"Host": "abcdefghij.execute-api.us-east-1.amazonaws.com", "x-api-key": ""},
        "multiValueHeaders": {"x-api-key": [""]},
        "requestContext": {**context, "disconnectStatusCode": 1005, "disconnectReason": ""},
        "isBase64Encoded": False,
    }
    return cast("DisconnectEvent", event)


def frame(body: object, connection_id: str = CONNECTION, *, route: str = "$default") -> MessageEvent:
    """A client's frame; `body` is taken as it is when it is a string."""
    context = _context(route, "MESSAGE", connection_id)
    event: Any = {
        "requestContext": {**context, "messageId": "Bx1dAcnpIAMCJ9g="},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    return cast("MessageEvent", event)


def stream(*images: Item, event_name: str = "INSERT") -> StreamEvent:
    """A batch of the stream of Messages; sequence numbers count up from 1."""
    event: Any = {"Records": [_record(number, image, event_name) for number, image in enumerate(images, 1)]}
    return cast("StreamEvent", event)


def changes(*images: tuple[Item | None, Item | None]) -> StreamEvent:
    """A batch of a stream with old and new images, in pairs of before and after."""
    records = [_change(number, old, new) for number, (old, new) in enumerate(images, 1)]
    return cast("StreamEvent", {"Records": records})


def sequence_number(number: int) -> str:
    return f"{number:021d}"


def _record(number: int, image: Item, event_name: str) -> dict[str, Any]:
    return {
        "eventID": f"{number:032x}",
        "eventName": event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795161900.0,
            "Keys": {"roomId": image["roomId"], "messageId": image["messageId"]},
            **({} if event_name == "REMOVE" else {"NewImage": image}),
            "SequenceNumber": sequence_number(number),
            "SizeBytes": 120,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/x-Messages/stream/2026-11-20T00:00:00.000",
    }


def _change(number: int, old: Item | None, new: Item | None) -> dict[str, Any]:
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795161900.0,
            **{name: image for name, image in images.items() if image is not None},
            "SequenceNumber": sequence_number(number),
            "SizeBytes": 120,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/x-Presence/stream/2026-11-20T00:00:00.000",
    }


def _context(route: str, kind: str, connection_id: str) -> dict[str, Any]:
    return {
        "routeKey": route,
        "eventType": kind,
        "extendedRequestId": "Bx1dBFsoIAMFvbQ=",
        "requestTime": "20/Nov/2026:08:05:00 +0000",
        "messageDirection": "IN",
        "stage": "prod",
        "connectedAt": 1795161841000,
        "requestTimeEpoch": 1795161900000,
        "identity": {"userAgent": "x", "sourceIp": "203.0.113.9"},
        "requestId": "Bx1dBFsoIAMFvbQ=",
        "domainName": "abcdefghij.execute-api.us-east-1.amazonaws.com",
        "connectionId": connection_id,
        "apiId": "abcdefghij",
    }
