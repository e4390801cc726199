"""The chat's stack at a target: what `cloudrig up`, `deploy`, `destroy` and `outputs` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cloudrig import background, targets
from cloudrig.targets import Target
from stack import Clients, Deployment, Parameters, Platform, Sources

ROOT = Path(__file__).resolve().parents[1]


def deployment(target: Target, environ: Mapping[str, str]) -> Deployment:
    """The deployment that the environment's parameters describe. Raises stack.ParameterError."""
    return Deployment(Parameters.from_environ(environ), Clients.of(target.session()), target, target.account)


def sources(target: Target) -> Sources:
    """This checkout, built for what the target's functions run on."""
    return sources_for(target.platform)


def sources_for(platform: Platform) -> Sources:
    """The same where no target is up yet."""
    return Sources(ROOT, build=ROOT / ".cloudrig" / "build", platform=platform)


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`CLOUDRIG_DATA_DIR`, else `.cloudrig` of this checkout, from wherever it is asked for.

    Where cloudrig is an installed package, the checkout is the folder that its user works in.
    """
    home = ROOT if (ROOT / "pyproject.toml").is_file() else Path.cwd()
    return Path(environ.get("CLOUDRIG_DATA_DIR") or home / ".cloudrig").absolute()


def target_here(environ: Mapping[str, str], data_dir: Path | None = None) -> Target:
    """The target that the environment asks for, the rig of a data folder being the embedded one. Raises TargetError."""
    running = background.find(data_dir or default_data_dir(environ)) if targets.is_own_rig(environ) else None
    return targets.from_environ(environ, running.url if running else None)
