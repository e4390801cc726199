"""REST and WebSocket APIs; see `resources`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from stack.resources import Aspects, Resource


@dataclass(frozen=True)
class Endpoint:
    """One method of a REST API, answered by a function."""

    method: str
    path: str
    function_arn: str


@dataclass(frozen=True, kw_only=True)
class RestApi(Resource):
    """An API Gateway REST API: proxied functions, CORS by MOCK methods, one stage. Attributes: id, url (of the stage).

    Its paths are one level deep (`/signup`).
    """

    kind = "rest"
    stage: str
    allowed_origin: str
    endpoints: tuple[Endpoint, ...]

    def aspects(self) -> Aspects:
        """`METHOD /path` each, `OPTIONS /path` each, `gateway response TYPE` each, and `deployment`.

        A REST API is live only as of its last deployment. That one's description holds a digest of what it was made
        from, so that a change which did not get as far as a deployment is seen.
        """
        aspects: dict[str, object] = {f"{each.method} {each.path}": each.function_arn for each in self.endpoints}
        aspects |= {f"OPTIONS {path}": self.cors_headers(path) for path in self.paths()}
        aspects |= {f"gateway response {kind}": self.allowed_origin for kind in ("DEFAULT_4XX", "DEFAULT_5XX")}
        digest = hashlib.sha256(json.dumps(aspects, sort_keys=True).encode()).hexdigest()
        return aspects | {"deployment": f"{self.stage} {digest[:16]}"}

    def paths(self) -> tuple[str, ...]:
        """Each path once, in order of declaration."""
        return tuple(dict.fromkeys(endpoint.path for endpoint in self.endpoints))

    def cors_headers(self, path: str) -> dict[str, str]:
        """What `OPTIONS` on the path answers a browser's preflight with."""
        methods = sorted({"OPTIONS", *(each.method for each in self.endpoints if each.path == path)})
        return {
            "Access-Control-Allow-Headers": "Authorization,Content-Type",
            "Access-Control-Allow-Methods": ",".join(methods),
            "Access-Control-Allow-Origin": self.allowed_origin,
        }


@dataclass(frozen=True, kw_only=True)
class WebSocketApi(Resource):
    """A WebSocket API without its routes: functions need its address, routes need the functions.

    Attributes: id, url, callback_url.
    """

    kind = "websocket"
    stage: str
    route_selection: str = "$request.body.action"

    def aspects(self) -> Aspects:
        """`selection`: the route selection expression."""
        return {"selection": self.route_selection}


@dataclass(frozen=True)
class Route:
    """A route key, its function, and whether the function's answer goes back to the caller (a route response).

    Attributes:
        authorizer_id: who decides about a handshake, on `$connect`; empty for nobody.
    """

    key: str
    function_arn: str
    answers: bool = True
    authorizer_id: str = ""


@dataclass(frozen=True, kw_only=True)
class WebSocketRoutes(Resource):
    """The routes of a WebSocket API and the stage that serves them; the stage deploys every change by itself."""

    kind = "routes"
    api_id: str
    stage: str
    routes: tuple[Route, ...]

    def aspects(self) -> Aspects:
        """`route KEY` each, and `stage NAME`."""
        aspects: dict[str, object] = {
            f"route {route.key}": {
                "function": route.function_arn,
                "answers": route.answers,
                "authorizer": route.authorizer_id,
            }
            for route in self.routes
        }
        return aspects | {f"stage {self.stage}": {"autoDeploy": True}}
