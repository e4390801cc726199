"""A table with a stream and a function that reads it: what the conformance tests of streams and mappings talk to."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cloudrig.pytest_plugin import Clients
from scenarios.patience import PATIENCE_S
from stack.adapters.base import retried

T = TypeVar("T")

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:*", "logs:*", "sqs:*", "s3:*", "sns:*"], "Resource": "*"},
    ],
}


def _is_spreading(error: ClientError) -> bool:
    """A role made a moment ago, which Lambda cannot assume, or read a stream with, for some seconds."""
    return "cannot be assumed" in str(error) or "Please ensure the role can perform" in str(error)


def until(probe: Callable[[], T], good: Callable[[T], object], claim: str) -> T:
    """Ask again and again until the answer is good. Raises AssertionError with the claim and the last answer."""
    deadline = time.monotonic() + PATIENCE_S * 2
    while not good(answer := probe()):
        assert time.monotonic() < deadline, f"it never was so: {claim}; but {answer!r}"
        time.sleep(0.1)
    return answer


@dataclass
class Streaming:
    """One table with its stream, one function with the mapping that a test asks for, and what undoes it all."""

    aws: Clients
    name: str = field(default_factory=lambda: f"conformance-{uuid.uuid4().hex[:8]}")
    undo: list[Callable[[], object]] = field(default_factory=list)
    arn: str = ""

    # --- deploying ---------------------------------------------------------------------------------------------------

    def deploy(self, view: str = "NEW_AND_OLD_IMAGES", *, ranged: bool = False) -> Streaming:
        self._add_table(view, ranged=ranged)
        self._add_function(self._add_role())
        return self

    def remove(self) -> None:
        for step in reversed(self.undo):
            step()

    def map(self, **settings: Any) -> dict[str, Any]:
        """Map the stream to the function, from its beginning unless told otherwise; wait until records are read."""
        client = self.aws("lambda")
        given = {"EventSourceArn": self.arn, "FunctionName": self.name, "StartingPosition": "TRIM_HORIZON", **settings}
        made: dict[str, Any] = retried(
            lambda: client.create_event_source_mapping(**given), _is_spreading, deadline_s=60.0
        )
        self.undo.append(lambda: client.delete_event_source_mapping(UUID=made["UUID"]))
        if settings.get("Enabled", True):
            until(lambda: self.mapping(made["UUID"])["State"], lambda state: state == "Enabled", "it is enabled")
        return made

    def mapping(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("lambda").get_event_source_mapping(UUID=uuid)
        return found

    def queue(self) -> tuple[str, str]:
        """URL and ARN of a queue for failures."""
        client = self.aws("sqs")
        url = client.create_queue(QueueName=self.name)["QueueUrl"]
        self.undo.append(lambda: client.delete_queue(QueueUrl=url))
        names = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, names["Attributes"]["QueueArn"]

    def _add_table(self, view: str, *, ranged: bool) -> None:
        client, keys = self.aws("dynamodb"), [("k", "HASH"), *([("r", "RANGE")] if ranged else [])]
        made = client.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        self.undo.append(lambda: client.delete_table(TableName=self.name))
        client.get_waiter("table_exists").wait(TableName=self.name)
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def _add_role(self) -> str:
        client = self.aws("iam")
        role = client.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        self.undo.append(lambda: client.delete_role(RoleName=self.name))
        client.put_role_policy(RoleName=self.name, PolicyName="all", PolicyDocument=json.dumps(_RIGHTS))
        self.undo.append(lambda: client.delete_role_policy(RoleName=self.name, PolicyName="all"))
        return str(role["Arn"])

    def _add_function(self, role: str) -> None:
        client = self.aws("lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("listener.py", Path(__file__).with_name("listener.py").read_text())
        function = {
            "FunctionName": self.name,
            "Runtime": "python3.12",
            "Role": role,
            "Handler": "listener.handler",
            "Timeout": 10,
            "Code": {"ZipFile": package.getvalue()},
        }
        retried(lambda: client.create_function(**function), _is_spreading, deadline_s=60.0)
        self.undo.append(lambda: client.delete_function(FunctionName=self.name))
        client.get_waiter("function_active_v2").wait(FunctionName=self.name)

    # --- using -------------------------------------------------------------------------------------------------------

    def put(self, *keys: str, **attributes: str) -> None:
        """Items with these keys; what the function is to do with their records is an attribute `act`."""
        extra = {name: {"S": value} for name, value in attributes.items()}
        for key in keys:
            self.aws("dynamodb").put_item(TableName=self.name, Item={"k": {"S": key}, **extra})

    def put_together(self, *keys: str, **attributes: str) -> None:
        """The same in one request."""
        extra = {name: {"S": value} for name, value in attributes.items()}
        items = [{"PutRequest": {"Item": {"k": {"S": key}, **extra}}} for key in keys]
        self.aws("dynamodb").batch_write_item(RequestItems={self.name: items})

    def events(self) -> list[dict[str, Any]]:
        """What the function was called with, in order."""
        client = self.aws("logs")
        try:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{self.name}")
            texts = [one["message"].split(" ", 2) for page in pages for one in page["events"]]
        except client.exceptions.ResourceNotFoundException:
            return []
        noted = [(int(words[1]), words[2]) for words in texts if words[0] == "event"]
        return [json.loads(event) for _, event in sorted(noted)]  # lines of one millisecond come in any order

    def until_events(self, count: int) -> list[dict[str, Any]]:
        """The events once there are so many."""
        return until(self.events, lambda events: len(events) >= count, f"{count} events came")

    def until_keys(self, *keys: str) -> list[dict[str, Any]]:
        """The events once every key is among them."""
        return until(self.events, lambda events: set(keys) <= set(keys_of(*events)), f"{keys} came")


def keys_of(*events: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["k"]["S"] for event in events for record in event["Records"]]
