"""What carries the stack on each target: brought up before a deployment, taken down after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from cloudrig import background
from cloudrig.cost.standing import standing
from cloudrig.engine.config import Config
from stack import Clients, DeployError, Deployment, Parameters, chat

if TYPE_CHECKING:
    from cloudrig.targets import Target

Report = Callable[[str], None]
_LISTED_S = 60.0


class Host(Protocol):
    """Both methods raise `RigError` or `StackError`; `report` gets a sentence for each thing done."""

    def start(self, report: Report) -> str | None:
        """Bring it up where it is not; returns its endpoint, None where the SDK knows it."""

    def stop(self, report: Report) -> None:
        """Take it down; nothing of it is left running."""


class Background:
    """The engine of this repository, in the background of a data folder."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def start(self, report: Report) -> str:
        running = background.find(self._config.data_dir)
        if running is None:
            running = background.start(self._config)
            report(f"rig started at {running.url}")
        return running.url

    def stop(self, report: Report) -> None:
        running = background.find(self._config.data_dir)
        if running is None:
            report("no rig is running here")
            return
        background.stop(self._config.data_dir, running)
        report(f"stopped the rig at {running.url} (pid {running.pid})")


class Account:
    """A real account. There is nothing to start but a look at what is going to be done; taking it down is removing the
    stack.
    """

    def __init__(self, target: Target, environ: Mapping[str, str]) -> None:
        self._target = target
        self._environ = environ

    def start(self, report: Report) -> None:
        """Say what the stack costs; what will be done, and whether it may, the deployment says."""
        for line in standing(chat.undeclared(Parameters.from_environ(self._environ)), self._target.region):
            report(line)

    def stop(self, report: Report) -> None:
        """Remove the stack, and look whether anything is left of it."""
        deployment = self._deployment()
        deployment.destroy(report)
        deadline = time.monotonic() + _LISTED_S  # the tagging API is some seconds late
        while (left := deployment.leftovers()) and time.monotonic() < deadline:
            time.sleep(2)
        if left:
            others = deployment.not_looked_for()
            raise DeployError("leftovers", f"still there: {', '.join(left)}; run it again{others and f' ({others})'}")
        report(f"nothing of {deployment.parameters.prefix} is left in {self._target.region}")

    def _deployment(self) -> Deployment:
        parameters = Parameters.from_environ(self._environ)
        return Deployment(parameters, Clients.of(self._target.session()), self._target, self._target.account)
