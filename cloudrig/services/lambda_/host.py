"""What every execution environment of a rig is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import LogSink
from cloudrig.services.lambda_.launcher import Launcher
from cloudrig.services.lambda_.memory import MemoryWatch
from cloudrig.services.lambda_.runtimes import Runtimes
from cloudrig.services.lambda_.starts import StartGate
from cloudrig.services.lambda_.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Host:
    """The same for all. `directory` holds a folder for each environment; `freezes`: they stand still between events."""

    directory: Path
    runtime: Runtimes
    launcher: Launcher
    clock: Clock
    credentials: Credentials
    logs: LogSink
    tasks: Tasks
    disposals: Tasks
    starts: StartGate
    memory: MemoryWatch
    events: Events
    freezes: bool = True
