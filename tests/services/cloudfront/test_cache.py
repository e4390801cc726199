import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Response
from cloudrig.services.cloudfront import cache as module
from cloudrig.services.cloudfront.cache import Cache

KEY = ("E1", "/assets/a.js", "")


@pytest.fixture
def clock() -> Clock:
    return Clock(source=lambda: 0.0)


@pytest.fixture
def cache(clock: Clock) -> Cache:
    return Cache(clock)


async def test_an_answer_is_kept_for_its_time(cache: Cache, clock: Clock) -> None:
    cache.keep(KEY, Response(200, b"run()"), 60)
    found = cache.find(KEY)
    assert found is not None
    assert found.response.body == b"run()"
    clock.advance(60)
    assert cache.find(KEY) is None


def test_nothing_is_kept_for_no_time(cache: Cache) -> None:
    cache.keep(KEY, Response(200, b"run()"), 60)
    cache.keep(KEY, Response(200, b"run()"), 0)
    assert cache.find(KEY) is None


def test_encodings_and_distributions_are_kept_apart(cache: Cache) -> None:
    cache.keep(KEY, Response(200, b"run()"), 60)
    assert cache.find(("E1", "/assets/a.js", "gzip")) is None
    assert cache.find(("E2", "/assets/a.js", "")) is None


@pytest.mark.parametrize(
    ("paths", "left"),
    [(["/assets/a.js"], 2), (["/assets/*"], 1), (["/*"], 0), (["/a"], 3), (["/assets/b.js", "/index.html"], 1)],
)
def test_an_invalidation_forgets_what_it_names(cache: Cache, paths: list[str], left: int) -> None:
    keys = [("E1", path, "") for path in ("/assets/a.js", "/assets/b.js", "/index.html")]
    for key in keys:
        cache.keep(key, Response(200, b"x"), 60)
    cache.keep(("E2", "/assets/a.js", ""), Response(200, b"x"), 60)
    cache.invalidate("E1", paths)
    assert len([key for key in keys if cache.find(key)]) == left
    assert cache.find(("E2", "/assets/a.js", ""))


def test_what_was_not_asked_for_longest_goes_first(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    keys = [("E1", f"/{number}", "") for number in range(3)]
    for key in keys[:2]:
        cache.keep(key, Response(200, b"xxxx"), 60)
    cache.find(keys[0])
    cache.keep(keys[2], Response(200, b"xxxx"), 60)
    assert [bool(cache.find(key)) for key in keys] == [True, False, True]
    cache.keep(keys[1], Response(200, b"x" * 11), 60)
    assert cache.find(keys[1]) is None
