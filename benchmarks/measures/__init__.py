"""All measures, in the order in which they are taken and shown."""

from __future__ import annotations

from benchmarks.measure import Measure
from benchmarks.measures import churn, connects, idle, invocations, messages, posts, rest, streams

MEASURES: tuple[Measure, ...] = (
    messages.FIRST,
    messages.ECHO,
    messages.ECHO_MANY,
    posts.POST,
    posts.POST_MANY,
    connects.CONNECT,
    connects.CONNECT_MANY,
    rest.REST,
    rest.REST_MANY,
    invocations.INVOKE,
    invocations.INVOKE_MANY,
    invocations.COLD,
    invocations.MEMORY,
    streams.STREAM,
    idle.IDLE,
    churn.CHURN,
)
