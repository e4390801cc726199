"""API Gateway, wired: the two control planes, and one data plane for REST, HTTP and WebSocket APIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.router import mount
from cloudrig.engine.validation import Constraints
from cloudrig.engine.wire import OperationTable, error_response
from cloudrig.services.apigateway.domains.control_v1 import DomainsV1
from cloudrig.services.apigateway.domains.control_v2 import DomainsV2
from cloudrig.services.apigateway.domains.state import REST, DomainNames, Mapped
from cloudrig.services.apigateway.errors import BadRequestException, ForbiddenException, NotFoundException
from cloudrig.services.apigateway.http_api.plane import HttpApis
from cloudrig.services.apigateway.links import LinksV1, LinksV2, VpcLinks
from cloudrig.services.apigateway.rest.apis import RestApis
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.tagging import tagging
from cloudrig.services.apigateway.v2 import stages as v2_stages
from cloudrig.services.apigateway.v2.control import ControlV2
from cloudrig.services.apigateway.v2.definitions import DefinitionControl
from cloudrig.services.apigateway.v2.state import HTTP, WEBSOCKET, Apis
from cloudrig.services.apigateway.websocket.callbacks import Callbacks, is_callback
from cloudrig.services.apigateway.websocket.connections import Connections
from cloudrig.services.apigateway.websocket.frames import MAX_MESSAGE_BYTES
from cloudrig.services.apigateway.websocket.live import LiveStage, LiveStages
from cloudrig.services.apigateway.websocket.plane import WebSockets

PATH_PREFIX = "/_aws/execute-api/"
HOST_LABEL = "execute-api"
CALLBACK_MARK = "/@connections/"


class ApiGateway:
    """`v1` is the control plane of REST APIs, `v2` that of WebSocket and HTTP APIs, `plane` serves what they deploy."""

    def __init__(self, around: Surroundings, *, keeps_rest: bool = True) -> None:
        """`keeps_rest`: there are no REST APIs but ours; else those that are unknown here are the upstream's."""
        apis = Apis()
        connections = Connections(around.clock)
        domains = DomainNames()
        self._rest = rest = RestApis(around, apis.has_stage)
        domain = around.addresses.tls_url.removeprefix("https://")
        self._sockets = WebSockets(around, connections, rest.keys, domain)
        self._http = http = HttpApis(around)
        stages = LiveStages(self._sockets.close_stage)
        live: Mapping[str, v2_stages.LiveStages] = {WEBSOCKET: stages, HTTP: http.stages}

        def v2_control(apis: Apis) -> ControlV2:
            stage_control = v2_stages.StageControl(apis, around.clock, live, rest.account_settings)
            return ControlV2(apis, around.clock, around.addresses, stage_control)

        control = v2_control(apis)
        definitions = DefinitionControl(apis, control, v2_control)

        def kind_of(scope: Scope, api_id: str, stage: str) -> str | None:
            return REST if rest.has_stage(scope, api_id, stage) else apis.protocol(scope, api_id, stage)

        links, links_v2 = VpcLinks(), VpcLinks()
        v1 = {**rest.operations, **DomainsV1(domains, kind_of).operations, **LinksV1(links).operations}
        v1 |= tagging(
            rest.operations,
            {"domainnames": domains.find, "vpclinks": links.find, "clientcertificates": rest.client_certificate},
        )
        v2 = {**control.operations, **definitions.operations, **DomainsV2(domains, kind_of).operations}
        v2 |= LinksV2(links_v2, around.clock).operations
        v2 |= tagging(control.operations, {"domainnames": domains.find, "vpclinks": links_v2.find})
        self.v1 = OperationTable("apigateway", v1, constraints=Constraints(older=True))
        self.v2 = OperationTable("apigatewayv2", v2, invalid=BadRequestException)
        callbacks = Callbacks(connections, around)
        self.plane = ExecuteApi(rest, http, apis, stages, self._sockets, callbacks, domains, only_ours=keeps_rest)

    async def start(self) -> None:
        """Nothing to start: all there is comes with requests."""

    async def close(self) -> None:
        await self._sockets.close()
        await self._rest.close()
        await self._http.close()


