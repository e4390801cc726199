import time

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.items import Item
from handlers.chat import tokens
from tests.handlers import events
from tests.handlers.conftest import SECRET, Ask, Enter, Load, Tables
from tests.handlers.events import CONNECTION, Context


def token(username: str = "ann", secret: str = SECRET, ttl_s: int = 60) -> str:
    return tokens.issue(username, secret, now_s=int(time.time()) - 30, ttl_s=ttl_s)


def rows(dynamodb: DynamoDBClient, tables: Tables) -> list[Item]:
    return [*dynamodb.scan(TableName=tables.connections)["Items"]]


def test_a_token_opens_a_connection_in_the_lobby(load: Load, dynamodb: DynamoDBClient, tables: Tables) -> None:
    assert load("connect").handler(events.connect(token=token()), Context()) == {"statusCode": 200}
    (row,) = rows(dynamodb, tables)
    assert (row["roomId"]["S"], row["connectionId"]["S"], row["username"]["S"]) == ("lobby", CONNECTION, "ann")
    assert abs(int(row["expiresAt"]["N"]) - 7800 - time.time()) < 5
    assert abs(int(row["connectedAt"]["N"]) / 1000 - time.time()) < 5


def test_a_connection_is_in_every_room_that_its_user_is_a_member_of(
    load: Load, ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    mine = [ask("create_room", "c1", name=name)["roomId"] for name in ("Tea", "Water")]
    others = ask("create_room", "c2", name="Coffee")["roomId"]
    ask("join_room", "c1", roomId=others)
    assert load("connect").handler(events.connect(token=token("ANN")), Context()) == {"statusCode": 200}
    found = [row for row in rows(dynamodb, tables) if row["connectionId"]["S"] == CONNECTION]
    assert {row["roomId"]["S"] for row in found} == {"lobby", *mine}
    assert len({row["expiresAt"]["N"] for row in found}) == 1


def test_a_connection_is_noted_as_its_users(load: Load, dynamodb: DynamoDBClient, tables: Tables) -> None:
    load("connect").handler(events.connect(token=token("Ann")), Context())
    (row,) = dynamodb.scan(TableName=tables.presence)["Items"]
    assert (row["userId"]["S"], row["username"]["S"], row["connectionIds"]["SS"]) == ("ann", "Ann", [CONNECTION])


def test_a_guest_opens_a_connection_under_a_marked_name(load: Load, dynamodb: DynamoDBClient, tables: Tables) -> None:
    assert load("connect").handler(events.connect(username="ann"), Context()) == {"statusCode": 200}
    (row,) = rows(dynamodb, tables)
    assert row["username"]["S"] == "~ann"


@pytest.mark.parametrize(
    "query",
    [{}, {"token": "x"}, {"token": token(secret=SECRET + "!")}, {"token": token(ttl_s=1)}, {"username": "no name"}],
    ids=["missing", "malformed", "forged", "expired", "guest without a name"],
)
def test_nobody_else_gets_in(load: Load, dynamodb: DynamoDBClient, tables: Tables, query: dict[str, str]) -> None:
    assert load("connect").handler(events.connect(**query), Context()) == {"statusCode": 401}
    assert rows(dynamodb, tables) == []


def test_guests_stay_out_where_they_are_not_welcome(load: Load) -> None:
    handler = load("connect", AUTH_MODES="jwt").handler
    assert handler(events.connect(username="ann"), Context()) == {"statusCode": 401}
    assert handler(events.connect(token=token()), Context()) == {"statusCode": 200}


def test_with_a_user_pool_the_authorizer_says_who_it_is(
    load: Load, dynamodb: DynamoDBClient, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the query says counts no more, and the token secret is not needed."""
    monkeypatch.delenv("TOKEN_SECRET_PARAMETER")
    event = events.connect(token="whatever", username="eve")
    event["requestContext"]["authorizer"] = {"principalId": "+Ann"}
    assert load("connect", AUTH_MODES="jwt,cognito,guest").handler(event, Context()) == {"statusCode": 200}
    (row,) = rows(dynamodb, tables)
    assert row["username"]["S"] == "+Ann"


def test_with_a_user_pool_nobody_gets_in_past_the_authorizer(
    load: Load, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    handler = load("connect", AUTH_MODES="jwt,cognito,guest").handler
    assert handler(events.connect(token=token()), Context()) == {"statusCode": 500}
    assert handler(events.connect(username="ann"), Context()) == {"statusCode": 500}
    assert rows(dynamodb, tables) == []


def test_without_one_nothing_in_the_event_stands_for_a_token(load: Load) -> None:
    event = events.connect()
    event["requestContext"]["authorizer"] = {"principalId": "+Ann"}
    assert load("connect").handler(event, Context()) == {"statusCode": 401}


def test_a_failure_of_ours_opens_nothing_and_leaves_no_token_in_the_log(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    good = token()
    handler = load("connect", CONNECTIONS_TABLE="no-such-table").handler
    assert handler(events.connect(token=good), Context()) == {"statusCode": 500}
    printed = capsys.readouterr().out
    assert "ResourceNotFoundException" in printed
    assert CONNECTION in printed
    assert good not in printed
