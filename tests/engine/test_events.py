"""The event bus costs a truth test when nobody listens, and tells everybody who does."""

from cloudrig.engine.events import Event, Events


def test_listeners_hear_events_only_while_subscribed() -> None:
    events = Events(now=lambda: 7.0)
    heard: list[Event] = []
    assert not events.listening
    with events.subscribe(heard.append):
        assert events.listening
        events.emit("lambda.invoke", function="f", duration_ms=3)
    events.emit("lambda.invoke", function="g")
    assert heard == [Event("lambda.invoke", 7.0, {"function": "f", "duration_ms": 3})]
    assert not events.listening
