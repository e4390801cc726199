from cloudrig.engine.interfaces import Statistics
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.metrics import Metrics
from tests.fakes import FakeMetrics

F = (("FunctionName", "f"),)


async def collected(sink: FakeMetrics) -> dict[str, Statistics]:
    await sink.flush()
    return {name: values for (namespace, dimensions, name), values in sink.values.items() if dimensions == F}


async def test_an_event_counts_in_four_metrics() -> None:
    sink = FakeMetrics()
    metrics = Metrics(sink)
    metrics.invoked(Scope(), "f", 10.0, 1, failed=False)
    metrics.invoked(Scope(), "f", 30.0, 2, failed=True)
    metrics.invoked(Scope(), "g", 1.0, 1, failed=False)
    found = await collected(sink)
    assert {namespace for namespace, _, _ in sink.values} == {"AWS/Lambda"}
    assert (found["Invocations"].count, found["Invocations"].total) == (2, 2)
    assert (found["Errors"].count, found["Errors"].total, found["Errors"].most) == (2, 1, 1)
    assert found["Duration"] == Statistics(2, 40.0, 10.0, 30.0)
    assert found["ConcurrentExecutions"].most == 2
    assert found["Throttles"].total == 0
    assert "IteratorAge" not in found


async def test_what_was_collected_is_not_collected_again() -> None:
    sink = FakeMetrics()
    metrics = Metrics(sink)
    metrics.invoked(Scope(), "f", 10.0, 1, failed=False)
    await sink.flush()
    assert (await collected(sink))["Invocations"].total == 1


async def test_events_without_room_are_throttles_and_no_invocations() -> None:
    sink = FakeMetrics()
    Metrics(sink).throttled(Scope(), "f")
    found = await collected(sink)
    assert found["Throttles"].total == 1
    assert "Invocations" not in found


async def test_a_batchs_age() -> None:
    sink = FakeMetrics()
    metrics = Metrics(sink)
    metrics.read(Scope(), "f", 1500.0)
    metrics.read(Scope(), "f", -3.0)  # a clock that was moved
    assert (await collected(sink))["IteratorAge"] == Statistics(2, 1500.0, 0.0, 1500.0)
