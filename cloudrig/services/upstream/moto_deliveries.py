"""Functions that S3, SNS and EventBridge invoke, in moto's process: moto would look for them in a Lambda of its own.

What it would invoke is written as a line of JSON instead (`function`, `principal`, `source`, `payload`), which the
engine reads and has its Lambda run (`moto.py`).
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.events.models import Rule
    from moto.sns.models import Subscription

Deliver = Callable[[str, str, str, Any], None]
"""Takes a function's ARN, the service that invokes it, the ARN of what it does so for, and the event."""

_PLACEHOLDER = re.compile(r"<([\w.\-]+)>")


def install(deliver: Deliver) -> None:
    """Have moto's services tell `deliver` what they would invoke."""
    _deliver_notifications(deliver)
    _deliver_messages(deliver)
    _deliver_events(deliver)


# --- S3 -------------------------------------------------------------------------------------------------------------


def _deliver_notifications(deliver: Deliver) -> None:
    from moto.s3 import notifications

    made, sequence = notifications._get_s3_event, itertools.count(1)

    def s3_event(*arguments: Any, **named: Any) -> dict[str, Any]:
        """With the members that moto leaves out, and slashes in the key as they are."""
        event: dict[str, Any] = made(*arguments, **named)
        for record in event["Records"]:
            record["s3"]["object"]["key"] = record["s3"]["object"]["key"].replace("%2F", "/")
            record["userIdentity"] = {"principalId": "AWS:cloudrig"}
            record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
            record["responseElements"] = {"x-amz-request-id": "0" * 16, "x-amz-id-2": "0" * 76}
            record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "cloudrig"}
            record["s3"]["object"]["sequencer"] = f"{next(sequence):018X}"
            if record["eventName"].startswith("ObjectRemoved:"):
                record["s3"]["object"].pop("size")
                record["s3"]["object"].pop("eTag")
        return event

    def invoke(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        deliver(fn_arn, "s3.amazonaws.com", event_body["Records"][0]["s3"]["bucket"]["arn"], event_body)

    notifications._get_s3_event = s3_event
    notifications._invoke_awslambda = invoke


# --- SNS ------------------------------------------------------------------------------------------------------------


def _deliver_messages(deliver: Deliver) -> None:
    from moto.sns.models import Subscription

    publish = Subscription.publish

    def publish_to(self: Subscription, message: str, message_id: str, *arguments: Any, **named: Any) -> None:
        if self.protocol != "lambda":
            publish(self, message, message_id, *arguments, **named)
            return
        attributes = named.get("message_attributes")
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(attributes, message):
            return
        if named.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        posted = self.get_post_data(message, message_id, named.get("subject"), message_attributes=attributes)
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.arn,
            "Sns": {
                "Subject": None,
                "MessageAttributes": {},
                **{name.replace("URL", "Url"): value for name, value in posted.items()},
            },
        }
        deliver(self.endpoint, "sns.amazonaws.com", self.topic.arn, {"Records": [record]})

    Subscription.publish = publish_to  # type: ignore[method-assign]


# --- EventBridge ----------------------------------------------------------------------------------------------------


def _deliver_events(deliver: Deliver) -> None:
    from moto.events.models import Rule

    send = Rule.send_to_targets

    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        """Functions get theirs here; moto sends to the other targets. It would do so for disabled rules too, and for
        those of a schedule, which match nothing.
        """
        if self.state == "DISABLED" or self.scheduled_expression:
            return
        if self.event_pattern.matches_event(original_event):
            for target in filter(_is_function, self.targets):
                deliver(target["Arn"], "events.amazonaws.com", self.arn, target_input(target, shown(original_event)))
        others = copy.copy(self)
        others.targets = [target for target in self.targets if not _is_function(target)]
        send(others, original_event, transform_input)

    Rule.send_to_targets = send_to_targets  # type: ignore[method-assign]


def _is_function(target: Mapping[str, Any]) -> bool:
    return ":lambda:" in target["Arn"]


def shown(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as targets get it: moto keeps its time as a number, and what no target sees with it."""
    at = event["time"]
    if isinstance(at, int | float):
        at = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: value for name, value in event.items() if name != "ingestion-time"} | {"time": at}


def target_input(target: Mapping[str, Any], event: dict[str, Any]) -> Any:
    """What a target gets of an event: all of it, `Input`, what `InputPath` finds, or what `InputTransformer` makes."""
    if target.get("Input"):
        return json.loads(target["Input"])
    if target.get("InputPath"):
        return _at(target["InputPath"], event)
    transformer = target.get("InputTransformer")
    return _transformed(transformer, event) if transformer else event


def _transformed(transformer: Mapping[str, Any], event: dict[str, Any]) -> Any:
    """The template with values in it. Within quotation marks a value is text; a string elsewhere gets marks."""
    values = {name: _at(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values |= {"aws.events.event": event, "aws.events.event.json": event}
    template: str = transformer["InputTemplate"]

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        quoted = template[: found.start()].replace('\\"', "").count('"') % 2 == 1
        given = values[found[1]]
        if not quoted:
            return json.dumps(given)
        return json.dumps(given if isinstance(given, str) else json.dumps(given))[1:-1]

    made = _PLACEHOLDER.sub(value, template)
    try:
        return json.loads(made)
    except ValueError:
        return made


def _at(path: str, event: dict[str, Any]) -> Any:
    from jsonpath_ng.ext.parser import parse

    found = parse(path).find(event)
    return found[0].value if found else None
