"""REST APIs as the control plane keeps them.

What a caller wrote is kept as *documents*: members of the service model (`RestApi`, `Method`, `Integration`, `Stage`,
…), answered as they are and changed by patch operations. Structure (which method belongs to which resource) is in the
classes. A document is replaced, never changed in place, so that its identity tells whether something compiled from it
is current. A deployment is a deep copy of the API at its time; the data plane reads deployments only, compiled by
`routes.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cloudrig.engine.messages import Members
from cloudrig.engine.names import Regional, Scope
from cloudrig.services.apigateway.errors import NotFoundException


@dataclass
class Integration:
    """What stands behind a method, and how its answers become the method's, by status code."""

    document: Members
    responses: dict[str, Members] = field(default_factory=dict)

    def members(self) -> Members:
        return {**self.document, "integrationResponses": dict(sorted(self.responses.items())) or None}


@dataclass
class Method:
    """A method of a resource; `responses` are its MethodResponses by status code."""

    document: Members
    responses: dict[str, Members] = field(default_factory=dict)
    integration: Integration | None = None

    def members(self) -> Members:
        return {
            **self.document,
            "methodResponses": dict(sorted(self.responses.items())) or None,
            "methodIntegration": self.integration.members() if self.integration else None,
        }


@dataclass
class Resource:
    """A node of an API's tree of paths. The root has neither parent nor path part."""

    id: str
    parent: Resource | None = None
    part: str = ""
    methods: dict[str, Method] = field(default_factory=dict)

    @property
    def path(self) -> str:
        if self.parent is None:
            return "/"
        return f"{self.parent.path.rstrip('/')}/{self.part}"

    @property
    def greedy(self) -> bool:
        return self.part.endswith("+}")

    def below(self, ancestor: Resource) -> bool:
        """Whether this is the ancestor itself or somewhere under it."""
        node: Resource | None = self
        while node is not None and node is not ancestor:
            node = node.parent
        return node is ancestor

    def method(self, http_method: str) -> Method:
        if http_method not in self.methods:
            raise NotFoundException("Invalid Method identifier specified")
        return self.methods[http_method]


@dataclass(frozen=True)
class Deployment:
    """An immutable copy of the API."""

    id: str
    created: datetime
    api: RestApi
    document: Members


@dataclass(eq=False)
class Stage:
    """A deployment under a name. `document` is the model's Stage; stages are told apart by identity.

    `canary` takes a share of the requests.
    """

    document: Members
    deployment: Deployment
    canary: Stage | None = None

    @property
    def name(self) -> str:
        return str(self.document["stageName"])

    def members(self) -> Members:
        return {**self.document, "deploymentId": self.deployment.id}


@dataclass
class DocumentationVersion:
    """Documentation parts as they were once."""

    document: Members
    parts: tuple[Members, ...]


@dataclass
class RestApi:
    """One API. `document` is the model's RestApi; `gateway_responses` holds only the customised ones.

    `authorizers`, `validators` and `documentation_parts` are by id, `models` and `documentation_versions` by name.
    """

    scope: Scope
    document: Members
    root: Resource
    resources: dict[str, Resource] = field(default_factory=dict)
    gateway_responses: dict[str, Members] = field(default_factory=dict)
    authorizers: dict[str, Members] = field(default_factory=dict)
    validators: dict[str, Members] = field(default_factory=dict)
    models: dict[str, Members] = field(default_factory=dict)
    documentation_parts: dict[str, Members] = field(default_factory=dict)
    documentation_versions: dict[str, DocumentationVersion] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.document["id"])

    def resource(self, resource_id: str) -> Resource:
        if resource_id not in self.resources:
            raise NotFoundException("Invalid Resource identifier specified")
        return self.resources[resource_id]

    def deployment(self, deployment_id: str) -> Deployment:
        if deployment_id not in self.deployments:
            raise NotFoundException("Invalid Deployment identifier specified")
        return self.deployments[deployment_id]

    def stage(self, name: str) -> Stage:
        if name not in self.stages:
            raise NotFoundException("Invalid stage identifier specified")
        return self.stages[name]

    def children(self, resource: Resource) -> Iterator[Resource]:
        return (other for other in self.resources.values() if other.parent is resource)

    def snapshot(self) -> RestApi:
        """A copy that later changes do not reach; it has no deployments and stages of its own."""
        resources = copy.deepcopy(self.resources)
        return RestApi(
            self.scope,
            copy.deepcopy(self.document),
            resources[self.root.id],
            resources,
            gateway_responses=copy.deepcopy(self.gateway_responses),
            authorizers=copy.deepcopy(self.authorizers),
            validators=copy.deepcopy(self.validators),
            models=copy.deepcopy(self.models),
            documentation_parts=dict(self.documentation_parts),
        )


@dataclass
class UsagePlan:
    """What API keys may do on which stages. `document` is the model's UsagePlan."""

    document: Members
    key_ids: list[str] = field(default_factory=list)

    def covers(self, api_id: str, stage: str) -> bool:
        return self._entry(api_id, stage) is not None

    def throttle_of(self, api_id: str, stage: str, method: str) -> Members:
        """`rateLimit` and `burstLimit` of one method (`/items/GET`), where the plan has any."""
        entry = self._entry(api_id, stage) or {}
        limits: Members = (entry.get("throttle") or {}).get(method) or {}
        return limits

    def _entry(self, api_id: str, stage: str) -> Members | None:
        stages = self.document.get("apiStages") or ()
        return next((entry for entry in stages if entry["apiId"] == api_id and entry["stage"] == stage), None)


@dataclass
class ClientCertificate:
    """`document` is the model's ClientCertificate."""

    document: Members


@dataclass
class Account:
    """Everything of one account in one region. `api_keys` are the model's ApiKeys by id."""

    scope: Scope
    apis: dict[str, RestApi] = field(default_factory=dict)
    settings: Members = field(default_factory=dict)
    api_keys: dict[str, Members] = field(default_factory=dict)
    usage_plans: dict[str, UsagePlan] = field(default_factory=dict)
    client_certificates: dict[str, ClientCertificate] = field(default_factory=dict)

    def key_by_value(self, value: str) -> Members | None:
        """The API key that clients send as `value`."""
        return next((key for key in self.api_keys.values() if key["value"] == value), None)


class RestState:
    """All accounts, and all APIs by id, since a URL names an API without its account."""

    def __init__(self) -> None:
        self._accounts: Regional[Account] = Regional(Account)
        self._apis: dict[str, RestApi] = {}

    def account(self, scope: Scope) -> Account:
        return self._accounts[scope]

    def find(self, api_id: str) -> RestApi | None:
        """The API of that id, whoever owns it."""
        return self._apis.get(api_id)

    def api(self, scope: Scope, api_id: str) -> RestApi:
        """Raises NotFoundException as AWS words it for operations on an API."""
        api = self._accounts[scope].apis.get(api_id)
        if api is None:
            raise NotFoundException(f"Invalid API identifier specified {scope.account}:{api_id}")
        return api

    def resource(self, scope: Scope, api_id: str, resource_id: str) -> Resource:
        """For operations on a resource AWS reports a missing API as a missing resource."""
        api = self._accounts[scope].apis.get(api_id)
        if api is None:
            raise NotFoundException("Invalid Resource identifier specified")
        return api.resource(resource_id)

    def add(self, api: RestApi) -> None:
        self._accounts[api.scope].apis[api.id] = self._apis[api.id] = api

    def remove(self, api: RestApi) -> None:
        del self._accounts[api.scope].apis[api.id]
        del self._apis[api.id]
