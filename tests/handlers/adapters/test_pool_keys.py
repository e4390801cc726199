import pytest

from handlers.adapters.link import Link
from handlers.adapters.pool_keys import MAX_AGE_S, MIN_AGE_S, KeysUnavailable, PoolKeys
from tests.handlers.chat.pool import public_key
from tests.handlers.pool_server import PoolServer


class Time:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def keys(pool: PoolServer, time: Time) -> PoolKeys:
    return PoolKeys(pool.url, Link(pool.url, read_timeout_s=2), time)


def test_keys_are_fetched_once_for_many_tokens(pool: PoolServer, keys: PoolKeys) -> None:
    assert [keys("a") for _ in range(5)] == [public_key("a")] * 5
    assert pool.asked == 1


def test_nothing_is_fetched_before_a_token_comes(pool: PoolServer, keys: PoolKeys) -> None:
    assert pool.asked == 0


def test_a_new_key_is_fetched_when_a_token_names_it(pool: PoolServer, keys: PoolKeys, time: Time) -> None:
    keys("a")
    pool.publish("a", "b")
    time.now_s += MIN_AGE_S + 1
    assert keys("b") == public_key("b")
    assert pool.asked == 2


def test_tokens_that_name_keys_at_random_do_not_make_it_ask_for_each(
    pool: PoolServer, keys: PoolKeys, time: Time
) -> None:
    assert [keys(f"made up {number}") for number in range(20)] == [None] * 20
    assert pool.asked == 1
    time.now_s += MIN_AGE_S + 1
    assert [keys(f"made up {number}") for number in range(20)] == [None] * 20
    assert pool.asked == 2


def test_a_key_that_is_published_no_more_is_given_up(pool: PoolServer, keys: PoolKeys, time: Time) -> None:
    keys("a")
    pool.publish("b")
    time.now_s += MAX_AGE_S + 1
    assert keys("a") is None


def test_known_keys_outlast_a_pool_that_does_not_answer(pool: PoolServer, keys: PoolKeys, time: Time) -> None:
    keys("a")
    pool.status = 503
    time.now_s += MAX_AGE_S + 1
    assert keys("a") == public_key("a")
    assert keys("b") is None
    assert pool.asked == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"<html>"), (200, b"{}"), (200, b'{"keys": [{"kid": "a"}]}'), (200, b'{"keys": [1]}')],
    ids=["5xx", "no JSON", "no keys", "no RSA key", "no object"],
)
def test_without_any_keys_nothing_can_be_told(
    pool: PoolServer, keys: PoolKeys, time: Time, status: int, body: bytes
) -> None:
    """And the pool is asked no more often than with keys."""
    pool.status, pool.body = status, body
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            keys("a")
    assert pool.asked == 1
    pool.status = 200
    pool.publish("a")
    time.now_s += MIN_AGE_S + 1
    assert keys("a") == public_key("a")


def test_nobody_there(time: Time) -> None:
    with pytest.raises(KeysUnavailable):
        PoolKeys("http://127.0.0.1:9/jwks.json", Link("http://127.0.0.1:9", read_timeout_s=2), time)("a")
