"""AWS services that an HTTP API calls without a function in between (`integrationSubtype`).

Source: AG `http-api-develop-integrations-aws-services-reference.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Subtype:
    """One action: boto3's service and operation, the parameters that must be mapped, and those that may be.

    `members` turns mapped texts into the operation's input.
    """

    service: str
    operation: str
    required: frozenset[str]
    optional: frozenset[str]
    members: Callable[[Mapping[str, str]], dict[str, Any]]


def _as_they_are(values: Mapping[str, str]) -> dict[str, Any]:
    return dict(values)


def _message(values: Mapping[str, str]) -> dict[str, Any]:
    members: dict[str, Any] = dict(values)
    if "DelaySeconds" in members:
        members["DelaySeconds"] = int(members["DelaySeconds"])
    return members


def _receipt(values: Mapping[str, str]) -> dict[str, Any]:
    members: dict[str, Any] = dict(values)
    for name in ("MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds"):
        if name in members:
            members[name] = int(members[name])
    for name in ("AttributeNames", "MessageAttributeNames"):
        if name in members:
            members[name] = _listed(members[name])
    return members


def _listed(text: str) -> list[str]:
    """How a list is written in a parameter is unverified."""
    return [part.strip() for part in text.split(",")]


def _event(values: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = dict(values)
    if "Resources" in entry:
        entry["Resources"] = _listed(entry["Resources"])
    return {"Entries": [entry]}


def _execution(values: Mapping[str, str]) -> dict[str, Any]:
    return {f"{name[0].lower()}{name[1:]}": value for name, value in values.items()}


def _record(values: Mapping[str, str]) -> dict[str, Any]:
    return {**values, "Data": values["Data"].encode()}


SUBTYPES: Mapping[str, Subtype] = {
    "SQS-SendMessage": Subtype(
        "sqs",
        "send_message",
        frozenset({"QueueUrl", "MessageBody"}),
        frozenset({"DelaySeconds", "MessageDeduplicationId", "MessageGroupId"}),
        _message,
    ),
    "SQS-ReceiveMessage": Subtype(
        "sqs",
        "receive_message",
        frozenset({"QueueUrl"}),
        frozenset(
            {
                "AttributeNames",
                "MaxNumberOfMessages",
                "MessageAttributeNames",
                "ReceiveRequestAttemptId",
                "VisibilityTimeout",
                "WaitTimeSeconds",
            }
        ),
        _receipt,
    ),
    "SQS-DeleteMessage": Subtype(
        "sqs", "delete_message", frozenset({"QueueUrl", "ReceiptHandle"}), frozenset(), _as_they_are
    ),
    "SQS-PurgeQueue": Subtype("sqs", "purge_queue", frozenset({"QueueUrl"}), frozenset(), _as_they_are),
    "EventBridge-PutEvents": Subtype(
        "events",
        "put_events",
        frozenset({"Detail", "DetailType", "Source"}),
        frozenset({"Time", "EventBusName", "Resources"}),
        _event,
    ),
    "StepFunctions-StartExecution": Subtype(
        "stepfunctions", "start_execution", frozenset({"StateMachineArn"}), frozenset({"Name", "Input"}), _execution
    ),
    "StepFunctions-StopExecution": Subtype(
        "stepfunctions", "stop_execution", frozenset({"ExecutionArn"}), frozenset({"Cause", "Error"}), _execution
    ),
    "Kinesis-PutRecord": Subtype(
        "kinesis",
        "put_record",
        frozenset({"StreamName", "Data", "PartitionKey"}),
        frozenset({"SequenceNumberForOrdering", "ExplicitHashKey"}),
        _record,
    ),
}
"""What is built, by its name before a version (`SQS-SendMessage-1.0` is the same)."""

NOT_BUILT = frozenset({"AppConfig-GetConfiguration", "StepFunctions-StartSyncExecution"})
