"""Which environment takes an event. Environments here do nothing but note what they are told."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any, cast

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.lambda_ import pool, scaling
from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.environment import Environment, Owner
from cloudrig.services.lambda_.errors import ServiceException
from cloudrig.services.lambda_.layer_state import Code
from cloudrig.services.lambda_.pool import Pool
from cloudrig.services.lambda_.reports import Failure
from cloudrig.services.lambda_.runtime_api import RuntimeEvent
from cloudrig.services.lambda_.state import Settings, Version
from tests.services.lambda_.harness import until

VERSION = Version(Scope(), "f", "$LATEST", Code("", 0, Path()), Settings("role", "m.h", "python3.11"), "")


class Noting:
    """An environment that notes what it is told."""

    def __init__(self, provisioned: bool = False) -> None:
        self.provisioned = provisioned
        self.told: list[str] = []
        self.call: Call | None = None
        self.idle_since = 0.0

    def start(self) -> None:
        self.told.append("start")

    def invoke(self, call: Call) -> None:
        self.told.append("invoke")
        self.call = call

    def refuse(self, call: Call, failure: Failure) -> None:
        self.told.append(f"refuse {failure.error_type}")

    def close(self) -> Any:
        self.told.append("close")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Bench:
    """A pool, the environments it made and whether it has ended."""

    def __init__(self) -> None:
        self.made: list[Noting] = []
        self.ended = 0
        self.pressed = False
        self.pool = Pool(VERSION, self._make, self._end, lambda: self.pressed)

    def _make(self, version: Version, owner: Owner, provisioned: bool) -> Environment:
        self.made.append(Noting(provisioned))
        return cast(Environment, self.made[-1])

    def _end(self, pool: Pool) -> None:
        self.ended += 1

    def submit(self) -> Call:
        event = RuntimeEvent("id", "arn", "", b"")
        loop = asyncio.get_running_loop()
        call = Call(event, loop.create_future(), submitted_at=loop.time())
        self.pool.submit(call)
        return call

    def ready(self, index: int) -> None:
        self.pool.ready(cast(Environment, self.made[index]))

    def returning(self, index: int, duration_s: float = 1.0) -> None:
        self.pool.returning(cast(Environment, self.made[index]), duration_s)

    def stopped(self, index: int, failure: Failure | None = None) -> None:
        self.pool.stopped(cast(Environment, self.made[index]), failure)

    def needs(self, index: int) -> bool:
        return self.pool.needs(cast(Environment, self.made[index]))

    def serve(self, count: int) -> None:
        """Have `count` environments made, each with an event in hand."""
        for _ in range(count):
            self.submit()
        for index in range(count):
            self.ready(index)


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_the_first_event_starts_an_environment_that_gets_it(bench: Bench) -> None:
    call = bench.submit()
    assert bench.made[0].told == ["start"]
    bench.ready(0)
    assert bench.made[0].call is call


async def test_the_environment_idle_for_the_shortest_time_is_reused(bench: Bench) -> None:
    bench.serve(3)
    for index in (0, 2, 1):
        bench.ready(index)
    bench.submit()
    assert [made.told.count("invoke") for made in bench.made] == [1, 2, 1]


async def test_one_start_for_each_event_that_none_is_coming_for(bench: Bench) -> None:
    for _ in range(3):
        bench.submit()
    assert len(bench.made) == 3


async def test_no_more_are_started_than_an_account_may_have_at_work(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over waits for those, also when one has crashed."""
    monkeypatch.setattr(pool, "ACCOUNT_CONCURRENCY", 2)
    for _ in range(5):
        bench.submit()
    bench.ready(0)
    assert (len(bench.made), bench.pool.at_work) == (2, 1)
    bench.stopped(1)
    assert len(bench.made) == 2
    for _ in range(2):
        bench.returning(0)
        bench.ready(0)
    assert bench.made[0].told.count("invoke") == 3


async def test_an_environment_about_to_ask_counts_as_free(bench: Bench) -> None:
    """A caller who sends the next event with the answer in hand does not cause a cold start."""
    bench.serve(1)
    bench.returning(0)
    bench.submit()
    assert len(bench.made) == 1
    bench.submit()
    assert len(bench.made) == 2, "a second event needs a second one"


async def test_waiting_events_go_to_whoever_is_free_first(bench: Bench) -> None:
    bench.serve(1)
    call = bench.submit()
    bench.ready(0)
    assert bench.made[0].call is call
    bench.ready(1)
    assert bench.made[1].told == ["start"], "started for an event that found another"


async def test_a_failed_start_is_the_answer_of_one_waiting_event(bench: Bench) -> None:
    bench.submit()
    bench.submit()
    bench.stopped(0, Failure("Runtime.ImportModuleError"))
    assert bench.made[0].told == ["start", "refuse Runtime.ImportModuleError"]
    assert len(bench.made) == 2, "the other event has its own environment coming"


