"""The `@connections` API, with which back ends reach clients: POST a message, GET what is known, DELETE to disconnect.

A connection id alone identifies API and stage; a URL that names others is refused. Calls must be signed (SigV4).
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html,
botocore `apigatewaymanagementapi/2018-11-29`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.callbacks import CALLBACK
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.wire import error_response
from cloudrig.services.apigateway.errors import (
    BadRequestException,
    ForbiddenException,
    GoneException,
    InvalidSignatureException,
    LimitExceededException,
    MissingAuthenticationTokenException,
    PayloadTooLargeException,
)
from cloudrig.services.apigateway.signatures import FALSE_SIGNATURE, Verdict, check_signature
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.websocket.connections import Connection, Connections
from cloudrig.services.apigateway.websocket.frames import MAX_MESSAGE_BYTES, NORMAL
from cloudrig.services.apigateway.websocket.socket import Socket

CLOSE_REASON = "Connection Closed Normally"  # captured: boto/boto3#3789

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
CALLBACKS = "callbacks"
"""The throttles' name for this API, which has no limits but the account's."""
_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


_REFUSALS: Mapping[Verdict, Callable[[], ServiceError]] = {
    Verdict.MISSING: lambda: MissingAuthenticationTokenException("Missing Authentication Token"),
    Verdict.OTHER_SERVICE: lambda: InvalidSignatureException(
        "Credential should be scoped to correct service: 'execute-api'."
    ),
    Verdict.UNKNOWN_SESSION: lambda: ForbiddenException("The security token included in the request is invalid."),
    Verdict.FALSE: lambda: InvalidSignatureException(FALSE_SIGNATURE),
}


def is_callback(path: str) -> bool:
    """Whether a raw path, from the stage on, is one of this API."""
    return CALLBACK.fullmatch(path) is not None


class Callbacks:
    """Answers `@connections` requests. Synchronous: a post is one write to the client's transport."""

    def __init__(self, connections: Connections, around: Surroundings) -> None:
        self._connections = connections
        self._events = around.events
        self._credentials = around.credentials
        self._throttles = around.throttles
        self._methods: dict[str, Callable[[Connection, Socket, bytes], Response]] = {
            "POST": self._post,
            "GET": self._get,
            "DELETE": self._delete,
        }

    def serve(self, request: Request, api_id: str | None, path: str) -> Response:
        """`path` satisfies `is_callback`. `api_id` is None where the URL names no API."""
        try:
            return self._serve(request, api_id, path)
        except ServiceError as error:
            return error_response(error, "rest-json")

    def _serve(self, request: Request, api_id: str | None, path: str) -> Response:
        found = CALLBACK.fullmatch(path)
        method = self._methods.get(request.method)
        if found is None or method is None:
            raise MissingAuthenticationTokenException("Missing Authentication Token")
        if len(request.body) > MAX_MESSAGE_BYTES:  # before the signature, which is one of a body that has not been read
            raise PayloadTooLargeException("Message too long")
        verdict = check_signature(request, self._credentials)
        if verdict is not Verdict.VALID:
            raise _REFUSALS[verdict]()
        connection = self._find(unquote(found["id"]), api_id, unquote(found["stage"]))
        if not self._throttles.admit(connection.stage.scope, CALLBACKS, None):
            raise LimitExceededException("Too Many Requests")
        if connection.socket is None:
            raise GoneException
        return method(connection, connection.socket, request.body)

    def _find(self, connection_id: str, api_id: str | None, stage: str) -> Connection:
        if not _CONNECTION_ID.fullmatch(connection_id):
            raise BadRequestException(f"Invalid connectionId: {connection_id}")
        connection = self._connections.get(connection_id)
        if connection is None:
            raise GoneException
        if connection.stage.name != stage or api_id not in (None, connection.stage.api_id):
            raise ForbiddenException("Forbidden")
        return connection

    def _post(self, connection: Connection, socket: Socket, body: bytes) -> Response:
        if not socket.send_text(_utf8(body)):
            raise LimitExceededException("Limit exceeded")
        self._connections.touch(connection)
        if self._events.listening:
            self._events.emit("apigateway.post", connection=connection.id, size=len(body))
        return _answer(200)

    def _get(self, connection: Connection, socket: Socket, body: bytes) -> Response:
        content = {
            "connectedAt": _iso8601(connection.connected_at_ms / 1000),
            "identity": connection.identity,
            "lastActiveAt": _iso8601(self._connections.last_active(connection)),
        }
        return _answer(200, json.dumps(content).encode())

    def _delete(self, connection: Connection, socket: Socket, body: bytes) -> Response:
        socket.close(NORMAL, CLOSE_REASON)
        return _answer(204)


def _utf8(body: bytes) -> bytes:
    """The body as it is; what is no UTF-8 becomes U+FFFD, an encoded surrogate a single one (as MiniStack observed)."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return _ENCODED_SURROGATE.sub(b"\xef\xbf\xbd", body).decode(errors="replace").encode()
    return body


def _iso8601(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(status: int, body: bytes = b"") -> Response:
    headers: CIMultiDict[str] = CIMultiDict({"x-amzn-RequestId": names.request_id()})
    if body:
        headers["Content-Type"] = "application/json"
    return Response(status, body, headers)
