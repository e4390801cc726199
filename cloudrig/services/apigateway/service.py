"""API Gateway, wired: the two control planes, and one data plane for REST and WebSocket APIs."""

from __future__ import annotations

from aiohttp import web
from multidict import CIMultiDict

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.router import mount
from cloudrig.engine.wire import OperationTable, error_response
from cloudrig.services.apigateway.errors import BadRequestException, ForbiddenException
from cloudrig.services.apigateway.rest.apis import RestApis
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.v2.control import ControlV2
from cloudrig.services.apigateway.v2.state import Apis
from cloudrig.services.apigateway.websocket.callbacks import Callbacks, is_callback
from cloudrig.services.apigateway.websocket.connections import Connections
from cloudrig.services.apigateway.websocket.live import LiveStage
from cloudrig.services.apigateway.websocket.plane import WebSockets

PATH_PREFIX = "/_aws/execute-api/"
HOST_LABEL = "execute-api"


class ApiGateway:
    """`v1` is the REST control plane, `v2` the WebSocket one, `plane` serves what was deployed with them."""

    def __init__(self, around: Surroundings) -> None:
        apis = Apis()
        connections = Connections(around.clock)
        self._rest = rest = RestApis(around, apis.has_stage)
        domain = around.addresses.tls_url.removeprefix("https://")
        self._sockets = WebSockets(around, connections, rest.keys, domain)
        control = ControlV2(apis, around.clock, around.addresses, self._sockets.close_stage, rest.account_settings)
        self._metrics = around.metrics
        self.v1 = OperationTable("apigateway", rest.operations)
        self.v2 = OperationTable("apigatewayv2", control.operations(), invalid=BadRequestException)
        self.plane = ExecuteApi(rest, apis, control, self._sockets, Callbacks(connections, around))

    async def start(self) -> None:
        """Nothing to start: all there is comes with requests."""

    async def close(self) -> None:
        await self._sockets.close()
        await self._rest.close()
        await self._metrics.close()


class ExecuteApi:
    """The data plane `execute-api`. Implements `interfaces.DataPlane`.

    An API answers under `/_aws/execute-api/{apiId}/…` of the rig and on hosts `{apiId}.execute-api.…`. On any other
    host `/{stage}/@connections/{id}` is answered too, under an empty key: the id says whose it is.
    """

    def __init__(
        self, rest: RestApis, apis: Apis, control: ControlV2, sockets: WebSockets, callbacks: Callbacks
    ) -> None:
        self._rest = rest
        self._apis = apis
        self._control = control
        self._sockets = sockets
        self._callbacks = callbacks

    def locate(self, host: str, path: str) -> Mounted | None:
        if is_callback(path) and f".{HOST_LABEL}." not in host:
            return Mounted("", path)
        return mount(host, path, prefix=PATH_PREFIX, label=HOST_LABEL)

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        if not mounted.key:
            return self._callbacks.serve(request, None, mounted.path)
        if self._rest.has(mounted.key):
            return await self._rest.serve(request, mounted)
        if self._apis.get(mounted.key) is None:
            return _forbidden()
        if is_callback(mounted.path):
            return self._callbacks.serve(request, mounted.key, mounted.path)
        if request.method == "GET" and self._stage(mounted) is not None:
            return _upgrade_required()
        return _forbidden()

    async def upgrade(self, raw: web.BaseRequest, request: Request, mounted: Mounted) -> web.StreamResponse:
        """The handshake of a WebSocket API; a REST API does not look at `Upgrade`."""
        if self._rest.has(mounted.key):
            answer = await self._rest.serve(request, mounted)
            return web.Response(status=answer.status, body=answer.body or None, headers=answer.headers)
        return await self._sockets.upgrade(raw, request, self._stage(mounted))

    def _stage(self, mounted: Mounted) -> LiveStage | None:
        """The stage of a path that is nothing but `/{stage}`."""
        return self._control.live_stage(mounted.key, mounted.path.strip("/"))


def _forbidden() -> Response:
    error: ServiceError = ForbiddenException("Forbidden")
    return error_response(error, "rest-json")


def _upgrade_required() -> Response:
    """A plain GET of a WebSocket URL. Evidence: dherault/serverless-offline's end-to-end tests, written against AWS."""
    return Response(426, b"", CIMultiDict({"Upgrade": "websocket", "Connection": "Upgrade"}))
