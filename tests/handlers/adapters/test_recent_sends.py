import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.recent_sends import RecentSendsTable
from handlers.chat.rate_limit import WINDOW_MS
from tests.handlers.conftest import Tables

NOW_MS = 1_795_161_841_000


@pytest.fixture
def sends(dynamodb: DynamoDBClient, tables: Tables) -> RecentSendsTable:
    return RecentSendsTable(dynamodb, tables.connections)


def test_the_limit_holds_in_any_window(sends: RecentSendsTable) -> None:
    assert [sends.admit("ann", 3, NOW_MS + ms) for ms in (0, 4000, 8000)] == [True] * 3
    assert not sends.admit("ann", 3, NOW_MS + WINDOW_MS - 1)
    assert sends.admit("ann", 3, NOW_MS + WINDOW_MS)
    assert not sends.admit("ann", 3, NOW_MS + WINDOW_MS + 3999)
    assert sends.admit("ann", 3, NOW_MS + WINDOW_MS + 4000)


def test_a_refused_send_does_not_count(sends: RecentSendsTable) -> None:
    assert sends.admit("ann", 1, NOW_MS)
    assert not any(sends.admit("ann", 1, NOW_MS + ms) for ms in range(1, WINDOW_MS, 3000))
    assert sends.admit("ann", 1, NOW_MS + WINDOW_MS)


def test_users_do_not_share(sends: RecentSendsTable) -> None:
    assert sends.admit("ann", 1, NOW_MS)
    assert sends.admit("~ann", 1, NOW_MS)


def test_another_limit_starts_anew(sends: RecentSendsTable) -> None:
    assert sends.admit("ann", 1, NOW_MS)
    assert sends.admit("ann", 2, NOW_MS)


def test_sends_at_once_are_counted_one_by_one(sends: RecentSendsTable) -> None:
    """The first sends of a user race for making the row, and none of them is lost or counted twice."""
    with ThreadPoolExecutor(8) as threads:
        admitted = list(threads.map(lambda _: sends.admit("ann", 5, NOW_MS), range(20)))
    assert admitted.count(True) == 5


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps_ms=st.lists(st.integers(0, 6000), max_size=15))
def test_no_window_ever_holds_more_and_no_send_is_refused_needlessly(
    sends: RecentSendsTable, gaps_ms: list[int]
) -> None:
    user, now_ms = uuid.uuid4().hex, NOW_MS
    admitted: list[int] = []
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        within = [at for at in admitted if at > now_ms - WINDOW_MS]
        assert sends.admit(user, 3, now_ms) == (len(within) < 3)
        if len(within) < 3:
            admitted.append(now_ms)
