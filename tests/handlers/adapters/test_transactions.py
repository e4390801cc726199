from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

from handlers.adapters.items import s
from handlers.adapters.transactions import persist, transact
from tests.handlers.conftest import Tables

Refusals = list[ClientError]


@pytest.fixture
def refusals(dynamodb: DynamoDBClient) -> Iterator[Refusals]:
    """Errors that the next requests are answered with, in the table's place: no local DynamoDB has conflicts."""
    refusals: Refusals = []

    def refuse(**_: Any) -> None:
        if refusals:
            raise refusals.pop(0)

    dynamodb.meta.events.register("before-send.dynamodb", refuse)
    yield refusals
    dynamodb.meta.events.unregister("before-send.dynamodb", refuse)


def cancelled(dynamodb: DynamoDBClient, *codes: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "no"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return dynamodb.exceptions.TransactionCanceledException(response, "TransactWriteItems")


def conflict(dynamodb: DynamoDBClient) -> ClientError:
    response: Any = {"Error": {"Code": "TransactionConflictException", "Message": "no"}}
    return dynamodb.exceptions.TransactionConflictException(response, "PutItem")


def put(tables: Tables, user: str, condition: str = "attribute_not_exists(userId)") -> TransactWriteItemTypeDef:
    return {"Put": {"TableName": tables.users, "Item": {"userId": s(user)}, "ConditionExpression": condition}}


def users(dynamodb: DynamoDBClient, tables: Tables) -> set[str]:
    return {item["userId"]["S"] for item in dynamodb.scan(TableName=tables.users)["Items"]}


def test_all_is_written_or_nothing(dynamodb: DynamoDBClient, tables: Tables) -> None:
    assert transact(dynamodb, [put(tables, "ann"), put(tables, "bob")]) == set()
    assert transact(dynamodb, [put(tables, "eve"), put(tables, "bob"), put(tables, "ann")]) == {1, 2}
    assert users(dynamodb, tables) == {"ann", "bob"}


def test_a_conflict_is_no_refusal(dynamodb: DynamoDBClient, tables: Tables, refusals: Refusals) -> None:
    refusals += [cancelled(dynamodb, "None", "TransactionConflict")] * 2
    assert transact(dynamodb, [put(tables, "ann"), put(tables, "bob")]) == set()
    assert users(dynamodb, tables) == {"ann", "bob"}


def test_a_condition_beside_a_conflict_is_one(dynamodb: DynamoDBClient, tables: Tables, refusals: Refusals) -> None:
    refusals.append(cancelled(dynamodb, "TransactionConflict", "ConditionalCheckFailed"))
    assert transact(dynamodb, [put(tables, "ann"), put(tables, "bob")]) == {1}


def test_what_no_waiting_mends_comes_out(dynamodb: DynamoDBClient, tables: Tables, refusals: Refusals) -> None:
    refusals.append(cancelled(dynamodb, "ValidationError"))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        transact(dynamodb, [put(tables, "ann")])


def test_a_write_waits_for_a_transaction(dynamodb: DynamoDBClient, tables: Tables, refusals: Refusals) -> None:
    refusals += [conflict(dynamodb)] * 2
    persist(dynamodb, lambda: dynamodb.put_item(TableName=tables.users, Item={"userId": s("ann")}))
    assert users(dynamodb, tables) == {"ann"}


def test_patience_ends(dynamodb: DynamoDBClient, tables: Tables, refusals: Refusals) -> None:
    refusals += [conflict(dynamodb)] * 20
    with pytest.raises(dynamodb.exceptions.TransactionConflictException):
        persist(dynamodb, lambda: dynamodb.put_item(TableName=tables.users, Item={"userId": s("ann")}))
    refusals[:] = [cancelled(dynamodb, "TransactionConflict")] * 20
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        transact(dynamodb, [put(tables, "ann")])
