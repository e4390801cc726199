"""The kinds of resources a stack is declared with.

A resource is plain data. `aspects()` says what it should be like, as one comparable value per aspect that can be
changed by itself; the adapter of its kind reads the same aspects from what is deployed. The difference of the two is
the plan.
"Attributes" below are what other resources may refer to; see `references`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from stack.references import referenced

Aspects = Mapping[str, object]
"""Name of an aspect to its value: texts, numbers, and lists and dicts of them."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One thing to deploy.

    Attributes:
        id: its short name, unique within its kind.
        name: its name on AWS; empty for what AWS gives no name.
    """

    kind: ClassVar[str]
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """How references and reports call it: `function.signup`."""
        return f"{self.kind}.{self.id}"

    def aspects(self) -> Aspects:
        """What it should be like; see the module."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index with one key attribute and every attribute projected."""

    name: str
    hash_key: str


@dataclass(frozen=True, kw_only=True)
class Table(Resource):
    """A DynamoDB table, billed by request; every key is a string. Attributes: name, arn, stream_arn if it has one."""

    kind = "table"
    hash_key: str
    range_key: str = ""
    indexes: tuple[Index, ...] = ()
    stream_view: str = ""
    ttl_attribute: str = ""
    point_in_time_recovery: bool = False

    def aspects(self) -> Aspects:
        """`keys`, `recovery`; `index NAME`, `stream` and `expiry` where there is one."""
        aspects: dict[str, object] = {
            "keys": [self.hash_key, *([self.range_key] if self.range_key else [])],
            "recovery": self.point_in_time_recovery,
        }
        aspects |= {f"index {index.name}": [index.hash_key] for index in self.indexes}
        aspects |= {"stream": self.stream_view} if self.stream_view else {}
        aspects |= {"expiry": self.ttl_attribute} if self.ttl_attribute else {}
        return aspects


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """A CloudWatch Logs group. Attributes: name, arn."""

    kind = "logs"
    retention_days: int

    def aspects(self) -> Aspects:
        """`retention` in days."""
        return {"retention": self.retention_days}


@dataclass(frozen=True, kw_only=True)
class Secret(Resource):
    """An SSM SecureString, made at random once; no deployment reads or changes it. Attributes: name, arn."""

    kind = "secret"

    def aspects(self) -> Aspects:
        """None: there is nothing to compare without reading it."""
        return {}


@dataclass(frozen=True)
class Statement:
    """The actions allowed on the resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """As a statement of an IAM policy."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}


@dataclass(frozen=True, kw_only=True)
class Role(Resource):
    """An IAM role for Lambda with one inline policy. Attributes: name, arn."""

    kind = "role"
    path: str
    statements: tuple[Statement, ...]

    def aspects(self) -> Aspects:
        """`policy`: the inline policy's document."""
        return {"policy": {"Version": "2012-10-17", "Statement": [each.document() for each in self.statements]}}


@dataclass(frozen=True)
class Package:
    """A function's deployment package.

    Attributes:
        content: the zip file.
        sha256: of the content, in base64, as Lambda tells it (`CodeSha256`).
    """

    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Function(Resource):
    """A Lambda function in Python. Attributes: name, arn."""

    kind = "function"
    handler: str
    role_arn: str
    package: Package
    environment: Mapping[str, str]
    memory_mb: int
    timeout_s: int
    architecture: str
    runtime: str = "python3.13"

    def aspects(self) -> Aspects:
        """`code`, `architecture`, `handler`, `runtime`, `role`, `environment`, `memory` in MB, `timeout` in s."""
        return {
            "code": self.package.sha256,
            "architecture": self.architecture,
            "handler": self.handler,
            "runtime": self.runtime,
            "role": self.role_arn,
            "environment": dict(self.environment),
            "memory": self.memory_mb,
            "timeout": self.timeout_s,
        }


@dataclass(frozen=True, kw_only=True)
class Permissions(Resource):
    """What API Gateway may call a function for: statement id → source ARN."""

    kind = "permissions"
    function: str
    sources: Mapping[str, str]

    def aspects(self) -> Aspects:
        """`statement ID`: the source ARN, one for each."""
        return {f"statement {statement}": source for statement, source in self.sources.items()}