class ExecuteApi:
    """The data plane `execute-api`. Implements `interfaces.DataPlane`.

    An API answers under `/_aws/execute-api/{apiId}/…` of the rig, on hosts `{apiId}.execute-api.…` and under its custom
    domain names. On any other host `/{stage}/@connections/{id}` is answered too, under an empty key: the id says whose
    it is.
    """

    def __init__(
        self,
        rest: RestApis,
        http: HttpApis,
        apis: Apis,
        stages: LiveStages,
        sockets: WebSockets,
        callbacks: Callbacks,
        domains: DomainNames,
        *,
        only_ours: bool,
    ) -> None:
        self._only_ours = only_ours
        self._domains = domains
        self._rest = rest
        self._http = http
        self._apis = apis
        self._stages = stages
        self._sockets = sockets
        self._callbacks = callbacks

    def locate(self, host: str, path: str) -> Mounted | None:
        found: Mounted | None = self._domains.resolve(host, path)
        if found is None and is_callback(path) and f".{HOST_LABEL}." not in host:
            return Mounted("", path, max_body_bytes=MAX_MESSAGE_BYTES)
        found = found or self._mounted(host, path)
        if found is not None and is_callback(found.path) and self._has_sockets(found.key):
            return replace(found, max_body_bytes=MAX_MESSAGE_BYTES)
        return found

    def _mounted(self, host: str, path: str) -> Mounted | None:
        mounted = self.mount(host, path)
        return mounted if mounted is None or self._only_ours or self._has(mounted.key) else None

    @staticmethod
    def mount(host: str, path: str) -> Mounted | None:
        """What API a host and path are of, whoever has it."""
        return mount(host, path, prefix=PATH_PREFIX, label=HOST_LABEL)

    def _has(self, api_id: str) -> bool:
        return self._rest.has(api_id) or self._apis.get(api_id) is not None

    def _has_sockets(self, api_id: str) -> bool:
        api = self._apis.get(api_id)
        return api is not None and api.protocol == WEBSOCKET

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        if isinstance(mounted, Mapped):
            return await self._serve_mapped(request, mounted)
        if not mounted.key:
            return self._callbacks.serve(request, None, mounted.path)
        return await self._serve(request, mounted)

    async def _serve_mapped(self, request: Request, mapped: Mapped) -> Response:
        """A request by a custom domain name. The path of a callback has the mapping's key in place of the stage."""
        if mapped.kind == HTTP:
            return await self._http.serve(request, mapped)
        if not mapped.key or (CALLBACK_MARK in unquote(mapped.path) and not is_callback(mapped.path)):
            return _no_method(request) if CALLBACK_MARK in unquote(request.path) else _forbidden()
        return await self._serve(request, mapped)

    async def _serve(self, request: Request, mounted: Mounted) -> Response:
        if self._rest.has(mounted.key):
            return await self._rest.serve(request, mounted)
        api = self._apis.get(mounted.key)
        if api is None:
            return _forbidden()
        if api.protocol == HTTP:
            return await self._http.serve(request, mounted)
        if is_callback(mounted.path):
            return self._callbacks.serve(request, mounted.key, mounted.path)
        if request.method == "GET" and self._stage(mounted) is not None:
            return _upgrade_required()
        return _forbidden()

    async def upgrade(self, raw: web.BaseRequest, request: Request, mounted: Mounted) -> web.StreamResponse:
        """The handshake of a WebSocket API; REST and HTTP APIs do not look at `Upgrade`."""
        api = self._apis.get(mounted.key)
        if self._rest.has(mounted.key) or (api is not None and api.protocol == HTTP):
            answer = await self._serve(request, mounted)
            return web.Response(status=answer.status, body=answer.body or None, headers=answer.headers)
        custom = isinstance(mounted, Mapped)
        return await self._sockets.upgrade(raw, request, self._stage(mounted), custom_domain=custom)

    def _stage(self, mounted: Mounted) -> LiveStage | None:
        """The stage of a path that is nothing but `/{stage}`."""
        return self._stages.find(mounted.key, mounted.path.strip("/"))


def _forbidden() -> Response:
    error: ServiceError = ForbiddenException("Forbidden")
    return error_response(error, "rest-json")


def _no_method(request: Request) -> Response:
    """A callback whose path is not that of a mapping. Evidence: aws-samples/simple-websockets-chat-app#40."""
    text = f"No method found matching route {request.path.lstrip('/')} for http method {request.method}."
    return error_response(NotFoundException(text), "rest-json")


def _upgrade_required() -> Response:
    """A plain GET of a WebSocket URL. Evidence: dherault/serverless-offline's end-to-end tests, written against AWS."""
    return Response(426, b"", CIMultiDict({"Upgrade": "websocket", "Connection": "Upgrade"}))
