"""The chat's stack at a target: what `cloudrig up`, `deploy`, `destroy` and `outputs` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cloudrig.targets import Target
from stack import Clients, Deployment, Parameters, Sources

ROOT = Path(__file__).resolve().parents[1]


def deployment(target: Target, environ: Mapping[str, str]) -> Deployment:
    """The deployment that the environment's parameters describe. Raises stack.ParameterError."""
    return Deployment(Parameters.from_environ(environ), Clients.of(target.session()), target)


def sources(target: Target) -> Sources:
    """This checkout, built for what the target's functions run on."""
    return Sources(ROOT, build=ROOT / ".cloudrig" / "build", platform=target.platform)
