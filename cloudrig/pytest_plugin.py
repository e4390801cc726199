"""pytest fixtures for tests of a deployed stack, on whatever target the environment chooses.

    rig      the engine started for this session on free ports; None where the target is something else
    target   `cloudrig.targets.Target`: addresses, boto3 session, capabilities
    aws      client factory: `aws("dynamodb")` is a boto3 client of the target
    outputs  what the deployed stack is reached by; deploys the chat. Override it to deploy a stack of your own:

        @pytest.fixture(scope="session")
        def outputs(aws): ...

`@pytest.mark.needs("ttl")` skips a test, with the reason, on targets without that capability.
A failed test shows what the rig logged during it, and the logs of the functions that it had called.
"""

from __future__ import annotations

import fcntl
import functools
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudrig import background, function_logs, targets
from cloudrig.background import RunningRig
from cloudrig.engine.config import Config
from cloudrig.targets import Target

Clients = Callable[[str], Any]

_LOG = pytest.StashKey[Path]()
_LOG_START = pytest.StashKey[int]()
_TARGET = pytest.StashKey[Target]()
_BEGAN_MS = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    targets.reach_loopback_directly(os.environ)
    config.addinivalue_line("markers", "needs(capability): skip on targets that cannot do this")


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRig | None]:
    """A rig of this session's own (each xdist worker has one), stopped at its end. Another target is brought up where
    it is not, and left running.
    """
    if not targets.is_own_rig(os.environ):
        _bring_up(tmp_path_factory)
        yield None
        return
    data_dir = tmp_path_factory.mktemp("rig")
    with background.running(Config(data_dir=data_dir, port=0)) as running:
        request.config.stash[_LOG] = data_dir / background.LOG_FILE
        yield running


def _bring_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Once a session, whichever of its xdist workers comes first; what AWS_ENDPOINT_URL names is up already."""
    from cloudrig.deployment import default_data_dir

    done = tmp_path_factory.getbasetemp().parent / "brought-up"
    with _turn(tmp_path_factory):
        if not targets.is_up(os.environ) and not done.exists():
            targets.host(os.environ, Config.from_environ(os.environ, default_data_dir(os.environ))).start(
                report=lambda line: None
            )
            done.touch()


@contextmanager
def _turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Wait until no other xdist worker of this session has the turn."""
    with (tmp_path_factory.getbasetemp().parent / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, rig: RunningRig | None) -> Target:
    """Where the session's stack is deployed."""
    found = targets.from_environ(os.environ, rig.url if rig else None)
    request.config.stash[_TARGET] = found
    return found


@pytest.fixture(scope="session")
def aws(target: Target) -> Clients:
    """`aws(service)`: a boto3 client of the target, the same one each time."""
    return functools.cache(target.client)


@pytest.fixture(scope="session")
def outputs(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The chat, deployed; a dict as `cloudrig outputs --json` prints."""
    from cloudrig.deployment import deployment, sources

    with _turn(tmp_path_factory):  # xdist workers may share a target: the first deploys, the others find it done
        return deployment(target, os.environ).deploy(sources(target), report=lambda line: None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    log = item.config.stash.get(_LOG, None)
    item.stash[_LOG_START] = log.stat().st_size if log else 0
    item.stash[_BEGAN_MS] = function_logs.now_ms(item.config.stash.get(_TARGET, None))
    _skip_what_the_target_lacks(item)  # before any fixture brings anything up for it
    return (yield)


def _skip_what_the_target_lacks(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        chosen = targets.from_environ(os.environ, "http://127.0.0.1")
        for capability in sorted(set(marker.args) - chosen.capabilities):
            reason = chosen.lacks.get(capability, "no target has that")
            pytest.skip(f"the target {chosen.target} has no {capability}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    log = item.config.stash.get(_LOG, None)
    if report.failed and log is not None and log.exists():
        with log.open(errors="replace") as file:
            file.seek(item.stash.get(_LOG_START, 0))
            report.sections.append(("the rig's log", file.read()))
    target = item.config.stash.get(_TARGET, None)
    if report.failed and report.when == "call" and target is not None:
        outputs = getattr(item, "funcargs", {}).get("outputs")
        functions = outputs.get("functions") if isinstance(outputs, dict) else None
        report.sections.append(("the functions' logs", function_logs.since(target, item.stash[_BEGAN_MS], functions)))
    return report
