"""What a rig is started with, from arguments or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

EMBEDDED_SERVICES = frozenset({"apigateway", "apigatewayv2", "execute-api", "lambda", "dynamodb", "dynamodbstreams"})
BEFORE_UPSTREAM_SERVICES = EMBEDDED_SERVICES - {"dynamodb", "dynamodbstreams"}


class ConfigError(ValueError):
    """A setting that cannot be used; the message names it, its value and what is legal."""


@dataclass(frozen=True)
class Config:
    """Settings of one rig.

    Port 0 means a free one; `tls_port` None the one after `port`. `data_dir` holds everything the rig writes (tables,
    certificates, unpacked functions). `upstream` is the URL of what answers the services the engine does not keep; None
    starts moto. `throttling` says whether API Gateway's quotas and limits of requests and new connections count;
    `freezing` whether functions stand still between two events, as on AWS. `rehearsal`: the rig answers for AWS's own
    host names, and at its door does what AWS does (`cloudrig/rehearsal.py`).
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 4566
    tls_port: int | None = None
    upstream: str | None = None
    services: frozenset[str] = field(default=EMBEDDED_SERVICES)
    throttling: bool = False
    freezing: bool = True
    rehearsal: bool = False

    def __post_init__(self) -> None:
        if self.tls_port is None:
            object.__setattr__(self, "tls_port", self.port and self.port + 1)
        unknown = self.services - EMBEDDED_SERVICES
        if unknown:
            legal = ", ".join(sorted(EMBEDDED_SERVICES))
            raise ConfigError(f"CLOUDRIG_SERVICES names {', '.join(sorted(unknown))}; the engine has {legal}")
        if self.upstream is not None and urlsplit(self.upstream).scheme not in ("http", "https"):
            raise ConfigError(f"upstream is {self.upstream!r}; give a URL such as http://localhost:4566")

    def keeps(self, service: str) -> bool:
        """Whether the engine has a service for itself, by its signing name; otherwise it is the upstream's."""
        return service in self.services

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], data_dir: Path, **overrides: object) -> Config:
        """Read `CLOUDRIG_PORT`, `CLOUDRIG_UPSTREAM`, `CLOUDRIG_SERVICES`, and `CLOUDRIG_THROTTLING` and
        `CLOUDRIG_REHEARSAL` (`on`, `off`).

        `overrides` that are not None win.
        """
        given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
        upstream = given.get("upstream") or environ.get("CLOUDRIG_UPSTREAM") or None
        settings = {
            "port": _port(environ.get("CLOUDRIG_PORT") or "4566"),
            "services": _services(environ.get("CLOUDRIG_SERVICES"), upstream),
            "throttling": _switch("CLOUDRIG_THROTTLING", environ, "off"),
            "freezing": _switch("CLOUDRIG_FREEZE", environ, "on"),
            "rehearsal": _switch("CLOUDRIG_REHEARSAL", environ, "off"),
            **given,
            "upstream": upstream,
        }
        return cls(data_dir, **settings)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ConfigError(f"CLOUDRIG_PORT is {text!r}; it is a number up to 65535")
    return int(text)


def _switch(name: str, environ: Mapping[str, str], default: str) -> bool:
    value = environ.get(name) or default
    if value not in ("on", "off"):
        raise ConfigError(f"{name} is {value!r}; it is on or off")
    return value == "on"


def _services(text: str | None, upstream: str | None) -> frozenset[str]:
    if text is None:
        return BEFORE_UPSTREAM_SERVICES if upstream else EMBEDDED_SERVICES
    return frozenset(name.strip() for name in text.split(",") if name.strip())