@dataclass(frozen=True, kw_only=True)
class EventSourceMapping(Resource):
    """A DynamoDB stream that calls a function with batches of records, and again with what the function failed on.

    One that is not enabled reads nothing; enabled again, it goes on where it stopped. `parallel` batches of a shard are
    handed in at a time, records of one key in order all the same. Attributes: id.
    """

    kind = "mapping"
    function: str
    stream_arn: str
    batch_size: int = 100
    parallel: int = 1
    retries: int = 3
    enabled: bool = True

    def aspects(self) -> Aspects:
        """`stream`, `enabled`, `batch size`, `parallel`, `retries` and `answers` (function response types)."""
        return {
            "stream": self.stream_arn,
            "enabled": self.enabled,
            "batch size": self.batch_size,
            "parallel": self.parallel,
            "retries": self.retries,
            "answers": ["ReportBatchItemFailures"],
        }


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


@dataclass(frozen=True, kw_only=True)
class Bucket(Resource):
    """An S3 bucket for a web site. Attributes: name, url.

    Attributes:
        public: everyone may read it, and S3 serves it as a site; otherwise nobody may whom no `BucketReader` names.
    """

    kind = "bucket"
    public: bool = True
    index_document: str = "index.html"
    # A page of its own for every address is the site's business, so what is not there is answered with the site.
    error_document: str = "index.html"

    def aspects(self) -> Aspects:
        """`public`; `website` and `policy` where it is."""
        if not self.public:
            return {"public": False}
        return {
            "website": [self.index_document, self.error_document],
            "public": True,
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": f"arn:aws:s3:::{self.name}/*",
                    }
                ],
            },
        }


CORS_METHODS = ("GET", "HEAD", "POST")


@dataclass(frozen=True, kw_only=True)
class PrivateBucket(Resource):
    """An S3 bucket that is closed to the public, for addresses that are signed beforehand. Attributes: name, url.

    Attributes:
        allowed_origin: whose pages may send requests to it, or `*`.
        expiring_prefix: what lies under it is removed after `expires_after_days`.
    """

    kind = "bucket"
    allowed_origin: str
    expiring_prefix: str
    expires_after_days: int

    def aspects(self) -> Aspects:
        """`public`, `cors`, `expiry`."""
        return {
            "public": False,
            "cors": [[self.allowed_origin], [*CORS_METHODS]],
            "expiry": [self.expiring_prefix, self.expires_after_days],
        }


@dataclass(frozen=True, kw_only=True)
class Site(Resource):
    """The objects of a bucket, all of them: others are removed.

    Attributes:
        files: key → content.
        documents: key → text made by the deployment, which may refer to other resources.
    """

    kind = "site"
    bucket: str
    files: Mapping[str, bytes] = field(repr=False)
    documents: Mapping[str, str]

    def contents(self) -> dict[str, bytes]:
        """Every key with its content."""
        return {**self.files, **{key: text.encode() for key, text in self.documents.items()}}

    def aspects(self) -> Aspects:
        """`KEY`: the content's MD5, which is what S3 gives as the ETag."""
        return {key: hashlib.md5(body, usedforsecurity=False).hexdigest() for key, body in self.contents().items()}


class InvalidStack(ValueError):
    """A declaration is wrong in itself: two resources of one key, or a reference to what is not declared before it."""


@dataclass(frozen=True)
class Stack:
    """Resources, each after those it refers to.

    Raises:
        InvalidStack: on creation; see there.
    """

    name: str
    resources: tuple[Resource, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for resource in self.resources:
            if resource.key in seen:
                raise InvalidStack(f"{resource.key} is declared twice")
            if missing := referenced(resource) - seen:
                raise InvalidStack(f"{resource.key} refers to {', '.join(sorted(missing))}, not declared before it")
            seen.add(resource.key)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __getitem__(self, key: str) -> Resource:
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, Resource]:
        return {resource.key: resource for resource in self.resources}

    def dependencies(self) -> dict[str, frozenset[str]]:
        """Each key with the keys it refers to."""
        return {resource.key: referenced(resource) for resource in self.resources}
