"""What the rig gives API Gateway to work with, handed to each kind of API as one."""

from __future__ import annotations

from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invoker, LogSink, Roles, Upstream
from cloudrig.engine.messages import Addresses
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.throttling import Throttles
from cloudrig.services.apigateway.user_pools import UserPools


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`credentials` are those that the rig issued to functions."""

    clock: Clock
    events: Events
    invoker: Invoker
    addresses: Addresses
    credentials: Credentials
    throttles: Throttles
    logs: LogSink
    metrics: Metrics
    user_pools: UserPools
    upstream: Upstream
    roles: Roles
