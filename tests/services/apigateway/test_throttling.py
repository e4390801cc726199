"""Token buckets: AG `api-gateway-request-throttling.html`, aws-behaviour §8."""

from __future__ import annotations

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.throttling import ACCOUNT, NEW_CONNECTIONS, Bucket, Limits, Throttles

HERE, ELSEWHERE = Scope(), Scope(region="eu-west-1")


def throttles(*, enabled: bool = True) -> tuple[Throttles, Clock]:
    clock = Clock(source=lambda: 0.0)
    return Throttles(clock, enabled=enabled), clock


def passing(made: Throttles, place: str, limits: Limits | None, tries: int) -> int:
    return sum(made.admit(HERE, place, limits) for _ in range(tries))


async def test_burst_at_once_then_the_rate() -> None:
    made, clock = throttles()
    limits = Limits(rate=2, burst=3)
    assert passing(made, "a", limits, 5) == 3
    clock.advance(1)
    assert passing(made, "a", limits, 5) == 2
    clock.advance(60)
    assert passing(made, "a", limits, 5) == 3
    assert passing(made, "b", limits, 5) == 3


async def test_limits_that_change_count_at_once() -> None:
    made, clock = throttles()
    assert passing(made, "a", Limits(1, 1), 2) == 1
    clock.advance(10)
    assert passing(made, "a", Limits(10, 10), 20) == 10


def test_nothing_passes_a_zero() -> None:
    """§1.7: a rate or burst of 0 refuses everything."""
    for limits in (Limits(0, 10), Limits(10, 0)):
        assert not Bucket(10, 0.0).take(100.0, limits)


async def test_account() -> None:
    """§8: 10,000 a second, 5,000 at once, per account and region, over all places."""
    made, clock = throttles()
    assert passing(made, "a", None, 4000) + passing(made, "b", None, 4000) == ACCOUNT.burst
    assert made.admit(ELSEWHERE, "a", None)
    clock.advance(0.25)
    assert passing(made, "a", None, 4000) == 2500


async def test_new_connections() -> None:
    """§8: 500 a second."""
    made, clock = throttles()
    assert sum(made.admit_connection(HERE) for _ in range(600)) == NEW_CONNECTIONS.burst
    assert made.admit_connection(ELSEWHERE)
    clock.advance(0.1)
    assert sum(made.admit_connection(HERE) for _ in range(600)) == 50


async def test_off() -> None:
    made, _ = throttles(enabled=False)
    assert passing(made, "a", Limits(0, 0), 10_000) == 10_000
    assert all(made.admit_connection(HERE) for _ in range(1000))


async def test_a_bucket_does_not_mind_that_the_machines_clock_is_set_back() -> None:
    machine, passed = [1_000_000.0], [0.0]
    made, limits = Throttles(Clock(lambda: machine[0], steady=lambda: passed[0]), enabled=True), Limits(rate=2, burst=2)
    assert passing(made, "a", limits, 5) == 2
    machine[0] -= 3600
    passed[0] += 1
    assert passing(made, "a", limits, 5) == 2
