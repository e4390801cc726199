"""The events that Lambda hands to the functions and the answers it takes: the parts that are read.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (REST),
.../apigateway-websocket-api-mapping-template-reference.html (WebSocket),
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html (stream).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, Protocol, TypedDict

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class LambdaContext(Protocol):
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class RestEvent(TypedDict):
    body: str | None
    isBase64Encoded: bool


class WebSocketContext(TypedDict):
    connectionId: str


class Authorizer(TypedDict):
    principalId: str


class ConnectContext(WebSocketContext):
    """`authorizer` is what the route's authorizer said; absent where it has none. Clients cannot set it."""

    authorizer: NotRequired[Authorizer]


class AuthorizerEvent(TypedDict):
    """A handshake, as a REQUEST authorizer is asked about it."""

    methodArn: str
    requestContext: WebSocketContext
    queryStringParameters: NotRequired[dict[str, str]]


class AuthorizerResponse(TypedDict):
    """Who it is, and a policy that allows or denies the `methodArn`."""

    principalId: str
    policyDocument: dict[str, object]


class ConnectEvent(TypedDict):
    """`$connect`. Has no body; without a query string the key is absent, not null."""

    requestContext: ConnectContext
    queryStringParameters: NotRequired[dict[str, str]]


class DisconnectEvent(TypedDict):
    requestContext: WebSocketContext


class MessageEvent(TypedDict):
    """A frame of a client, on any route but `$connect` and `$disconnect`."""

    requestContext: WebSocketContext
    body: NotRequired[str]
    isBase64Encoded: bool


class StreamImage(TypedDict):
    OldImage: NotRequired[dict[str, AttributeValueTypeDef]]
    NewImage: NotRequired[dict[str, AttributeValueTypeDef]]
    SequenceNumber: str


class StreamRecord(TypedDict):
    eventName: str
    dynamodb: StreamImage


class StreamEvent(TypedDict):
    Records: list[StreamRecord]


class ProxyResponse(TypedDict):
    """What API Gateway accepts of a proxy integration; a key it does not know makes it answer 502."""

    statusCode: int
    headers: NotRequired[dict[str, str]]
    body: NotRequired[str]


class BatchItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """With ReportBatchItemFailures: the lowest sequence number named, and everything after it, is delivered again."""

    batchItemFailures: list[BatchItemFailure]
