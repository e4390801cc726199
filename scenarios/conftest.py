"""What every scenario gets; `target`, `aws` and `outputs` come from cloudrig's pytest plugin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from cloudrig.background import RunningRig
from cloudrig.pytest_plugin import Clients
from scenarios import roles
from scenarios.browser import chromium, cut, open_window, windows
from scenarios.conformance import parity
from scenarios.roles import Report
from scenarios.story import Chat

__all__ = ["chat", "chromium", "cut", "open_window", "windows"]

_REPORTS = pytest.StashKey[list[Report]]()


@pytest.fixture
async def chat(outputs: dict[str, Any], aws: Clients) -> AsyncIterator[Chat]:
    """People, connections and words of this scenario's own; all of it closed at its end."""
    async with Chat(outputs, aws) as chat:
        yield chat


# --- roles: see `scenarios.roles` ---


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--unused-permissions",
        action="store_true",
        help="after all scenarios: fail where a role allows what no scenario had its function do",
    )
    parity.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    parity.check_options(config)
    config.stash[_REPORTS] = []


@pytest.fixture(scope="session", autouse=True)
def _roles(rig: RunningRig | None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Record for the session, where the target is a rig; a worker sends it on."""
    if rig is None:
        yield
        return
    roles.begin(rig.url)
    yield
    found = roles.report(rig.url)
    if hasattr(request.config, "workeroutput"):
        request.config.workeroutput["roles"] = found
    else:
        request.config.stash[_REPORTS].append(found)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    """A worker of xdist is done."""
    if found := getattr(node, "workeroutput", {}).get("roles"):
        node.config.stash[_REPORTS].append(found)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session that would otherwise have passed."""
    if _complaints(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if complaints := _complaints(config):
        terminalreporter.section("roles of functions", red=True)
        for line in complaints:
            terminalreporter.line(line)


def _complaints(config: pytest.Config) -> list[str]:
    reports = config.stash[_REPORTS]
    missing = [f"not allowed: {each}" for each in roles.refused(reports)]
    if not config.getoption("--unused-permissions"):
        return missing
    return missing + [f"never used: {each}" for each in roles.unused(reports)]
