from concurrent.futures import ThreadPoolExecutor

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.users import UserTable
from handlers.chat.accounts import Account
from tests.handlers.conftest import Tables


@pytest.fixture
def users(dynamodb: DynamoDBClient, tables: Tables) -> UserTable:
    return UserTable(dynamodb, tables.users)


def test_an_account_is_found_by_its_name_in_lower_case(users: UserTable) -> None:
    account = Account("Ann", "hash", 1_795_161_841_000)
    assert users.add(account)
    assert users.find("ann") == account
    assert users.find("bob") is None


def test_a_name_in_another_case_is_taken(users: UserTable) -> None:
    assert users.add(Account("Ann", "hash", 1))
    assert not users.add(Account("aNN", "other", 2))
    assert users.find("ann") == Account("Ann", "hash", 1)


def test_of_many_at_once_one_gets_the_name(users: UserTable) -> None:
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda number: users.add(Account("ann", f"hash {number}", number)), range(8)))
    assert won.count(True) == 1
    account = users.find("ann")
    assert account is not None
    assert account.created_at_ms == won.index(True)
