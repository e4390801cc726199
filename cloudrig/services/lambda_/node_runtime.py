"""Runs `nodejs*` functions by a bootstrap of ours (`node/`) on the machine's Node.js, whatever its version.

Where the machine has none, it is the one that `make setup` fetched into the checkout.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Addresses
from cloudrig.services.lambda_.program import Program
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.variables import Sandbox, layer_folders, variables

log = logging.getLogger(__name__)

NOT_INSTALLED = (
    "cloudrig runs nodejs functions on the machine's Node.js, and there is no `node` on the PATH of the rig: install "
    "Node.js 20 or later (https://nodejs.org, `apt install nodejs`, `brew install node`) and start the rig again"
)
_BOOTSTRAP = Path(__file__).with_name("node") / "bootstrap.cjs"
_FETCHED = Path(__file__).parents[3] / ".tools" / "bin"
_SDK = ("@aws-sdk", "@smithy")
"""What AWS's runtimes have installed: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html."""
_HEAP_SHARE = 0.9
"""How much of a function's memory the heap may take before Node.js gives up, as in AWS's runtimes."""


class NodeRuntime:
    """Makes programs of `nodejs*` functions."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def check(self) -> None:
        """Raises OperationNotImplemented where the machine has no Node.js."""
        if _node() is None:
            raise OperationNotImplemented(NOT_INSTALLED)

    def program(self, version: Version, sandbox: Sandbox) -> Program:
        """What an environment of a version is to run. Raises OSError where the machine has no Node.js."""
        node = _node()
        if node is None:
            raise FileNotFoundError(NOT_INSTALLED)
        settings = version.settings
        major = settings.runtime.removeprefix("nodejs").removesuffix(".x")
        own = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
            "NODE_EXTRA_CA_CERTS": self._addresses.ca_bundle,
            "NODE_PATH": ":".join(layer_folders(version, f"nodejs/node{major}/node_modules", "nodejs/node_modules")),
        }
        environment = variables(version, sandbox, self._addresses, _BOOTSTRAP.parent, **own)
        heap = f"--max-old-space-size={int(settings.memory_mb * _HEAP_SHARE)}"
        return Program((node, heap, str(_BOOTSTRAP)), environment, version.code.root)


def _node() -> str | None:
    return shutil.which("node") or shutil.which("node", path=_FETCHED)


def link_sdk(packages: Path, project: Path) -> None:
    """Have functions find the AWS SDK where the project from which the rig is started has it installed.

    Node.js looks for modules in the folders above a package, after its own: as on AWS, where only a layer's go before.
    Blocks on the file system.
    """
    for folder in (project, *project.parents):
        installed = folder / "node_modules"
        if (installed / _SDK[0]).is_dir():
            (packages / "node_modules").mkdir()
            for scope in _SDK:
                (packages / "node_modules" / scope).symlink_to(installed / scope)
            return
