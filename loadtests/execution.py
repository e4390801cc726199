"""A load from its first user to its account, here or on workers, observed all the while."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cloudrig.deployment import ROOT
from loadtests import conductor
from loadtests.budget import Ceiling, Say, Watch
from loadtests.cluster import Master
from loadtests.costs import Acts, counted
from loadtests.load import Load, LoadEnvironment
from loadtests.monitor import Monitor, Progress, own_progress
from loadtests.outcome import Course
from loadtests.users import kinds_of

_PROGRESS_S = 5.0


def run_here(load: Load, rest_url: str, endpoint: str | None, ceiling: Ceiling | None, say: Say) -> Course:
    """The whole load in this process; `endpoint` is that of the rig, which tells what it uses."""
    course = Course()
    environment = LoadEnvironment(user_classes=list(kinds_of(load.profile)), host=rest_url)
    environment.load = load
    runner = environment.create_local_runner()
    try:
        with _observed(course, load, endpoint, ceiling, list, lambda: counted(load.ledger, time.time()), say):
            began = time.time()
            runner.start(load.profile.users, spawn_rate=load.profile.users)
            conductor.enter(load, load.profile.users)
            say(f"{load.settled_in - load.turned_away:,} are in after {time.time() - began:.1f} s")
            conductor.begin(load, time.time())
            _talk(load, load.started_at + load.profile.duration_s, lambda: [own_progress(load.ledger, None)], say)
            course.ended_at = time.time()
            conductor.drain(load)
            conductor.look_up(load)
    finally:
        load.finished.set()
        runner.quit()
    return course


def run_on_workers(
    load: Load,
    rest_url: str,
    endpoint: str | None,
    ceiling: Ceiling | None,
    say: Say,
    *,
    own: int,
    others: int,
    address: str,
    port: int,
) -> Course:
    """The load on workers: `own` processes that are started for it, or `others` that come to the master's address.

    Raises ClusterError.
    """
    course = Course()
    master = Master(load, rest_url, bind=address, port=0 if own else port, counts=ceiling is not None, say=say)
    try:
        with _workers(own, master.port):
            master.gather(own or others)
            with _observed(course, load, endpoint, ceiling, master.progress, master.counted, say):
                master.enter()
                master.speak(lambda end: _talk(load, end, master.progress, say))
                course.ended_at = time.time()
                master.collect()
                course.lost_workers = master.lost_workers
    finally:
        master.close()
    return course


@contextmanager
def _observed(
    course: Course,
    load: Load,
    endpoint: str | None,
    ceiling: Ceiling | None,
    workers: Callable[[], Sequence[Progress]],
    acts: Callable[[], Acts],
    say: Say,
) -> Iterator[None]:
    """Sample what is used, and end the load at its ceiling."""

    def cut_short(reason: str) -> None:
        say(f"cut short: {reason}")
        load.cut_short = reason
        load.over.set()

    monitor = Monitor(endpoint, load.ledger, workers)
    watch = Watch(ceiling, acts, cut_short) if ceiling else None
    monitor.start()
    if watch:
        watch.start()
    yield
    course.samples, course.silent_s = monitor.stop(), monitor.silent_s
    course.turned_away, course.cut_short = load.turned_away, load.cut_short
    course.cost = watch.stop() if watch else None


@contextmanager
def _workers(number: int, port: int) -> Iterator[None]:
    """So many worker processes of this machine."""
    command = [sys.executable, "-m", "loadtests", "--worker", "--master-port", str(port)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _talk(load: Load, end: float, progress: Callable[[], Sequence[Progress]], say: Say) -> None:
    """Wait while people speak, with a line of progress now and then; Ctrl-C ends it early."""
    try:
        while (left := end - time.time()) > 0 and not load.over.wait(min(left, _PROGRESS_S)):
            all_of = progress()
            connected, sent = sum(each.connections for each in all_of), sum(each.sent for each in all_of)
            state = f"{connected:,} connected, {sent:,} sent, {sum(each.delivered for each in all_of):,} delivered"
            say(f"{time.time() - load.started_at:5.0f} s  {state}")
    except KeyboardInterrupt:
        say("ended early")
