"""What the lean client does beside passing on: the rest is used by every test of a handler."""

import json
from collections import deque
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters import aws
from handlers.adapters.items import s
from handlers.adapters.json_api import DynamoDB, JsonApi, ServiceError
from handlers.adapters.link import Answer, Link, NoAnswer
from handlers.adapters.signing import Credentials, Signer
from tests.handlers.conftest import Load, Tables


class Script(Link):
    """Answers in the place of a service; keeps what was asked."""

    def __init__(self, *answers: tuple[int, bytes] | None) -> None:
        super().__init__("http://dynamodb.example:8000", read_timeout_s=1)
        self.answers = deque(answers)
        self.bodies: list[dict[str, Any]] = []

    def send(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        self.bodies.append(json.loads(body))
        if (answer := self.answers.popleft()) is None:
            raise NoAnswer
        status, content = answer
        return Answer(status, {}, content)


def client(script: Script) -> DynamoDB:
    return DynamoDB(JsonApi(script, Signer(Credentials("a", "b"), "dynamodb", "us-east-1"), "DynamoDB_20120810", "1.0"))


def refusal(code: str, status: int = 400) -> tuple[int, bytes]:
    return status, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}).encode()


OK = (200, b"{}")


@pytest.mark.parametrize(
    "passing", [refusal("ThrottlingException"), refusal("InternalServerError", 500), (503, b"<html>"), None]
)
def test_what_passes_is_tried_again(passing: tuple[int, bytes] | None) -> None:
    script = Script(passing, passing, OK)
    assert client(script).transact_write_items(TransactItems=[]) == {}
    assert len({body["ClientRequestToken"] for body in script.bodies}) == 1, "a repeat would be written twice"


@pytest.mark.parametrize("passing", [refusal("ThrottlingException"), (503, b""), None])
def test_but_not_for_ever(passing: tuple[int, bytes] | None) -> None:
    with pytest.raises((ServiceError, NoAnswer)):
        client(Script(passing, passing, passing)).put_item()


def test_what_is_refused_is_not() -> None:
    script = Script(refusal("ValidationException"))
    with pytest.raises(ServiceError) as raised:
        client(script).put_item()
    assert raised.value.response["Error"]["Code"] == "ValidationException"


@pytest.fixture
def dynamodb(load: Load) -> DynamoDBClient:
    load("send_message")  # for its environment
    return aws.dynamodb()


def test_errors_are_caught_by_their_names(dynamodb: DynamoDBClient, tables: Tables) -> None:
    put: Any = {
        "TableName": tables.users,
        "Item": {"userId": s("ann")},
        "ConditionExpression": "attribute_not_exists(userId)",
    }
    dynamodb.put_item(**put)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(**put)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as raised:
        dynamodb.transact_write_items(TransactItems=[{"Put": put}])
    assert [reason["Code"] for reason in raised.value.response["CancellationReasons"]] == ["ConditionalCheckFailed"]


def test_pages_go_on_to_the_end(dynamodb: DynamoDBClient, tables: Tables) -> None:
    for number in range(7):
        dynamodb.put_item(TableName=tables.rooms, Item={"roomId": s("tea"), "username": s(f"u{number}")})
    query: Any = {
        "TableName": tables.rooms,
        "KeyConditionExpression": "roomId = :room",
        "ExpressionAttributeValues": {":room": s("tea")},
        "Limit": 3,
    }
    pages = list(dynamodb.get_paginator("query").paginate(**query))
    assert [item["username"]["S"] for page in pages for item in page["Items"]] == [f"u{n}" for n in range(7)]
    assert len(pages) == 3
