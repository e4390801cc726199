"""What the rig and the load itself use of the machine, second by second.

The rig tells at `/_cloudrig/usage`. Where nobody answers there (AWS), only the load's own use is known.
"""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from threading import Event, Thread
from typing import Any

from loadtests.ledger import Ledger

_EVERY_S = 1.0
_ANSWER_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Reading:
    """CPU seconds so far, of the load and (None: it did not answer) as the rig tells."""

    at: float
    generator_s: float
    rig: dict[str, Any] | None


@dataclass(frozen=True)
class Sample:
    """What was used in the `span_s` seconds before `at`. CPU is in cores: 1.0 is one all the time. None: not known."""

    at: float
    span_s: float
    generator_cores: float
    connections: int
    engine_cores: float | None = None
    engine_bytes: int | None = None
    environments: int | None = None
    children_cores: dict[str, float] = field(default_factory=dict)


class Monitor:
    """Takes a sample a second from `start` to `stop`."""

    def __init__(self, endpoint: str | None, ledger: Ledger) -> None:
        self._url = f"{endpoint}/_cloudrig/usage" if endpoint else None
        self._ledger = ledger
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
                self.samples.append(sample(self._last, now, self._ledger.standing))
                self._last = now

    def _read(self) -> Reading:
        rig = None
        if self._url is not None:
            try:
                with urllib.request.urlopen(self._url, timeout=_ANSWER_TIMEOUT_S) as answer:
                    rig = json.load(answer)
            except (OSError, ValueError):
                rig = None
        return Reading(time.time(), time.process_time(), rig)


def sample(before: Reading, now: Reading, connections: int) -> Sample:
    """What was used between two readings."""
    span_s = max(now.at - before.at, 1e-3)
    generator = (now.generator_s - before.generator_s) / span_s
    if before.rig is None or now.rig is None:
        return Sample(now.at, span_s, generator, connections)
    children, earlier = now.rig["children"], before.rig["children"]
    return Sample(
        now.at,
        span_s,
        generator,
        connections,
        engine_cores=max(now.rig["engine"]["cpuS"] - before.rig["engine"]["cpuS"], 0.0) / span_s,
        engine_bytes=now.rig["engine"]["rssBytes"],
        environments=int(children.get("functions", {}).get("groups", 0)),
        children_cores={
            # environments that ended take their CPU time with them: no sample below nothing
            name: max(used["cpuS"] - earlier.get(name, {}).get("cpuS", 0.0), 0.0) / span_s
            for name, used in children.items()
        },
    )
