"""What the stack, the scenarios and the loads run against, chosen by the environment.

`CLOUDRIG_TARGET` is `embedded` (default), `localstack` or `aws`; `AWS_ENDPOINT_URL`, set by the user, always wins and
is used as it is. Everything above sees a boto3 session and addresses, and never asks which target it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from cloudrig import compose
from cloudrig.engine.config import Config
from cloudrig.engine.names import DEFAULT_ACCOUNT, DEFAULT_REGION
from cloudrig.engine.sdk import apart_from_profiles
from cloudrig.hosts import Account, Background, Host
from stack import Platform

LOCALSTACK_PORT = 4566
CAPABILITIES = frozenset({"clock", "cloudfront", "codes", "cognito", "conformance", "load", "loopback", "ttl"})
"""What not every target can do. `clock`: its time can be moved forward by `POST /_cloudrig/clock`. `cloudfront`,
`cognito`: it has them. `codes`: those that Cognito sends by mail are at `/_cloudrig/cognito/codes`. `conformance`: it
is to be as AWS in detail. `load`: load generators reach it, and it can bear them. `loopback`: its functions reach this
machine's 127.0.0.1. `ttl`: items that have expired are deleted within a minute of that time."""
_PLACEHOLDER_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class TargetError(ValueError):
    """The environment names no usable target; the message says what is legal."""


@dataclass(frozen=True)
class Target:
    """A place to deploy to; also the addresses that a deployment there has (`stack.Addresses`).

    `endpoint` is where the SDK goes (None: AWS's own endpoints); `public_url` where people and browsers reach the same,
    `functions_url` where functions do (they differ only where containers have a network of their own). `account` is the
    only one that may be changed (None: any). `lacks` names each of `CAPABILITIES` that the target has not, and why.
    """

    target: str
    region: str
    endpoint: str | None = None
    public_url: str | None = None
    functions_url: str | None = None
    platform: Platform = Platform.LAMBDA
    account: str | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def bills(self) -> bool:
        """Whether what is done there costs money."""
        return self.account is not None

    @property
    def capabilities(self) -> frozenset[str]:
        """What the target can do, of `CAPABILITIES`."""
        return frozenset(CAPABILITIES - self.lacks.keys())

    @property
    def is_aws(self) -> bool:
        """Whether AWS itself answers, so that what it says is evidence."""
        return self.target == "aws"

    def sdk_variables(self) -> dict[str, str]:
        """The variables by which another process's SDK goes to the target; those of the caller's keys aside."""
        # Version 1 of the AWS CLI knows the second alone.
        place = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return place if self.endpoint is None else {**place, "AWS_ENDPOINT_URL": self.endpoint}

    def session(self) -> boto3.Session:
        """A boto3 session whose clients go to the target, with placeholder keys for an emulator where none are set."""
        if self.endpoint is None:
            return boto3.Session(region_name=self.region)
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            return _EndpointSession(self.endpoint, region_name=self.region)
        return _EndpointSession(self.endpoint, region_name=self.region, **_PLACEHOLDER_KEYS)

    def client(self, service: str) -> Any:
        """A boto3 client of such a session."""
        return self.session().client(service)  # type: ignore[call-overload]  # any service's name

    def rest_url(self, api_id: str, stage: str) -> str:
        return self._api_url("http", self.public_url, api_id, stage)

    def websocket_url(self, api_id: str, stage: str) -> str:
        return self._api_url("ws", self.public_url, api_id, stage)

    def callback_url(self, api_id: str, stage: str) -> str:
        """Where functions post to connections: without the path `/@connections/{id}`."""
        return self._api_url("http", self.functions_url or self.public_url, api_id, stage)

    def user_pools_url(self) -> str:
        return self._user_pools_url(self.public_url)

    def user_pool_keys_url(self, pool_id: str) -> str:
        """Where functions find them."""
        return f"{self._user_pools_url(self.functions_url or self.public_url)}{pool_id}/.well-known/jwks.json"

    def bucket_url(self, bucket: str) -> str:
        """Where browsers reach the bucket's objects; functions go to the S3 that they are told of."""
        if self.public_url is None:
            return f"https://{bucket}.s3.{self.region}.amazonaws.com"
        return f"{self.public_url}/{bucket}"

    def site_url(self, bucket: str) -> str:
        if self.public_url is None:
            return f"http://{bucket}.s3-website-{self.region}.amazonaws.com/"
        return f"{self.public_url}/_aws/s3-website/{bucket}/"

    def distribution_url(self, distribution_id: str, domain: str) -> str:
        if self.public_url is None:
            return f"https://{domain}/"
        return f"{self.public_url}/_aws/cloudfront/{distribution_id}/"

    def _user_pools_url(self, base: str | None) -> str:
        return f"https://cognito-idp.{self.region}.amazonaws.com/" if base is None else f"{base}/"

    def _api_url(self, scheme: str, base: str | None, api_id: str, stage: str) -> str:
        if base is None:
            return f"{scheme}s://{api_id}.execute-api.{self.region}.amazonaws.com/{stage}"
        return f"{scheme}{base.removeprefix('http')}/_aws/execute-api/{api_id}/{stage}"


