import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from types_boto3_dynamodb import DynamoDBClient

from tests.handlers import events
from tests.handlers.conftest import Load, Tables
from tests.handlers.events import Context

ANN = {"username": "Ann", "password": "correct horse"}


def test_a_new_account_is_answered_by_its_name(load: Load) -> None:
    answer = load("signup").handler(events.rest(ANN), Context())
    assert (answer["statusCode"], json.loads(answer["body"])) == (201, {"username": "Ann"})


def test_a_body_in_base64_is_read(load: Load) -> None:
    assert load("signup").handler(events.rest(ANN, is_base64=True), Context())["statusCode"] == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**ANN, "username": "an"}, "InvalidUsername"),
        ({**ANN, "username": ""}, "InvalidUsername"),
        ({**ANN, "username": "~ann"}, "InvalidUsername"),
        ({**ANN, "password": "short"}, "InvalidPassword"),
        ({**ANN, "password": ""}, "InvalidPassword"),
        ({**ANN, "password": "ä" * 37}, "InvalidPassword"),
        ({"username": "ann"}, "BadRequest"),
        ({"password": "correct horse"}, "BadRequest"),
        ({**ANN, "username": None}, "BadRequest"),
        ({**ANN, "username": 7}, "BadRequest"),
        ({**ANN, "password": ["correct horse"]}, "BadRequest"),
        ('{"username": "ann", "password": "\\ud800aaaaaaaa"}', "BadRequest"),
        (None, "BadRequest"),
        ("", "BadRequest"),
        ("username=ann", "BadRequest"),
        ("[]", "BadRequest"),
        ("null", "BadRequest"),
    ],
)
def test_bad_input_is_refused_in_words(load: Load, body: object, code: str) -> None:
    answer = load("signup").handler(events.rest(body), Context())
    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (400, code)
    assert error["message"]


def test_a_name_is_taken_once_in_whatever_case(load: Load) -> None:
    handler = load("signup").handler
    handler(events.rest(ANN), Context())
    answer = handler(events.rest({**ANN, "username": "aNN"}), Context())
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (409, "UsernameTaken")


def test_of_two_at_once_exactly_one_wins(load: Load) -> None:
    handler = load("signup").handler
    with ThreadPoolExecutor(2) as threads:
        answers = list(
            threads.map(lambda name: handler(events.rest({**ANN, "username": name}), Context()), ["ann", "ANN"])
        )
    assert sorted(answer["statusCode"] for answer in answers) == [201, 409]


def test_no_password_is_stored(load: Load, dynamodb: DynamoDBClient, tables: Tables) -> None:
    load("signup").handler(events.rest(ANN), Context())
    (item,) = dynamodb.scan(TableName=tables.users)["Items"]
    assert "correct horse" not in json.dumps(item)
    assert item["passwordHash"]["S"].startswith("$2b$10$")
