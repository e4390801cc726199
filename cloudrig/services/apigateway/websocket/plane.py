"""WebSocket APIs as clients meet them: the handshake, messages, and what happens when a connection ends.

Messages of one socket are handled concurrently, each in one task; nothing promises that answers come in their order.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from http.client import responses
from typing import Any

from aiohttp.web import BaseRequest, Response, StreamResponse

from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.backends import HttpBackends
from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.usage import ApiKeys
from cloudrig.services.apigateway.v2.selection import parse_body
from cloudrig.services.apigateway.websocket import events as lambda_events
from cloudrig.services.apigateway.websocket.admission import Admission
from cloudrig.services.apigateway.websocket.connections import Connection, Connections
from cloudrig.services.apigateway.websocket.events import Context
from cloudrig.services.apigateway.websocket.frames import ABNORMAL, GOING_AWAY, NO_STATUS
from cloudrig.services.apigateway.websocket.integrations.base import (
    Backends,
    IntegrationFailure,
    RouteCall,
    internal_failure,
)
from cloudrig.services.apigateway.websocket.integrations.mappings import request_value
from cloudrig.services.apigateway.websocket.live import CONNECT, DEFAULT, DISCONNECT, LiveRoute, LiveStage
from cloudrig.services.apigateway.websocket.observing import Observer, Record
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse
from cloudrig.services.apigateway.websocket.socket import Socket, SwitchingProtocols, is_websocket_key

log = logging.getLogger(__name__)

FORBIDDEN = "Forbidden"
TOO_MANY = "Too Many Requests"  # unverified in a frame
BAD_BODY = "Bad request body"
MISSING_PARAMETERS = "Missing required request parameters"  # unverified, as the status 400
UNKNOWN_STAGE_STATUS = 403  # unverified: an API or stage that does not exist
MAX_URL_LENGTH = 4096
TOO_LONG_STATUS = 414  # unverified: a URL of more than MAX_URL_LENGTH characters
NO_STATUS_REASON = "Client-side close frame status not set"  # captured
CLOSE_S = 2.0
"""How long clients may take to answer the close, and `$disconnect` routes to run, when the rig stops."""
HANDSHAKES_AT_ONCE = 128
"""Handshakes that authorizers and `$connect` decide on at a time. A crowd that comes at once would have all of the
machine for itself; so it waits at the door, and those who are in go on being served.
"""
MESSAGES_AT_ONCE = 512
"""Messages that integrations are at work on at a time. One that waits here has not reached its integration, whose time
has not begun: a machine that cannot keep up with a load answers late, and not with errors that AWS, which would have
had more functions run, does not have.
"""
DISCONNECTS_AT_ONCE = 32
"""`$disconnect` routes that run at a time. Nobody waits for them; when thousands of connections are lost at once, those
who come back find functions that have time for them."""


class WebSockets:
    """The data plane of every WebSocket API. `domain` is `host[:port]`, where `https://{domain}/{stage}` answers."""

    def __init__(self, around: Surroundings, connections: Connections, keys: ApiKeys, domain: str) -> None:
        self.connections = connections
        self._clock = around.clock
        self._events = around.events
        self._throttles = around.throttles
        self._admission = Admission(around, keys)
        self._observer = Observer(around)
        self._backends = Backends(around.invoker, HttpBackends(), around.addresses.url, around.roles)
        self._domain = domain
        self._addresses = around.addresses
        self._tasks: set[asyncio.Task[None]] = set()
        self._disconnects: set[asyncio.Task[None]] = set()
        self._handshake_turns = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._message_turns = asyncio.Semaphore(MESSAGES_AT_ONCE)
        self._disconnect_turns = asyncio.Semaphore(DISCONNECTS_AT_ONCE)

    # --- the handshake -----------------------------------------------------------------------------------------------

    async def upgrade(
        self, raw: BaseRequest, request: Request, stage: LiveStage | None, *, custom_domain: bool = False
    ) -> StreamResponse:
        """Answer a handshake, and stay with the socket until it is closed.

        `custom_domain`: it came by a domain name of the API's own, which events show then.
        """
        unfit = _unfit(request)
        if unfit is not None:
            return unfit
        if stage is None or not stage.deployed or (stage.endpoint_disabled and not custom_domain):
            return _refusal(UNKNOWN_STAGE_STATUS, {"message": FORBIDDEN})
        if _url_length(request, stage) > MAX_URL_LENGTH:
            return _refusal(TOO_LONG_STATUS, {"message": FORBIDDEN})
        connection = self._new_connection(request, stage)
        domain = self._addresses.api_domain(stage.api_id, stage.scope.region)
        connection.domain = connection.host if custom_domain else domain or ""
        context = self._context(connection)
        record = self._observer.begin(context, "CONNECT", CONNECT, stage.route(CONNECT))
        try:
            async with self._handshake_turns:
                subprotocol = await self._admit(record, request)
            if not stage.deployed:
                raise Refused(UNKNOWN_STAGE_STATUS, FORBIDDEN)
        except Refused as refused:
            record.refuse(refused)
            self._report("connect", connection, status=refused.status)
            return _refused(refused, context)
        finally:
            self._observer.finish(record)
        self._report("connect", connection, status=101)
        return await self._converse(raw, connection, subprotocol)

    def _new_connection(self, request: Request, stage: LiveStage) -> Connection:
        return Connection(
            stage=stage,
            source_ip=request.client_ip,
            user_agent=request.headers.get("User-Agent"),
            host=request.headers.get("Host", ""),
            connected_at_ms=self._clock.now_ms(),
        )

    async def _admit(self, record: Record, request: Request) -> str | None:
        """Let the client in by its key, signature or authorizer, and by `$connect`; the subprotocol that this chose.

        Raises Refused.
        """
        context, route = record.context, record.route
        stage = context.connection.stage
        if not self._throttles.admit_connection(stage.scope):
            raise Refused(429, TOO_MANY)
        if not self._admits(stage, CONNECT, route):
            raise Refused(429, TOO_MANY)
        if route is None:
            return None
        headers = lambda_events.handshake_headers(request, context.now_ms)
        await self._admission.admit(context, request, route, headers)
        call = RouteCall(lambda_events.connect_event(context, headers, request.query))
        if not all(request_value(call, f"route.request.{place}.{name}") for place, name in route.required):
            raise Refused(400, MISSING_PARAMETERS)
        answer = await self._answer(route, call, record)
        if answer.status < 200:  # unverified; after an interim status the client would go on waiting
            raise internal_failure()
        if answer.status >= 300:
            raise Refused(answer.status, body=answer.body or None)
        return answer.headers.get("sec-websocket-protocol")

    def _admits(self, stage: LiveStage, key: str, route: LiveRoute | None) -> bool:
        """Whether the throttles let a handshake or message pass."""
        return self._throttles.admit(stage.scope, (stage.api_id, stage.name, key), route.limits if route else None)

    async def _converse(self, raw: BaseRequest, connection: Connection, subprotocol: str | None) -> StreamResponse:
        response = SwitchingProtocols(raw.headers["Sec-WebSocket-Key"], subprotocol)
        session = Session(self, connection)
        try:
            socket = session.socket = Socket(raw, session)
            await response.prepare(raw)
        except ConnectionError:  # the client went away while $connect ran
            self.disconnected(connection, ABNORMAL, "")
            return response
        self.connections.open(connection, socket)
        try:
            raw.protocol.set_parser(socket)  # type: ignore[arg-type]  # aiohttp names its own parser's class
            await socket.closed
        finally:
            socket.feed_eof()
        return response

    # --- messages ----------------------------------------------------------------------------------------------------

    def message(self, session: Session, text: str) -> None:
        """Route one message of a client; its handling is a task of its own."""
        connection = session.connection
        self.connections.touch(connection)
        body = parse_body(text)
        route = connection.stage.select(body)
        context = self._context(connection)
        self._report("message", connection, route=route and route.key, size=len(text))
        record = self._observer.begin(context, "MESSAGE", route.key if route else DEFAULT, route)
        refusal = self._refusal(route, connection.stage, text, body)
        if route is None or refusal is not None:
            self._refuse(session, record, refusal or Refused(403, FORBIDDEN))
            return
        session.socket.begin()
        self._spawn(self._tasks, self._handle(session, record, route, text, body))

    def _refusal(self, route: LiveRoute | None, stage: LiveStage, text: str, body: Any) -> Refused | None:
        """Why a message does not reach its route's integration, if it does not."""
        if route is None:
            return Refused(403, FORBIDDEN)
        if not self._admits(stage, route.key, route):
            return Refused(429, TOO_MANY)
        if route.models is not None and not route.models.accept(text, body):
            return Refused(400, BAD_BODY)
        return None

    def _refuse(self, session: Session, record: Record, refusal: Refused) -> None:
        """Answer a message with an error frame. That for a bad body has the message's id in place of the request's."""
        record.refuse(refusal)
        if refusal.message == BAD_BODY:
            session.send_error(BAD_BODY, "messageId", lambda_events.message_id(session.connection))
        else:
            session.send_error(refusal.message, "requestId", record.context.request_id)
        self._observer.finish(record)

    async def _handle(self, session: Session, record: Record, route: LiveRoute, text: str, body: Any) -> None:
        try:
            call = RouteCall(lambda_events.message_event(record.context, route.key, text), body)
            async with self._message_turns:
                answer = await self._answer(route, call, record)
            if route.responds:
                session.send(answer.body)
        except IntegrationFailure as failure:
            self._refuse(session, record, failure)
        except Exception:  # the request edge: the client is told, as it would be by a 500
            log.exception("a message to %s could not be handled", route.source_arn)
            self._refuse(session, record, internal_failure())
        else:
            self._observer.finish(record)
        finally:
            session.socket.finish()

    # --- the end -----------------------------------------------------------------------------------------------------

    def disconnected(self, connection: Connection, code: int, reason: str) -> None:
        """The connection is over: forget it, then run `$disconnect`, whose answer nobody waits for."""
        self.connections.forget(connection)
        self._report("disconnect", connection, code=code)
        route = connection.stage.route(DISCONNECT)
        record = self._observer.begin(self._context(connection), "DISCONNECT", DISCONNECT, route)
        if route is None:
            self._observer.finish(record)
        else:
            self._spawn(self._disconnects, self._disconnect(record, route, code, reason))

    async def _disconnect(self, record: Record, route: LiveRoute, code: int, reason: str) -> None:
        reason = NO_STATUS_REASON if code == NO_STATUS else reason
        call = RouteCall(lambda_events.disconnect_event(record.context, code, reason))
        try:
            async with self._disconnect_turns:
                await self._answer(route, call, record)
        except IntegrationFailure as failure:
            record.refuse(failure)
            log.warning("$disconnect of %s failed: %s", record.context.connection.id, failure)
        except Exception:
            log.exception("$disconnect of %s failed", record.context.connection.id)
        finally:
            self._observer.finish(record)

    def close_stage(self, stage: LiveStage) -> None:
        """The stage is no more: its clients are sent away, and who is still shaking hands is let in no more."""
        stage.deployed = False
        for connection in self.connections.of(stage):
            _close(connection)

    async def close(self) -> None:
        """Close every socket with 1001; clients and `$disconnect` routes get `CLOSE_S` in all."""
        self.connections.close()
        sockets = [connection.socket for connection in self.connections.all() if connection.socket is not None]
        for connection in self.connections.all():
            _close(connection)
        ends = [*self._disconnects, *(socket.closed for socket in sockets)]
        if ends:
            await asyncio.wait(ends, timeout=CLOSE_S)
        for socket in sockets:
            socket.abort()
        remaining = [*self._tasks, *self._disconnects]
        for task in remaining:
            task.cancel()
        await asyncio.gather(*remaining, return_exceptions=True)
        await self._backends.http.close()

    # --- what all of it needs ----------------------------------------------------------------------------------------

    async def _answer(self, route: LiveRoute, call: RouteCall, record: Record) -> ProxyResponse:
        """What the route's integration says. Raises IntegrationFailure, as where it has none that is usable."""
        call.trace = record.trace
        if route.integration is None:
            log.warning("route %s has no usable integration", route.source_arn)
            raise internal_failure()
        started = time.perf_counter()
        try:
            answer = await route.integration.answer(call, self._backends)
        finally:
            record.latency_ms = (time.perf_counter() - started) * 1000
        record.integration_status = answer.status
        return answer

    def _context(self, connection: Connection) -> Context:
        return Context.new(connection, connection.domain or self._domain, self._clock.now_ms())

    def _spawn(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def replied(self, connection: Connection, size: int) -> None:
        """A route response or error frame has gone to the client."""
        self._report("reply", connection, size=size)

    def _report(self, what: str, connection: Connection, **fields: Any) -> None:
        if self._events.listening:
            ids = {"api": connection.stage.api_id, "stage": connection.stage.name, "connection": connection.id}
            self._events.emit(f"apigateway.{what}", **ids, **fields)


class Session:
    """A connection while its socket is open: what arrives goes to the gateway, what answers it to the socket."""

    __slots__ = ("_gateway", "connection", "socket")

    socket: Socket

    def __init__(self, gateway: WebSockets, connection: Connection) -> None:
        self._gateway = gateway
        self.connection = connection

    def on_text(self, text: str) -> None:
        self._gateway.message(self, text)

    def on_close(self, code: int, reason: str) -> None:
        self._gateway.disconnected(self.connection, code, reason)

    def send(self, text: str) -> None:
        """Send a route response or an error frame; a client that does not read loses it, as its buffer is full."""
        content = text.encode(errors="replace")
        if self.socket.send_text(content):
            self._gateway.connections.touch(self.connection)
            self._gateway.replied(self.connection, len(content))

    def send_error(self, message: str, id_name: str, identifier: str) -> None:
        """The gateway's own frame, in AWS's exact layout: a space after the first colon only."""
        connection_id = self.connection.id
        self.send(f'{{"message": "{message}", "connectionId":"{connection_id}", "{id_name}":"{identifier}"}}')


def _close(connection: Connection) -> None:
    if connection.socket is not None:
        connection.socket.close(GOING_AWAY, "Going away")


def _unfit(request: Request) -> Response | None:
    """The refusal of a request that is no WebSocket handshake, RFC 6455 section 4.2; None if it is one."""
    if request.headers.get("Sec-WebSocket-Version", "").strip() != "13":
        return Response(status=426, headers={"Sec-WebSocket-Version": "13", "Upgrade": "websocket"})
    asks = "upgrade" in ",".join(request.headers.getall("Connection", ())).lower()
    if request.method != "GET" or not asks or not is_websocket_key(request.headers.get("Sec-WebSocket-Key", "")):
        return _refusal(400, {"message": "Bad Request"})
    return None


def _url_length(request: Request, stage: LiveStage) -> int:
    """Of the URL as it would be on AWS. Source: AG `limits.html`."""
    region = stage.scope.region
    return len(f"wss://{stage.api_id}.execute-api.{region}.amazonaws.com/{stage.name}?") + len(request.query)


def _refused(refused: Refused, context: Context) -> Response:
    if refused.body is not None:
        return Response(status=refused.status, text=refused.body, content_type="application/json")
    ids = {"connectionId": context.connection.id, "requestId": context.request_id}
    return _refusal(refused.status, {"message": refused.message or responses.get(refused.status, ""), **ids})


def _refusal(status: int, content: dict[str, str]) -> Response:
    return Response(status=status, text=json.dumps(content), content_type="application/json")
