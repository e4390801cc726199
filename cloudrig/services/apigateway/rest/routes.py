"""Deployed stages, compiled: a tree of paths and, at its nodes, what each method does.

Matching goes literal part first, then `{variable}`, then `{greedy+}`, and turns back where a branch has neither the
method nor `ANY` (recorded against AWS: an `OPTIONS` on a greedy sibling answers for a resource that has only `POST`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cloudrig.engine.messages import Members, Response
from cloudrig.services.apigateway.observation import Detail, Observation
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.method_settings import detail
from cloudrig.services.apigateway.rest.state import Deployment, Method, RestApi, Stage


class Integration(Protocol):
    """What answers for a method."""

    async def answer(self, call: Call) -> Response:
        """Raises GatewayError."""
        ...


class Gate(Protocol):
    """Something that requests have to pass first."""

    async def admit(self, call: Call) -> None:
        """Raises GatewayError; adds what it found out to the call."""
        ...


class Compiler(Protocol):
    """Makes what serves requests of a method's documents."""

    def integration(self, method: Method, resource_path: str, stage: LiveStage) -> Integration: ...

    def gates(self, method: Method, resource_path: str, stage: LiveStage) -> tuple[Gate, ...]: ...

    def observation(self, stage: Stage) -> Observation: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one resource."""

    resource_id: str
    resource_path: str
    gates: tuple[Gate, ...]
    integration: Integration
    detail: Detail


@dataclass(slots=True)
class Node:
    """A resource and its children, by the kind of their path part. `name` is the variable's."""

    name: str = ""
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    literals: dict[str, Node] = field(default_factory=dict)
    variable: Node | None = None
    greedy: Node | None = None

    def endpoint(self, method: str) -> Endpoint | None:
        return self.endpoints.get(method) or self.endpoints.get("ANY")

    def child(self, part: str) -> Node:
        """The child for a path part, made when missing."""
        if not part.startswith("{"):
            return self.literals.setdefault(part, Node())
        if part.endswith("+}"):
            self.greedy = self.greedy or Node(part[1:-2])
            return self.greedy
        self.variable = self.variable or Node(part[1:-1])
        return self.variable


@dataclass(slots=True)
class LiveStage:
    """A stage as the data plane uses it; `variables` is None when there are none, as events show it.

    `is_canary` is None where the stage has no canary.

    Answers of `compressed_from` bytes or more are compressed for clients that ask for it; of none where that is None.
    """

    api: RestApi
    deployment: Deployment
    document: Members
    name: str
    domain_name: str
    variables: dict[str, str] | None
    binary_types: frozenset[str]
    observation: Observation
    compressed_from: int | None = None
    is_canary: bool | None = None
    root: Node = field(default_factory=Node)
    authorizers: dict[str, Gate] = field(default_factory=dict)

    @property
    def api_id(self) -> str:
        return self.api.id

    @property
    def account(self) -> str:
        return self.api.scope.account

    @property
    def deployment_id(self) -> str:
        return self.deployment.id

    def current(self, stage: Stage) -> bool:
        """Whether nothing has changed since this was compiled."""
        return self.document is stage.document and self.deployment is stage.deployment

    def match(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint for a method and a percent-encoded path, with the path parameters as they were sent."""
        parts = path.strip("/").split("/") if path.strip("/") else []
        return _match(self.root, parts, 0, method)

    def endpoint(self, method: str, resource_path: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """A resource's endpoint, and the path parameters as far as a path is the resource's."""
        node = self.root
        for part in filter(None, resource_path.split("/")):
            node = node.child(part)
        endpoint = node.endpoint(method)
        assert endpoint is not None
        found = self.match(method, path)
        return endpoint, found[1] if found is not None and found[0] is endpoint else {}

    def is_binary(self, media_type: str | None) -> bool:
        """Whether a `Content-Type` or `Accept` value is one of the API's binary media types (`*/*` is all of them)."""
        types = self.binary_types
        if not types:
            return False
        if "*/*" in types:
            return True
        return media_type is not None and media_type.partition(";")[0].strip().lower() in types


def compile_stage(stage: Stage, domain_name: str, compiler: Compiler) -> LiveStage:
    """Raises OperationNotImplemented where a deployed method needs something that is not built."""
    api = stage.deployment.api
    live = LiveStage(
        api,
        stage.deployment,
        stage.document,
        stage.name,
        domain_name,
        stage.document.get("variables") or None,
        frozenset(media_type.lower() for media_type in api.document.get("binaryMediaTypes", ())),
        compiler.observation(stage),
        api.document.get("minimumCompressionSize"),
        stage.canary is None if stage.document.get("canarySettings") else None,
    )
    for resource in api.resources.values():
        node = live.root
        for part in resource.path.strip("/").split("/") if resource.parent else ():
            node = node.child(part)
        for http_method, method in resource.methods.items():
            integration = compiler.integration(method, resource.path, live)
            gates = compiler.gates(method, resource.path, live)
            watched = detail(stage.document, resource.path, http_method)
            node.endpoints[http_method] = Endpoint(resource.id, resource.path, gates, integration, watched)
    return live


def _match(node: Node, parts: list[str], at: int, method: str) -> tuple[Endpoint, dict[str, str]] | None:
    if at == len(parts):
        endpoint = node.endpoint(method)
        return (endpoint, {}) if endpoint else None
    part = parts[at]
    literal = node.literals.get(part)
    found = _match(literal, parts, at + 1, method) if literal else None
    if found is None and node.variable is not None and part:
        found = _match(node.variable, parts, at + 1, method)
        if found is not None:
            found[1][node.variable.name] = part
    if found is None and node.greedy is not None:
        endpoint = node.greedy.endpoint(method)
        found = (endpoint, {node.greedy.name: "/".join(parts[at:])}) if endpoint else None
    return found
