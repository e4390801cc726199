import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.conversations import ConversationTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.users import UserTable
from handlers.chat.accounts import Account
from handlers.chat.rooms import Connection
from tests.handlers.conftest import Tables


@pytest.fixture
def conversations(dynamodb: DynamoDBClient, tables: Tables) -> ConversationTable:
    return ConversationTable(dynamodb, rooms=tables.rooms, presence=tables.presence, users=tables.users)


def test_what_has_begun_is_known_to_both_and_listed(
    conversations: ConversationTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    assert not conversations.is_known("Ann", "~bob")
    for _ in range(2):
        conversations.begin("Ann", "~Bob", 5)
    assert conversations.is_known("ANN", "~bob")
    assert conversations.is_known("~bob", "ann")
    book = RoomTable(dynamodb, tables.rooms)
    (of_ann,), (of_bob,) = list(book.of_user("ann")), list(book.of_user("~bob"))
    assert (of_ann.room_id, of_ann.room_name, of_ann.username) == ("@~bob", "~Bob", "Ann")
    assert (of_bob.room_id, of_bob.room_name, of_bob.username) == ("@ann", "Ann", "~Bob")
    assert of_ann.is_member
    assert not of_ann.has_seats


def test_accounts_and_who_was_there_are_somebody(
    conversations: ConversationTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    UserTable(dynamodb, tables.users).add(Account("Ann", "hash", 1))
    PresenceTable(dynamodb, tables.presence).arrive(Connection("lobby", "c1", "~Bob", 1, 2), 1)
    assert [conversations.spelling(user) for user in ("ann", "~bob", "bob")] == ["Ann", "~Bob", None]
