"""What the parts of event source mappings work with, the same for all of a rig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import StreamReader, Upstream
from cloudrig.services.lambda_.event_sources.mapping import Invoke
from cloudrig.services.lambda_.metrics import Metrics
from cloudrig.services.lambda_.naming import FunctionRef
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Feed:
    """`find` gives the version that a name stands for, and raises ResourceNotFound where there is none."""

    reader: StreamReader
    upstream: Upstream
    invoke: Invoke
    find: Callable[[FunctionRef], Version]
    clock: Clock
    events: Events
    metrics: Metrics
    tasks: Tasks
