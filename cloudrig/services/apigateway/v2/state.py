"""What the apigatewayv2 control plane keeps: a tree of documents per API, and the snapshots that deployments are.

A document is a resource in the members of its Get operation (`RouteKey`, `Target`, …). Documents are replaced, never
changed in place, so a snapshot is the dictionaries of the day, not a copy of what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudrig.engine import names
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.errors import NotFoundException

WEBSOCKET, HTTP = "WEBSOCKET", "HTTP"
"""Protocol types of APIs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its name in operations and errors, the member that is its id, and what it hangs under."""

    name: str
    id_member: str
    parent: Kind | None = None


API = Kind("Api", "ApiId")
ROUTE = Kind("Route", "RouteId", API)
ROUTE_RESPONSE = Kind("RouteResponse", "RouteResponseId", ROUTE)
INTEGRATION = Kind("Integration", "IntegrationId", API)
INTEGRATION_RESPONSE = Kind("IntegrationResponse", "IntegrationResponseId", INTEGRATION)
AUTHORIZER = Kind("Authorizer", "AuthorizerId", API)
MODEL = Kind("Model", "ModelId", API)
DEPLOYMENT = Kind("Deployment", "DeploymentId", API)
STAGE = Kind("Stage", "StageName", API)


@dataclass(slots=True)
class Node:
    """One resource and what hangs under it."""

    members: Members
    children: dict[Kind, dict[str, Node]] = field(default_factory=dict)

    def of(self, kind: Kind) -> dict[str, Node]:
        """The resources of a kind directly below this one, by id, oldest first."""
        return self.children.setdefault(kind, {})

    def documents(self, kind: Kind) -> list[Members]:
        return [node.members for node in self.of(kind).values()]

    def find(self, kind: Kind, identifier: str) -> Node:
        """Raises NotFoundException."""
        node = self.of(kind).get(identifier)
        if node is None:
            raise NotFoundException(f"Unable to find {kind.name} by {_noun(kind)} {identifier}")
        return node


def _noun(kind: Kind) -> str:
    return "name" if kind is STAGE else "id"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An API as it was deployed: documents by id. `route_responses` are the ids of the routes that have one."""

    api: Members
    routes: Mapping[str, Members]
    integrations: Mapping[str, Members]
    integration_responses: Mapping[str, tuple[Members, ...]]
    authorizers: Mapping[str, Members]
    models: Mapping[str, Members]
    route_responses: frozenset[str]


@dataclass(slots=True)
class Api(Node):
    """One API: its document, everything below it, and the snapshots its deployments stand for."""

    scope: Scope = field(default_factory=Scope)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.members["ApiId"])

    @property
    def protocol(self) -> str:
        """`WEBSOCKET` or `HTTP`."""
        return str(self.members["ProtocolType"])

    def execution_arn(self, rest: str) -> str:
        """`arn:aws:execute-api:{region}:{account}:{apiId}/{rest}`."""
        return self.scope.arn("execute-api", f"{self.id}/{rest}")

    def snapshot(self) -> Snapshot:
        """The API as it is now."""
        return Snapshot(
            api=self.members,
            routes=self._documents(ROUTE),
            integrations=self._documents(INTEGRATION),
            integration_responses={
                key: tuple(node.documents(INTEGRATION_RESPONSE)) for key, node in self.of(INTEGRATION).items()
            },
            authorizers=self._documents(AUTHORIZER),
            models=self._documents(MODEL),
            route_responses=frozenset(key for key, node in self.of(ROUTE).items() if node.of(ROUTE_RESPONSE)),
        )

    def _documents(self, kind: Kind) -> dict[str, Members]:
        return {key: node.members for key, node in self.of(kind).items()}


class Apis:
    """Every API of the rig, by id: ids are unique over accounts and regions."""

    def __init__(self) -> None:
        self._apis: dict[str, Api] = {}

    def add(self, scope: Scope, members: Members) -> Api:
        """Keep a new API under a new id."""
        api_id = names.api_id()
        api = Api({**members, "ApiId": api_id}, scope=scope)
        self._apis[api_id] = api
        return api

    def keep(self, api: Api) -> None:
        """Keep an API that was made elsewhere, under its own id."""
        self._apis[api.id] = api

    def get(self, api_id: str) -> Api | None:
        return self._apis.get(api_id)

    def find(self, scope: Scope, api_id: str) -> Api:
        """Raises NotFoundException: no such API in this account and region."""
        api = self._apis.get(api_id)
        if api is None or api.scope != scope:
            raise NotFoundException(f"Invalid API identifier specified {scope.account}:{api_id}")
        return api

    def has_stage(self, scope: Scope, api_id: str, stage_name: str) -> bool:
        """Whether an account has an API with a stage."""
        api = self._apis.get(api_id)
        return api is not None and api.scope == scope and stage_name in api.of(STAGE)

    def protocol(self, scope: Scope, api_id: str, stage_name: str) -> str | None:
        """`ProtocolType` of an account's API, where it has the stage."""
        return self._apis[api_id].protocol if self.has_stage(scope, api_id, stage_name) else None

    def remove(self, api: Api) -> None:
        del self._apis[api.id]

    def all(self, scope: Scope) -> list[Api]:
        return [api for api in self._apis.values() if api.scope == scope]
