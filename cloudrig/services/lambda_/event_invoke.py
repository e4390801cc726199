"""Control plane: how asynchronous invocations of a function are retried, and where their records go.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html; texts of errors as in
LocalStack's AWS-validated snapshots (`TestLambdaEventInvokeConfig`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Arn, Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.destinations import SERVICES
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function, parse_function_arn
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import EventInvokeConfig, Function, Functions

_GIVEN = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


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
        return self._set(caller, members, _existing(ref, function))

    def get(self, caller: Caller, members: Members) -> Members:
        ref = _ref(caller, members)
        return _shown(ref, _existing(ref, self._regions[ref.scope].by_name.get(ref.name)))

    def delete(self, caller: Caller, members: Members) -> Members:
        ref = _ref(caller, members)
        function = self._regions[ref.scope].by_name.get(ref.name)
        _existing(ref, function)
        if function is not None:
            del function.event_configs[ref.qualifier or LATEST]
        return {}

    def list(self, caller: Caller, members: Members) -> Members:
        ref, function = self._find(caller, members)
        found, more = page([(name, name) for name in sorted(function.event_configs)], members)
        shown = [_shown(replace(ref, qualifier=name), function.event_configs[name]) for name in found]
        return {"FunctionEventInvokeConfigs": shown, "NextMarker": more}

    def _set(self, caller: Caller, members: Members, config: EventInvokeConfig) -> Members:
        if all(members.get(name) is None for name in _GIVEN):
            raise InvalidParameterValue("You must specify at least one of error handling or destination setting.")
        ref, function = self._find(caller, members)
        changes: dict[str, Any] = {"last_modified": self._clock.now()}
        for member, name in (
            ("MaximumRetryAttempts", "maximum_retry_attempts"),
            ("MaximumEventAgeInSeconds", "maximum_event_age_s"),
        ):
            if members.get(member) is not None:
                changes[name] = members[member]
        config = replace(config, **changes)
        if "DestinationConfig" in members:
            config = self._with_destinations(config, ref, members["DestinationConfig"])
        function.event_configs[ref.qualifier or LATEST] = config
        return _shown(ref, config)

    def _with_destinations(self, config: EventInvokeConfig, ref: FunctionRef, given: Members) -> EventInvokeConfig:
        success = (given.get("OnSuccess") or {}).get("Destination") or None
        failure = (given.get("OnFailure") or {}).get("Destination") or None
        for arn in filter(None, (success, failure)):
            self._check_destination(arn, ref, success, failure)
        return replace(config, on_success=success, on_failure=failure)

    def _check_destination(self, arn: str, ref: FunctionRef, success: str | None, failure: str | None) -> None:
        service = Arn.parse(arn).service
        if service == "lambda":
            target = parse_function_arn(arn)
            if (target.scope, target.name) == (ref.scope, ref.name):
                raise InvalidParameterValue("You can't specify the function as a destination for itself.")
            if target.name not in self._regions[target.scope].by_name:
                raise InvalidParameterValue(f"The destination ARN {arn} is invalid.")
        elif service not in SERVICES or (service == "s3" and arn == success):
            shown = [
                f"onSuccess={f'OnSuccess(destination={success})' if success else 'null'}",
                f"onFailure={f'OnFailure(destination={failure})' if failure else 'null'}",
            ]
            raise InvalidParameterValue(
                f"The provided destination config DestinationConfig({', '.join(shown)}) is invalid."
            )

    def _find(self, caller: Caller, members: Members) -> tuple[FunctionRef, Function]:
        ref = _ref(caller, members)
        function = self._regions[ref.scope].by_name.get(ref.name)
        if function is None or function.version(ref.qualifier) is None:
            raise ResourceNotFound("The function doesn't exist.")
        return ref, function


def _ref(caller: Caller, members: Members) -> FunctionRef:
    return parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))


def _existing(ref: FunctionRef, function: Function | None) -> EventInvokeConfig:
    config = function.event_configs.get(ref.qualifier or LATEST) if function else None
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
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success},
            "OnFailure": {"Destination": config.on_failure},
        },
    }
