"""`cloudrig watch`: what is saved is deployed.

A change in `handlers/` replaces the code of the functions whose packages differ by it, which takes a fraction of a
second; events that the functions have in hand are finished by the old code. A change of what is deployed (`stack/`,
the built site, `uv.lock`) is deployed as `cloudrig deploy` does it, by a process of its own that reads it afresh.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.syntax import problem
from stack import Deployment, Sources, StackError
from stack.resources import Package

POLL_S = 0.1
_UPLOADS = 8

Report = Callable[[str], None]
Stamps = dict[Path, tuple[int, int]]
"""When each file was changed, and how large it is."""


def watch(deployment: Deployment, sources: Sources, session: Any, report: Report) -> None:
    """Deploy changes; `report` gets a line for each. Returns once the stack was deployed anew: what this process knows
    of it is old then. Raises StackError where nothing is deployed yet.
    """
    functions = deployment.outputs()["functions"]
    client = session.client("lambda", config=Config(max_pool_connections=_UPLOADS))
    code = CodeUpdates(client, functions, lambda: sources.packages(deployment.parameters))
    handlers, declared = sources.root / "handlers", [sources.root / "stack", sources.root / "frontend" / "dist"]
    places = [handlers, *declared, sources.root / "uv.lock"]
    known = stamps(places)
    waiting = {path for path in known if problem(path) is not None}
    if not _refused(waiting, report):
        _update(code, set(), report)  # what was saved since the deployment
    report(f"watching {handlers} and {declared[0]}; Ctrl-C ends it")
    for saved in changes(places, known):
        waiting |= saved
        if _refused(waiting, report):  # what is deployed is all that is there, not only what was saved last
            continue
        changed, waiting = waiting, set()
        if all(path.is_relative_to(handlers) for path in changed):
            _update(code, changed, report)
        elif _redeploy(changed, report):
            return


class CodeUpdates:
    """Replaces the code of functions that differs from what is deployed.

    `functions` are short names → names on the target; `build` makes the package of each.
    """

    def __init__(self, client: Any, functions: Mapping[str, str], build: Callable[[], Mapping[str, Package]]) -> None:
        self._client = client
        self._functions = functions
        self._build = build
        self._deployed: dict[str, str] = {}

    def update(self) -> list[str]:
        """Returns the functions that have new code. Raises ClientError, BotoCoreError, StackError."""
        packages = self._build()
        with ThreadPoolExecutor(_UPLOADS) as pool:
            if not self._deployed:
                self._deployed = dict(zip(self._functions, pool.map(self._observe, self._functions), strict=True))
            changed = [name for name in self._functions if self._deployed[name] != packages[name].sha256]
            list(pool.map(lambda name: self._upload(name, packages[name]), changed))
        return changed

    def _observe(self, name: str) -> str:
        found = self._client.get_function_configuration(FunctionName=self._functions[name])
        return str(found["CodeSha256"])

    def _upload(self, name: str, package: Package) -> None:
        self._client.update_function_code(FunctionName=self._functions[name], ZipFile=package.content)
        self._deployed[name] = package.sha256


def changes(places: list[Path], known: Stamps) -> Iterator[set[Path]]:
    """Sets of files that were changed, made or removed together since `known`; endless."""
    while True:
        now = stamps(places)
        if now == known:
            time.sleep(POLL_S)
            continue
        while (later := _after(POLL_S / 2, places)) != now:  # an editor, or a build, is still at it
            now = later
        changed = {path for path in now.keys() | known.keys() if now.get(path) != known.get(path)}
        known = now
        yield changed


def _after(delay_s: float, places: list[Path]) -> Stamps:
    time.sleep(delay_s)
    return stamps(places)


def stamps(places: list[Path]) -> Stamps:
    """The state of all files in some places, which are files and folders; caches are passed over."""
    found: Stamps = {}
    for path in (path for place in places for path in _within(place)):
        if "__pycache__" in path.parts or path.name.startswith(".") or path.suffix in (".swp", ".tmp"):
            continue
        try:
            status = path.stat()
        except OSError:  # gone meanwhile
            continue
        if path.is_file():
            found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _within(place: Path) -> list[Path]:
    try:
        return list(place.rglob("*")) if place.is_dir() else [place]
    except OSError:  # a folder is gone meanwhile
        return []


def _update(code: CodeUpdates, changed: set[Path], report: Report) -> None:
    began = time.monotonic()
    try:
        updated = code.update()
    except (ClientError, BotoCoreError, StackError, OSError) as error:  # OSError: a file is gone meanwhile
        report(f"✗ {error}")
        return
    if updated:
        shown = ", ".join(updated) if len(updated) <= 5 else f"{len(updated)} functions"
        report(f"{_names(changed) or 'changed before'} → {shown}, {(time.monotonic() - began) * 1000:.0f} ms")


def _refused(changed: set[Path], report: Report) -> bool:
    """Whether a changed file is no Python, and so none of them is to be deployed."""
    for path in sorted(changed):
        if (found := problem(path)) is not None:
            report(f"✗ {found}; not deployed")
            return True
    return False


def _redeploy(changed: set[Path], report: Report) -> bool:
    """Whether it worked; the command itself says what did not."""
    report(f"{_names(changed)} → deploy")
    done = subprocess.run([sys.executable, "-m", "cloudrig", "deploy"], check=False)
    return done.returncode == 0


def _names(changed: set[Path]) -> str:
    names = sorted(path.name for path in changed)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
