"""What the stack, the scenarios and the loads run against, chosen by the environment.

`CLOUDRIG_TARGET` is `embedded` (default), `localstack` or `aws`; `AWS_ENDPOINT_URL`, set by the user, always wins and
is used as it is. Everything above sees a boto3 session and addresses, and never asks which target it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import boto3

from cloudrig.engine.names import DEFAULT_REGION
from stack import Platform

LOCALSTACK_ENDPOINT = "http://127.0.0.1:4566"
_PLACEHOLDER_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class TargetError(ValueError):
    """The environment names no usable target; the message says what is legal."""


@dataclass(frozen=True)
class Target:
    """A place to deploy to; also the addresses that a deployment there has (`stack.Addresses`).

    `endpoint` is where the SDK goes (None: AWS's own endpoints); `public_url` where people and browsers reach the same
    (they differ only where this process runs inside a container network). `capabilities` name what not every target
    can do: `clock` (time can be moved), `ttl` (expired items are deleted within the test's patience).
    """

    target: str
    region: str
    endpoint: str | None = None
    public_url: str | None = None
    platform: Platform = Platform.LAMBDA
    capabilities: frozenset[str] = frozenset()

    def session(self) -> boto3.Session:
        """A boto3 session whose clients go to the target, with placeholder keys for an emulator where none are set."""
        if self.endpoint is None:
            return boto3.Session(region_name=self.region)
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            return _EndpointSession(self.endpoint, region_name=self.region)
        return _EndpointSession(self.endpoint, region_name=self.region, **_PLACEHOLDER_KEYS)

    def rest_url(self, api_id: str, stage: str) -> str:
        return self._api_url("http", api_id, stage)

    def websocket_url(self, api_id: str, stage: str) -> str:
        return self._api_url("ws", api_id, stage)

    def callback_url(self, api_id: str, stage: str) -> str:
        """Where functions post to connections: without the path `/@connections/{id}`."""
        return self._api_url("http", api_id, stage)

    def site_url(self, bucket: str) -> str:
        if self.public_url is None:
            return f"http://{bucket}.s3-website-{self.region}.amazonaws.com/"
        return f"{self.public_url}/_aws/s3-website/{bucket}/"

    def _api_url(self, scheme: str, api_id: str, stage: str) -> str:
        if self.public_url is None:
            return f"{scheme}s://{api_id}.execute-api.{self.region}.amazonaws.com/{stage}"
        return f"{scheme}{self.public_url.removeprefix('http')}/_aws/execute-api/{api_id}/{stage}"


class _EndpointSession(boto3.Session):
    """A session for one endpoint, as `AWS_ENDPOINT_URL` would make it, without touching this process's environment."""

    def __init__(self, endpoint: str, **settings: str) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # access key, secret key, region_name
        self._endpoint = endpoint

    def client(self, *args: Any, **settings: Any) -> Any:
        return super().client(*args, **{"endpoint_url": self._endpoint, **settings})


def from_environ(environ: Mapping[str, str], endpoint: str | None = None) -> Target:
    """The target that the environment asks for; `endpoint` is that of the rig that runs here, if one does.

    Raises TargetError: an unknown name; the embedded target where no rig runs.
    """
    name = environ.get("CLOUDRIG_TARGET") or "embedded"
    if name not in _TARGETS:
        raise TargetError(f"CLOUDRIG_TARGET is {name!r}; it can be {', '.join(_TARGETS)}")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    given = environ.get("AWS_ENDPOINT_URL")
    if given:
        url = given.rstrip("/")
        return Target("endpoint", region, url, environ.get("CLOUDRIG_PUBLIC_URL", url).rstrip("/"))
    return _TARGETS[name](environ, region, endpoint)


def reach_loopback_directly(environ: MutableMapping[str, str]) -> None:
    """Keep a proxy that the environment names out of the way to this machine itself."""
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, [environ.get(name), "127.0.0.1", "localhost", ".localhost"]))


def is_embedded(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for the engine itself, which a test session starts on its own."""
    return not environ.get("AWS_ENDPOINT_URL") and (environ.get("CLOUDRIG_TARGET") or "embedded") == "embedded"


def build_platform(environ: Mapping[str, str]) -> Platform:
    """What the functions of the target run on; needs no rig to be up."""
    return Platform.local() if is_embedded(environ) else Platform.LAMBDA


def _embedded(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    if endpoint is None:
        raise TargetError("no rig runs here: 'make up' starts one, --data-dir or AWS_ENDPOINT_URL name another")
    return Target("embedded", region, endpoint, endpoint, build_platform(environ), frozenset({"clock", "ttl"}))


def _localstack(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    url = endpoint or LOCALSTACK_ENDPOINT
    return Target("localstack", region, url, environ.get("CLOUDRIG_PUBLIC_URL", url).rstrip("/"))


def _aws(environ: Mapping[str, str], region: str, endpoint: str | None) -> Target:
    return Target("aws", region)


_TARGETS: Mapping[str, Callable[[Mapping[str, str], str, str | None], Target]] = {
    "embedded": _embedded,
    "localstack": _localstack,
    "aws": _aws,
}
