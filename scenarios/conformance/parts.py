"""What every conformance test deploys by boto3: a role, functions, and what undoes it all."""

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


def until(probe: Callable[[], T], good: Callable[[T], object], claim: str) -> T:
    """Ask again and again until the answer is good. Raises AssertionError with the claim and the last answer."""
    deadline = time.monotonic() + PATIENCE_S * 2
    while not good(answer := probe()):
        assert time.monotonic() < deadline, f"it never was so: {claim}; but {answer!r}"
        time.sleep(0.1)
    return answer


def is_spreading(error: ClientError) -> bool:
    """A role made a moment ago, which Lambda cannot assume, or use for what it allows, for some seconds."""
    return "cannot be assumed" in str(error) or "Please ensure the role can perform" in str(error)


def package(**modules: str) -> bytes:
    """A deployment package of files beside this one: name in the package without its suffix → name here."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, source in modules.items():
            path = Path(__file__).with_name(source)
            archive.writestr(zipfile.ZipInfo(f"{name}{path.suffix}"), path.read_text())
    return content.getvalue()


@dataclass
class Parts:
    """Parts of one test or module, all named after it."""

    aws: Clients
    name: str = field(default_factory=lambda: f"conformance-{uuid.uuid4().hex[:8]}")
    undo: list[Callable[[], object]] = field(default_factory=list)

    def remove(self) -> None:
        for step in reversed(self.undo):
            step()

    def add_role(self, *actions: str) -> str:
        """A role for functions that allows these actions on everything; its ARN."""
        client = self.aws("iam")
        role = client.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        self.undo.append(lambda: client.delete_role(RoleName=self.name))
        rights = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        client.put_role_policy(RoleName=self.name, PolicyName="all", PolicyDocument=json.dumps(rights))
        self.undo.append(lambda: client.delete_role_policy(RoleName=self.name, PolicyName="all"))
        return str(role["Arn"])

    def add_function(self, name: str, role: str, handler: str, code: bytes, **settings: Any) -> str:
        """An active function; its ARN."""
        client = self.aws("lambda")
        function = {"Runtime": "python3.12", "Timeout": 10, **settings}
        made = retried(
            lambda: client.create_function(
                FunctionName=name, Role=role, Handler=handler, Code={"ZipFile": code}, **function
            ),
            is_spreading,
            deadline_s=60.0,
        )
        self.undo.append(lambda: client.delete_function(FunctionName=name))
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return str(made["FunctionArn"])

    def add_queue(self) -> tuple[str, str]:
        """URL and ARN of a queue."""
        client = self.aws("sqs")
        url = client.create_queue(QueueName=self.name)["QueueUrl"]
        self.undo.append(lambda: client.delete_queue(QueueUrl=url))
        names = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, names["Attributes"]["QueueArn"]

    def log_of(self, function: str) -> list[str]:
        """What a function has logged, event by event, in the order of its streams' own."""
        client = self.aws("logs")
        group = f"/aws/lambda/{function}"
        try:
            streams = client.describe_log_streams(logGroupName=group)["logStreams"]
            pages = [
                client.get_log_events(logGroupName=group, logStreamName=one["logStreamName"], startFromHead=True)
                for one in streams
            ]
        except client.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for page in pages for event in page["events"]]
