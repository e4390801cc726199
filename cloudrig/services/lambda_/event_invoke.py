"""Control plane: how asynchronous invocations of a function are retried.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import ResourceNotFound
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.state import EventInvokeConfig, Function, Functions


class EventInvokeConfigs:
    """Operations on the configuration for asynchronous invocation, one per qualifier."""

    def __init__(self, regions: Regional[Functions], clock: Clock) -> None:
        self._regions = regions
        self._clock = clock

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "PutFunctionEventInvokeConfig": self.put,
            "UpdateFunctionEventInvokeConfig": self.update,
            "GetFunctionEventInvokeConfig": self.get,
            "DeleteFunctionEventInvokeConfig": self.delete,
            "ListFunctionEventInvokeConfigs": self.list,
        }

    def put(self, caller: Caller, members: Members) -> Members:
        """Replace the whole configuration."""
        return self._set(caller, members, EventInvokeConfig(self._clock.now()))

    def update(self, caller: Caller, members: Members) -> Members:
        """Change what is given and leave the rest."""
        ref, function = self._find(caller, members)
        return self._set(caller, members, _config(ref, function))

    def get(self, caller: Caller, members: Members) -> Members:
        ref, function = self._find(caller, members)
        return _shown(ref, _config(ref, function))

    def delete(self, caller: Caller, members: Members) -> Members:
        ref, function = self._find(caller, members)
        _config(ref, function)
        del function.event_configs[ref.qualifier or LATEST]
        return {}

    def list(self, caller: Caller, members: Members) -> Members:
        ref, function = self._find(caller, members)
        shown = [
            _shown(replace(ref, qualifier=qualifier), config) for qualifier, config in function.event_configs.items()
        ]
        return {"FunctionEventInvokeConfigs": shown}

    def _set(self, caller: Caller, members: Members, config: EventInvokeConfig) -> Members:
        destinations = members.get("DestinationConfig") or {}
        if any(place.get("Destination") for place in destinations.values()):
            raise OperationNotImplemented("cloudrig does not implement destinations of asynchronous invocations")
        ref, function = self._find(caller, members)
        retries, age_s = members.get("MaximumRetryAttempts"), members.get("MaximumEventAgeInSeconds")
        config = EventInvokeConfig(
            self._clock.now(),
            config.maximum_retry_attempts if retries is None else retries,
            config.maximum_event_age_s if age_s is None else age_s,
        )
        function.event_configs[ref.qualifier or LATEST] = config
        return _shown(ref, config)

    def _find(self, caller: Caller, members: Members) -> tuple[FunctionRef, Function]:
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        functions = self._regions[ref.scope]
        functions.find_version(ref)
        return ref, functions.find(ref)


def _config(ref: FunctionRef, function: Function) -> EventInvokeConfig:
    config = function.event_configs.get(ref.qualifier or LATEST)
    if config is None:
        arn = replace(ref, qualifier=ref.qualifier or LATEST).arn
        raise ResourceNotFound(f"The function {arn} doesn't have an EventInvokeConfig")
    return config


def _shown(ref: FunctionRef, config: EventInvokeConfig) -> Members:
    return {
        "LastModified": datetime.fromtimestamp(config.last_modified, UTC),
        "FunctionArn": replace(ref, qualifier=ref.qualifier or LATEST).arn,
        "MaximumRetryAttempts": config.maximum_retry_attempts,
        "MaximumEventAgeInSeconds": config.maximum_event_age_s,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    }