async def test_a_stopped_environment_is_started_again_before_a_new_one_is_made(bench: Bench) -> None:
    bench.serve(1)
    bench.stopped(0)
    bench.submit()
    assert (len(bench.made), bench.made[0].told) == (1, ["start", "invoke", "start"])


async def test_an_idle_environment_that_dies_gets_no_event(bench: Bench) -> None:
    bench.serve(1)
    bench.ready(0)
    bench.stopped(0)
    bench.submit()
    assert bench.made[0].told == ["start", "invoke", "start"]


async def test_a_crash_with_events_waiting_starts_again(bench: Bench) -> None:
    bench.serve(1)
    bench.returning(0)
    bench.submit()
    bench.stopped(0)
    assert bench.made[0].told[-1] == "start"


async def test_a_retired_pool_finishes_what_it_has(bench: Bench) -> None:
    bench.serve(2)
    bench.ready(0)
    bench.pool.retire()
    assert [made.told[-1] for made in bench.made] == ["close", "invoke"]
    assert bench.ended == 0
    bench.ready(1)
    assert (bench.made[1].told[-1], bench.ended) == ("close", 1)


async def test_a_retired_pool_without_environments_ends_at_once(bench: Bench) -> None:
    bench.pool.retire()
    assert bench.ended == 1


async def test_only_the_long_idle_are_closed(bench: Bench) -> None:
    bench.serve(2)
    for index in (0, 1):
        bench.made[index].idle_since = 100.0 * index
        bench.ready(index)
    bench.pool.close_idle(50.0)
    assert [made.told[-1] for made in bench.made] == ["close", "invoke"]


async def test_closing_abandons_waiting_events(bench: Bench) -> None:
    call = bench.submit()
    bench.pool.close()
    assert bench.made[0].told == ["start", "close"]
    with pytest.raises(ServiceException):
        await call.answer


async def test_events_of_a_fast_function_wait_for_the_environments_it_has(bench: Bench) -> None:
    bench.serve(1)
    bench.returning(0, 0.001)
    bench.ready(0)
    calls = [bench.submit() for _ in range(32)]
    for call in calls:
        assert bench.made[0].call is call
        bench.returning(0, 0.001)
        bench.ready(0)
    assert len(bench.made) == 1


async def test_overlapping_events_of_a_slow_function_get_environments_of_their_own(bench: Bench) -> None:
    bench.serve(1)
    bench.returning(0, 0.1)
    bench.ready(0)
    for _ in range(5):
        bench.submit()
    assert len(bench.made) == 5


async def test_an_event_that_waits_in_vain_gets_an_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that was fast until now, and hangs."""
    monkeypatch.setattr(pool, "PATIENCE_S", 0.01)
    monkeypatch.setattr(scaling, "PATIENCE_S", 0.01)
    bench.serve(1)
    bench.returning(0, 0.0001)
    bench.ready(0)
    for _ in range(4):
        bench.submit()
    assert len(bench.made) == 1
    await until(lambda: len(bench.made) == 4)


async def test_an_environment_that_nobody_needs_any_more_is_not_started(bench: Bench) -> None:
    for _ in range(3):
        bench.submit()
    assert bench.needs(0)
    bench.ready(0)
    bench.returning(0, 0.001)
    assert not bench.needs(0), "the first one is fast enough for all"


async def test_environments_are_kept_ready_without_events(bench: Bench) -> None:
    bench.pool.provision(2)
    assert bench.pool.provisioned() == (0, False)
    assert bench.needs(0)
    for index in (0, 1):
        bench.ready(index)
    assert bench.pool.provisioned() == (2, False)
    bench.pool.close_idle(math.inf)
    bench.submit()
    bench.stopped(1)
    assert [made.told for made in bench.made] == [["start"], ["start", "invoke", "start"]], "kept, and replaced"
    assert bench.pool.provisioned() == (1, False)


async def test_what_cannot_be_initialised_is_not_tried_again_until_an_event_comes(bench: Bench) -> None:
    bench.pool.provision(1)
    bench.stopped(0, Failure("Runtime.ImportModuleError"))
    assert bench.pool.provisioned() == (0, True)
    assert bench.made[0].told == ["start"]
    bench.submit()
    assert bench.made[0].told == ["start", "start"]


async def test_environments_no_longer_to_be_kept_ready_go_like_others(bench: Bench) -> None:
    bench.pool.provision(2)
    for index in (0, 1):
        bench.ready(index)
    bench.pool.provision(0)
    assert bench.pool.provisioned() == (0, False)
    bench.pool.close_idle(0.0)
    assert [made.told[-1] for made in bench.made] == ["close", "close"]


async def test_on_a_pressed_machine_starts_that_wait_for_their_turn_are_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And come back for events that nothing comes free for."""
    monkeypatch.setattr(pool, "PATIENCE_S", 0.01)
    monkeypatch.setattr(scaling, "PATIENCE_S", 0.01)
    for _ in range(3):
        bench.submit()
    bench.pressed = True
    bench.ready(0)
    assert not bench.needs(1)
    bench.stopped(1)
    await until(lambda: bench.needs(2))
