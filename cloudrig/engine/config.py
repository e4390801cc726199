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
    starts moto.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 4566
    tls_port: int | None = None
    upstream: str | None = None
    services: frozenset[str] = field(default=EMBEDDED_SERVICES)

    def __post_init__(self) -> None:
        if self.tls_port is None:
            object.__setattr__(self, "tls_port", self.port and self.port + 1)
        unknown = self.services - EMBEDDED_SERVICES
        if unknown:
            legal = ", ".join(sorted(EMBEDDED_SERVICES))
            raise ConfigError(f"CLOUDRIG_SERVICES names {', '.join(sorted(unknown))}; the engine has {legal}")
        if self.upstream is not None and urlsplit(self.upstream).scheme not in ("http", "https"):
            raise ConfigError(f"upstream is {self.upstream!r}; give a URL such as http://localhost:4566")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **overrides: object) -> Config:
        """Read `CLOUDRIG_UPSTREAM`, `CLOUDRIG_SERVICES` and `CLOUDRIG_DATA_DIR`; `overrides` that are not None win."""
        given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
        upstream = given.get("upstream") or environ.get("CLOUDRIG_UPSTREAM") or None
        settings = {
            "data_dir": Path(environ.get("CLOUDRIG_DATA_DIR") or ".cloudrig").absolute(),
            "services": _services(environ.get("CLOUDRIG_SERVICES"), upstream),
            **given,
            "upstream": upstream,
        }
        return cls(**settings)


def _services(text: str | None, upstream: str | None) -> frozenset[str]:
    if text is None:
        return BEFORE_UPSTREAM_SERVICES if upstream else EMBEDDED_SERVICES
    return frozenset(name.strip() for name in text.split(",") if name.strip())
