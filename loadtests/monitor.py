"""What the rig and the load itself use of the machine, second by second.

The rig tells at `/_cloudrig/usage`. Where nobody answers there (AWS), only the load's own use is known. Workers tell
the master; those on other machines use nothing of this one.
"""

from __future__ import annotations

import json
import platform
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from threading import Event, Thread
from typing import Any

from cloudrig.engine.usage import own_bytes
from loadtests.ledger import Ledger

_EVERY_S = 1.0
_ANSWER_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Progress:
    """How far one process of the load is, and what it uses: CPU since the progress before, in cores."""

    at: float
    host: str
    cpu_s: float
    cores: float
    rss_bytes: int
    connections: int
    sent: int
    delivered: int


def own_progress(ledger: Ledger, before: Progress | None) -> Progress:
    """That of this process."""
    now, cpu_s = time.time(), time.process_time()
    cores = (cpu_s - before.cpu_s) / max(now - before.at, 1e-3) if before else 0.0
    heard, sent = len(ledger.deliveries), len(ledger.messages)
    return Progress(now, platform.node(), cpu_s, cores, own_bytes(), ledger.standing, sent, heard)


@dataclass(frozen=True)
class Reading:
    """What all processes of the load tell, this one first, and (None: it did not answer) the rig."""

    processes: Sequence[Progress]
    rig: dict[str, Any] | None

    @property
    def at(self) -> float:
        return self.processes[0].at


@dataclass(frozen=True)
class Sample:
    """What was used in the `span_s` seconds before `at`. CPU is in cores: 1.0 is one all the time. None: not known."""

    at: float
    span_s: float
    generator_cores: float
    generator_bytes: int
    connections: int
    engine_cores: float | None = None
    engine_bytes: int | None = None
    environments: int | None = None
    children_cores: dict[str, float] = field(default_factory=dict)


class Monitor:
    """Takes a sample a second from `start` to `stop`."""

    def __init__(self, endpoint: str | None, ledger: Ledger, workers: Callable[[], Sequence[Progress]]) -> None:
        self._url = f"{endpoint}/_cloudrig/usage" if endpoint else None
        self._ledger = ledger
        self._workers = workers
        self._over = Event()
        self._last: Reading | None = None
        self.samples: list[Sample] = []
        self.silent_s = 0.0
        """For how long the rig did not answer although it had before."""

    def start(self) -> None:
        self._last = self._read()
        Thread(target=self._run, daemon=True).start()

    def stop(self) -> list[dict[str, Any]]:
        self._over.set()
        return [asdict(sample) for sample in self.samples]

    def _run(self) -> None:
        silent_before = 0.0
        while not self._over.wait(_EVERY_S):
            assert self._last is not None
            now = self._read()
            if self._last.rig is not None and now.rig is None:
                self.silent_s = silent_before + now.at - self._last.at  # the next answer's sample covers this time too
            else:
                silent_before = self.silent_s
                self.samples.append(sample(self._last, now))
                self._last = now

    def _read(self) -> Reading:
        rig = None
        if self._url is not None:
            try:
                with urllib.request.urlopen(self._url, timeout=_ANSWER_TIMEOUT_S) as answer:
                    rig = json.load(answer)
            except (OSError, ValueError):
                rig = None
        own = own_progress(self._ledger, self._last.processes[0] if self._last else None)
        return Reading([own, *self._workers()], rig)


def sample(before: Reading, now: Reading) -> Sample:
    """What was used between two readings."""
    span_s = max(now.at - before.at, 1e-3)
    here = [each for each in now.processes if each.host == now.processes[0].host]
    generator = (
        sum(each.cores for each in here),
        sum(each.rss_bytes for each in here),
        sum(each.connections for each in now.processes),
    )
    if before.rig is None or now.rig is None:
        return Sample(now.at, span_s, *generator)
    children, earlier = now.rig["children"], before.rig["children"]
    return Sample(
        now.at,
        span_s,
        *generator,
        engine_cores=max(now.rig["engine"]["cpuS"] - before.rig["engine"]["cpuS"], 0.0) / span_s,
        engine_bytes=now.rig["engine"]["rssBytes"],
        environments=int(children.get("functions", {}).get("groups", 0)),
        children_cores={
            # environments that ended take their CPU time with them: no sample below nothing
            name: max(used["cpuS"] - earlier.get(name, {}).get("cpuS", 0.0), 0.0) / span_s
            for name, used in children.items()
        },
    )
