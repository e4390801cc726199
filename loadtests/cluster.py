"""One master and its workers, by Locust's own master/worker mode.

    worker                              master
      ── connects ──▶                     waits for so many of them
      ◀── cloudrig-load ──                the profile, the run, where the chat is
      ◀── (Locust) spawn ──               who runs whom
      ── cloudrig-entered ──▶             all of a worker's users are in
      ◀── cloudrig-begin ──               when to begin, in epoch seconds, and for how long
      ── cloudrig-progress ──▶            every second: how far it is, and what it uses of its machine
      ◀── cloudrig-over ──                nobody is to speak any more
      ── cloudrig-ledger ──▶              the account, which the master merges

Clocks of different machines must agree (NTP): latencies between them are differences of their times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from threading import Thread
from typing import Any

from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from loadtests import conductor
from loadtests.costs import Acts, counted, total
from loadtests.load import Load, LoadEnvironment
from loadtests.monitor import Progress, own_progress
from loadtests.profiles import Profile
from loadtests.users import ALL_KINDS, kinds_of

ARRIVAL_TIMEOUT_S = 120.0
_LEAD_S = 1.0
"""The begin is announced so long before."""
_QUIET_S = 2.0
_POLL_S = 0.1
_EVERY_S = 1.0


class ClusterError(Exception):
    """The workers are not there; the text says how many are missing."""


class Master:
    """Runs a load on workers and ends up with the account of all of them in `load.ledger`."""

    def __init__(
        self, load: Load, rest_url: str, *, bind: str, port: int, counts: bool, say: Callable[[str], None]
    ) -> None:
        """`counts`: whether workers tell all the while what they have done that costs money."""
        self.load = load
        self._rest_url = rest_url
        self._say = say
        self._environment = LoadEnvironment(user_classes=list(kinds_of(load.profile)), host=rest_url)
        self._environment.load = load
        self._runner: MasterRunner = self._environment.create_master_runner(bind, port)
        self._workers: frozenset[str] = frozenset()
        self._entered: set[str] = set()
        self._reported: set[str] = set()
        self._counts = counts
        self._acts: dict[str, Acts] = {}
        self._progress: dict[str, Progress] = {}
        self._runner.register_message("cloudrig-entered", self._hear_entered)
        self._runner.register_message("cloudrig-progress", self._hear_progress)
        self._runner.register_message("cloudrig-ledger", self._hear_ledger)

    @property
    def port(self) -> int:
        """Where it listens: the system chose if it was told port 0."""
        return int(self._runner.server.port)

    @property
    def lost_workers(self) -> int:
        """How many have gone, and the accounts of their users with them."""
        return len(self._gone() - self._reported)

    def gather(self, workers: int) -> None:
        """Wait for so many workers. Raises ClusterError."""
        self._await(lambda: len(self._runner.clients.ready) >= workers, ARRIVAL_TIMEOUT_S)
        self._workers = frozenset(client.id for client in self._runner.clients.ready)
        if len(self._workers) < workers:
            raise ClusterError(f"{len(self._workers)} of {workers} workers came")

    def enter(self) -> None:
        profile = self.load.profile
        about = {
            "profile": asdict(profile.changed(ramp=profile.ramp / len(self._workers))),
            "run": self.load.run,
            "websocketUrl": self.load.websocket_url,
            "restUrl": self._rest_url,
            "counts": self._counts,
        }
        self._runner.send_message("cloudrig-load", about)
        self._runner.start(profile.users, spawn_rate=profile.users)
        patience_s = conductor.entry_s(profile, profile.users) + _LEAD_S
        self._await(lambda: self.load.over.is_set() or self._workers <= self._entered | self._gone(), patience_s)

    def speak(self, until: Callable[[float], None]) -> None:
        """Begin on all workers; `until` waits for the end of the talking, which may come early."""
        started_at = time.time() + _LEAD_S
        conductor.begin(self.load, started_at)
        duration_s = self.load.profile.duration_s
        self._runner.send_message("cloudrig-begin", {"at": started_at, "durationS": duration_s})
        until(started_at + duration_s)
        self._runner.send_message("cloudrig-over", {"cutShort": self.load.cut_short})

    def collect(self) -> None:
        """Merge the workers' accounts, as far as there are any."""
        patience_s = conductor.SILENCE_S + ARRIVAL_TIMEOUT_S
        self._await(lambda: self._workers <= self._reported | self._gone(), patience_s)

    def counted(self) -> Acts:
        """What has been done so far."""
        return total(self._acts.values())

    def progress(self) -> list[Progress]:
        """Of every worker that is there still and whose account is not yet in."""
        left = self._gone() | self._reported
        return [progress for worker, progress in self._progress.items() if worker not in left]

    def close(self) -> None:
        self._runner.quit()

    def _gone(self) -> frozenset[str]:
        clients = self._runner.clients.all
        return self._workers - {client.id for client in clients if client.state != STATE_MISSING}

    def _hear_entered(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        self._entered.add(msg.node_id)
        self.load.turned_away += msg.data["turnedAway"]
        self._say(f"{len(self._entered)} of {len(self._workers)} workers have their people in")

    def _hear_progress(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        self._progress[msg.node_id] = Progress(**msg.data["progress"])
        self._acts[msg.node_id] = Acts(**msg.data["acts"])

    def _hear_ledger(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        self.load.ledger.merge(msg.data)
        self._reported.add(msg.node_id)

    @staticmethod
    def _await(condition: Callable[[], bool], patience_s: float) -> None:
        deadline = time.time() + patience_s
        while not condition() and time.time() < deadline:
            time.sleep(_POLL_S)


class Worker:
    """Runs the users that a master gives it, and tells their account."""

    def __init__(self, master: str, port: int) -> None:
        self._environment = LoadEnvironment(user_classes=list(ALL_KINDS))
        self._environment.load = Load("", Profile())
        self._runner: WorkerRunner = self._environment.create_worker_runner(master, port)
        self._runner.register_message("cloudrig-load", self._hear_load)
        self._runner.register_message("cloudrig-begin", self._hear_begin)
        self._runner.register_message("cloudrig-over", self._hear_over)
        self._environment.events.spawning_complete.add_listener(self._spawned)  # type: ignore[no-untyped-call]

    def run(self) -> None:
        """Until the master says that it is over, or is gone."""
        self._runner.greenlet.join()

    def _hear_load(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        about = msg.data
        load = Load(about["websocketUrl"], Profile.of_dict(about["profile"]), run=about["run"])
        self._environment.host = about["restUrl"]
        for kind in ALL_KINDS:
            kind.host = about["restUrl"]
        self._environment.load = load
        Thread(target=self._tell, args=(load, about["counts"]), daemon=True).start()

    def _tell(self, load: Load, counts: bool) -> None:
        before = own_progress(load.ledger, None)
        while not load.finished.wait(_EVERY_S):
            before = own_progress(load.ledger, before)
            acts = counted(load.ledger, time.time()) if counts else Acts()
            self._runner.send_message("cloudrig-progress", {"progress": asdict(before), "acts": asdict(acts)})

    def _spawned(self, user_count: int, **_: Any) -> None:
        Thread(target=self._announce, daemon=True).start()

    def _announce(self) -> None:
        load = self._environment.load
        conductor.enter(load, self._runner.user_count)
        self._runner.send_message("cloudrig-entered", {"turnedAway": load.turned_away})

    def _hear_begin(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        conductor.begin(self._environment.load, msg.data["at"])
        Thread(target=self._finish, args=(msg.data["at"] + msg.data["durationS"],), daemon=True).start()

    def _hear_over(self, environment: LoadEnvironment, msg: Any, **_: Any) -> None:
        self._environment.load.cut_short = msg.data["cutShort"]
        self._environment.load.over.set()

    def _finish(self, end: float) -> None:
        load = self._environment.load
        load.over.wait(max(end - time.time(), 0.0))
        conductor.drain(load, quiet_s=_QUIET_S)
        conductor.look_up(load)
        load.finished.set()
        self._runner.send_message("cloudrig-ledger", load.ledger.to_wire())
