"""Lambda functions, who may call them, and the streams that call them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from stack.adapters.base import Adapter, AdapterError, error_code, ignored, retried, until
from stack.plan import Changes, Difference, Observed
from stack.references import known
from stack.resources import EventSourceMapping, Function, Permissions

if TYPE_CHECKING:
    from types_boto3_lambda.literals import ArchitectureType, FunctionResponseTypeType, RuntimeType
    from types_boto3_lambda.type_defs import (
        EventSourceMappingConfigurationTypeDef,
        FunctionConfigurationResponseTypeDef,
    )

READY_S = 120.0
# A new role, or a policy, takes some seconds to be known to Lambda everywhere.
SPREADING_S = 60.0
_OF_CODE = {"code", "architecture"}
"""The aspects that UpdateFunctionCode changes."""


class Functions(Adapter[Function]):
    """https://docs.aws.amazon.com/lambda/latest/dg/API_CreateFunction.html"""

    def observe(self, resource: Function) -> Observed | None:
        """One call."""
        with ignored("ResourceNotFoundException"):
            found = self.clients.lambda_.get_function_configuration(FunctionName=resource.name)
            return Observed(_function_aspects(found), self._attributes(resource))
        return None

    def apply(self, resource: Function, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the function, or update its code, its configuration, or both."""
        if observed is None:
            self._create(resource)
        else:
            # One may still be in progress, of a deployment that was cut short; Lambda takes no second one meanwhile.
            self._await_ready(resource.name)
            self._update(resource, changes)
        return self._attributes(resource)

    def delete(self, resource: Function, observed: Observed) -> None:
        """Remove the function."""
        with ignored("ResourceNotFoundException"):
            self.clients.lambda_.delete_function(FunctionName=resource.name)

    def _create(self, function: Function) -> None:
        found = retried(
            lambda: self.clients.lambda_.create_function(
                FunctionName=function.name,
                Runtime=cast("RuntimeType", function.runtime),
                Architectures=_architectures(function),
                Handler=function.handler,
                Role=function.role_arn,
                Code={"ZipFile": function.package.content},
                Environment={"Variables": dict(function.environment)},
                MemorySize=function.memory_mb,
                Timeout=function.timeout_s,
                Tags=self.context.tags,
            ),
            _role_is_spreading,
            deadline_s=SPREADING_S,
        )
        if found.get("State") != "Active":
            self._await_ready(function.name)

    def _update(self, function: Function, changes: Changes) -> None:
        client = self.clients.lambda_
        if changes.keys() & _OF_CODE:
            client.update_function_code(
                FunctionName=function.name,
                ZipFile=function.package.content,
                Architectures=_architectures(function),
            )
            self._await_ready(function.name)
        if changes.keys() - _OF_CODE:
            retried(
                lambda: client.update_function_configuration(
                    FunctionName=function.name,
                    Runtime=cast("RuntimeType", function.runtime),
                    Handler=function.handler,
                    Role=function.role_arn,
                    Environment={"Variables": dict(function.environment)},
                    MemorySize=function.memory_mb,
                    Timeout=function.timeout_s,
                ),
                _role_is_spreading,
                deadline_s=SPREADING_S,
            )
            self._await_ready(function.name)

    def _await_ready(self, name: str) -> None:
        until(lambda: self._is_ready(name), f"function {name} became active", deadline_s=READY_S)

    def _is_ready(self, name: str) -> bool:
        found = self.clients.lambda_.get_function_configuration(FunctionName=name)
        # A stand-in may leave the states out: then there is nothing to wait for.
        state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if state == "Failed" or update == "Failed":
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
            raise AdapterError(f"Lambda could not ready it: {reason}")
        # Inactive: unused for weeks; the next call wakes it.
        return state in {"Active", "Inactive"} and update == "Successful"

    def _attributes(self, function: Function) -> dict[str, str]:
        return {"name": function.name, "arn": self.context.arn("lambda", f"function:{function.name}")}


class PermissionSets(Adapter[Permissions]):
    """https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""

    def observe(self, resource: Permissions) -> Observed | None:
        """One call: the function's policy. Statements of others are passed over."""
        if not known(resource.function):
            return None
        with ignored("ResourceNotFoundException"):
            policy = json.loads(self.clients.lambda_.get_policy(FunctionName=resource.function)["Policy"])
            return Observed(
                {
                    f"statement {statement['Sid']}": statement.get("Condition", {})
                    .get("ArnLike", {})
                    .get("AWS:SourceArn")
                    for statement in policy["Statement"]
                    if statement.get("Principal") == {"Service": "apigateway.amazonaws.com"}
                }
            )
        return None

    def apply(self, resource: Permissions, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Remove and add statements; a statement cannot be changed."""
        for aspect, difference in changes.items():
            statement = aspect.removeprefix("statement ")
            if difference is not Difference.ADDED:
                self._remove(resource.function, statement)
            if difference is not Difference.REMOVED:
                self.clients.lambda_.add_permission(
                    FunctionName=resource.function,
                    StatementId=statement,
                    Action="lambda:InvokeFunction",
                    Principal="apigateway.amazonaws.com",
                    SourceArn=resource.sources[statement],
                )
        return {}

    def delete(self, resource: Permissions, observed: Observed) -> None:
        """Remove all statements."""
        for aspect in observed.aspects:
            self._remove(resource.function, aspect.removeprefix("statement "))

    def _remove(self, function: str, statement: str) -> None:
        with ignored("ResourceNotFoundException"):
            self.clients.lambda_.remove_permission(FunctionName=function, StatementId=statement)


class EventSourceMappings(Adapter[EventSourceMapping]):
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""

    def observe(self, resource: EventSourceMapping) -> Observed | None:
        """One call."""
        found = self._find(resource)
        return None if found is None else Observed(_mapping_aspects(found), {"id": found["UUID"]})

    def apply(self, resource: EventSourceMapping, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update the mapping and wait until it is enabled, or is not: records are read only then."""
        if observed is not None and "stream" in changes:  # of a table that was made anew
            self.delete(resource, observed)
            observed = None
        mapping_id = self._create(resource) if observed is None else observed.attributes["id"]
        if observed is not None:
            self.clients.lambda_.update_event_source_mapping(
                UUID=mapping_id,
                Enabled=resource.enabled,
                BatchSize=resource.batch_size,
                ParallelizationFactor=resource.parallel,
                MaximumRetryAttempts=resource.retries,
                FunctionResponseTypes=_answers(resource),
            )
        state = "Enabled" if resource.enabled else "Disabled"
        until(lambda: self._state(mapping_id) == state, f"the event source mapping was {state}", deadline_s=READY_S)
        return {"id": mapping_id}

    def delete(self, resource: EventSourceMapping, observed: Observed) -> None:
        """Remove the mapping."""
        with ignored("ResourceNotFoundException"):
            self.clients.lambda_.delete_event_source_mapping(UUID=observed.attributes["id"])

    def _create(self, mapping: EventSourceMapping) -> str:
        found = retried(
            lambda: self.clients.lambda_.create_event_source_mapping(
                FunctionName=mapping.function,
                EventSourceArn=mapping.stream_arn,
                # Not LATEST, which loses what is written while the mapping is being made.
                StartingPosition="TRIM_HORIZON",
                Enabled=mapping.enabled,
                BatchSize=mapping.batch_size,
                ParallelizationFactor=mapping.parallel,
                MaximumRetryAttempts=mapping.retries,
                FunctionResponseTypes=_answers(mapping),
                Tags=self.context.tags,
            ),
            _policy_is_spreading,
            deadline_s=SPREADING_S,
        )
        return found["UUID"]

    def _find(self, mapping: EventSourceMapping) -> EventSourceMappingConfigurationTypeDef | None:
        """The function's mapping, the one for this stream before any other."""
        if not known(mapping.function):
            return None
        with ignored("ResourceNotFoundException"):
            answer = self.clients.lambda_.list_event_source_mappings(FunctionName=mapping.function)
            found = [each for each in answer.get("EventSourceMappings", []) if each.get("State") != "Deleting"]
            found.sort(key=lambda each: each.get("EventSourceArn") != mapping.stream_arn)
            return found[0] if found else None
        return None

    def _state(self, mapping_id: str) -> str:
        return self.clients.lambda_.get_event_source_mapping(UUID=mapping_id).get("State", "")


def _function_aspects(found: FunctionConfigurationResponseTypeDef) -> dict[str, object]:
    return {
        "code": found.get("CodeSha256"),
        # Left out by a stand-in that knows one alone.
        "architecture": found.get("Architectures", ["x86_64"])[0],
        "handler": found.get("Handler"),
        "runtime": found.get("Runtime"),
        "role": found.get("Role"),
        "environment": found.get("Environment", {}).get("Variables", {}),
        "memory": found.get("MemorySize"),
        "timeout": found.get("Timeout"),
    }


def _mapping_aspects(found: EventSourceMappingConfigurationTypeDef) -> dict[str, object]:
    return {
        "stream": found.get("EventSourceArn"),
        "enabled": found.get("State") in {"Enabled", "Creating", "Enabling", "Updating"},
        "batch size": found.get("BatchSize"),
        "parallel": found.get("ParallelizationFactor"),
        "retries": found.get("MaximumRetryAttempts"),
        "answers": found.get("FunctionResponseTypes", []),
    }


def _architectures(function: Function) -> list[ArchitectureType]:
    return [cast("ArchitectureType", function.architecture)]


def _answers(mapping: EventSourceMapping) -> list[FunctionResponseTypeType]:
    return cast("list[FunctionResponseTypeType]", mapping.aspects()["answers"])


def _role_is_spreading(error: ClientError) -> bool:
    """`The role defined for the function cannot be assumed by Lambda`: true of every role for some seconds."""
    return error_code(error) == "InvalidParameterValueException" and "cannot be assumed" in str(error)


def _policy_is_spreading(error: ClientError) -> bool:
    """`Cannot access stream …. Please ensure the role can perform the GetRecords, … actions`: see above."""
    return error_code(error) == "InvalidParameterValueException" and "Please ensure the role can perform" in str(error)