class _EndpointSession(boto3.Session):
    """A session for one endpoint, as `AWS_ENDPOINT_URL` would make it, without touching this process's environment."""

    def __init__(self, endpoint: str, **settings: str) -> None:
        super().__init__(botocore_session=apart_from_profiles(), **settings)
        self._endpoint = endpoint

    def client(self, *args: Any, **settings: Any) -> Any:
        return super().client(*args, **{"endpoint_url": self._endpoint, **settings})


def from_environ(environ: Mapping[str, str], endpoint: str | None = None) -> Target:
    """The target that the environment asks for; `endpoint` is that of the rig that runs here, if one does.

    Raises TargetError: an unknown name; the embedded target where no rig runs.
    """
    kind = _kind(environ)
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    given = environ.get("AWS_ENDPOINT_URL")
    if given:
        url = given.rstrip("/")
        lacks = dict.fromkeys(CAPABILITIES, "nobody knows what answers at AWS_ENDPOINT_URL")
        return Target("endpoint", region, url, environ.get("CLOUDRIG_PUBLIC_URL", url).rstrip("/"), lacks=lacks)
    return kind.target(environ, region, endpoint)


def host(environ: Mapping[str, str], config: Config) -> Host:
    """What carries the target that the environment asks for."""
    return _kind(environ).host(environ, config)


def _kind(environ: Mapping[str, str]) -> _Kind:
    name = environ.get("CLOUDRIG_TARGET") or "embedded"
    if name not in _TARGETS:
        raise TargetError(f"CLOUDRIG_TARGET is {name!r}; it can be {', '.join(_TARGETS)}")
    return _TARGETS[name]


def reach_loopback_directly(environ: MutableMapping[str, str]) -> None:
    """Keep a proxy that the environment names out of the way to this machine itself."""
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, [environ.get(name), "127.0.0.1", "localhost", ".localhost"]))


def is_up(environ: Mapping[str, str]) -> bool:
    """Whether the user has named what answers, so that nothing is to be brought up."""
    return bool(environ.get("AWS_ENDPOINT_URL"))


def is_own_rig(environ: Mapping[str, str]) -> bool:
    """Whether the target is a rig that is started from here: a test session has its own, `up` one in a data folder."""
    return not is_up(environ) and _kind(environ).own_rig


def build_platform(environ: Mapping[str, str]) -> Platform:
    """What the functions of the target run on; needs no rig to be up."""
    return from_environ(environ, "http://127.0.0.1").platform


def _embedded(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    if endpoint is None:
        raise TargetError("no rig runs here: 'make up' starts one, --data-dir or AWS_ENDPOINT_URL name another")
    return Target("embedded", region, endpoint, endpoint, platform=Platform.LOCAL)


def _localstack(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    # As docker-compose.yml publishes it.
    url = endpoint or f"http://127.0.0.1:{environ.get('CLOUDRIG_PORT') or LOCALSTACK_PORT}"
    public_url = environ.get("CLOUDRIG_PUBLIC_URL", url).rstrip("/")
    functions_url = environ.get("CLOUDRIG_FUNCTIONS_URL") or compose.functions_url(environ)
    no_pools = "the free LocalStack has no Cognito"
    lacks = {
        "clock": "LocalStack's time is the machine's",
        "cloudfront": "the free LocalStack has no CloudFront",
        "codes": no_pools,
        "cognito": no_pools,
        "conformance": "its gateway is the embedded engine, its streams are DynamoDB Local's, which differ from AWS's",
        "load": "LocalStack's DynamoDB takes a few messages a second",
        "loopback": "LocalStack's functions run in a container",
        "ttl": "LocalStack deletes expired items once an hour",
    }
    platform = Platform.LAMBDA if compose.functions_are_localstacks(environ) else Platform.CONTAINER
    return Target("localstack", region, url, public_url, functions_url, platform, lacks=lacks)


def _aws(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    lacks = {
        "clock": "AWS's time cannot be moved",
        "codes": "AWS sends codes by mail",
        "loopback": "AWS's functions run elsewhere",
        "ttl": "AWS deletes expired items within days",
    }
    account = environ.get("CLOUDRIG_AWS_ACCOUNT") or ""
    # A rehearsal is asked in every way as AWS is, but its account is nobody's.
    return Target("rehearsal" if account == DEFAULT_ACCOUNT else "aws", region, account=account, lacks=lacks)


@dataclass(frozen=True)
class _Kind:
    """What there is to know of a kind of target: how its addresses are made, and what carries it."""

    target: Callable[[Mapping[str, str], str, str | None], Target]
    host: Callable[[Mapping[str, str], Config], Host]
    own_rig: bool = False


_TARGETS: Mapping[str, _Kind] = {
    "embedded": _Kind(_embedded, lambda environ, config: Background(config), own_rig=True),
    "localstack": _Kind(_localstack, lambda environ, config: compose.Compose(config, environ)),
    "aws": _Kind(_aws, lambda environ, config: Account(from_environ(environ), environ)),
}
