"""A table with a stream and a function that reads it: what the conformance tests of streams and mappings talk to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from scenarios.conformance.parts import Parts, is_spreading, package, until
from stack.adapters.base import retried


@dataclass
class Streaming(Parts):
    """One table with its stream, and one function with the mapping that a test asks for."""

    arn: str = ""

    # --- deploying ---------------------------------------------------------------------------------------------------

    def deploy(self, view: str = "NEW_AND_OLD_IMAGES", *, ranged: bool = False) -> Streaming:
        self._add_table(view, ranged=ranged)
        role = self.add_role("dynamodb:*", "logs:*", "sqs:*", "s3:*", "sns:*")
        self.add_function(self.name, role, "listener.handler", package(listener="listener.py"))
        return self

    def map(self, **settings: Any) -> dict[str, Any]:
        """Map the stream to the function, from its beginning unless told otherwise; wait until records are read."""
        client = self.aws("lambda")
        given = {"EventSourceArn": self.arn, "FunctionName": self.name, "StartingPosition": "TRIM_HORIZON", **settings}
        made: dict[str, Any] = retried(
            lambda: client.create_event_source_mapping(**given), is_spreading, deadline_s=60.0
        )
        self.undo.append(lambda: client.delete_event_source_mapping(UUID=made["UUID"]))
        if settings.get("Enabled", True):
            until(lambda: self.mapping(made["UUID"])["State"], lambda state: state == "Enabled", "it is enabled")
        return made

    def mapping(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("lambda").get_event_source_mapping(UUID=uuid)
        return found

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
