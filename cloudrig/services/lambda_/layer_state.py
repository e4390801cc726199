"""Layers and their versions. No sockets, no clock, no asyncio."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cloudrig.engine.names import Arn, Scope
from cloudrig.services.lambda_.policy import Policy


@dataclass(frozen=True, slots=True)
class Code:
    """An unpacked package. `sha256` is in base64 as in `CodeSha256`, `size_bytes` the archive's."""

    sha256: str
    size_bytes: int
    root: Path
    unzipped_bytes: int = 0


@dataclass(eq=False, slots=True)
class LayerVersion:
    """A published layer: what functions find in `/opt`. Immutable but for its policy."""

    scope: Scope
    name: str
    number: int
    code: Code
    created: str
    description: str = ""
    license: str | None = None
    runtimes: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    policy: Policy = field(default_factory=Policy)
    policy_revision: str = ""

    @property
    def layer_arn(self) -> str:
        return self.scope.arn("lambda", f"layer:{self.name}")

    @property
    def arn(self) -> str:
        return f"{self.layer_arn}:{self.number}"


class Layers:
    """The layers of one account and region: versions by layer name and number."""

    def __init__(self, scope: Scope) -> None:
        self.by_name: dict[str, dict[int, LayerVersion]] = {}
        self.last_numbers: dict[str, int] = {}

    def next_number(self, name: str) -> int:
        """Numbers of deleted versions are not given again."""
        self.last_numbers[name] = self.last_numbers.get(name, 0) + 1
        return self.last_numbers[name]

    def find(self, name: str, number: int) -> LayerVersion | None:
        return self.by_name.get(name, {}).get(number)

    def remove(self, name: str, number: int) -> LayerVersion | None:
        versions = self.by_name.get(name, {})
        removed = versions.pop(number, None)
        if not versions:
            self.by_name.pop(name, None)
        return removed


def layer_name(text: str, caller: Scope) -> tuple[Scope, str]:
    """A layer as operations name it: its name or its ARN."""
    if not text.startswith("arn:"):
        return caller, text
    arn = Arn.parse(text)
    return arn.scope, arn.resource.split(":")[1]


def layer_version_arn(text: str) -> tuple[Scope, str, int]:
    """Scope, name and number out of an ARN that the service model's pattern has been checked on."""
    arn = Arn.parse(text)
    _, name, number = arn.resource.split(":")
    return arn.scope, name, int(number)
