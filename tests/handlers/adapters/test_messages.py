from dataclasses import replace

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.messages import MessageTable
from handlers.chat.files import File
from handlers.chat.messages import Message, Reaction
from handlers.chat.ulid import Ulids
from tests.handlers.conftest import Tables

ULIDS = Ulids()


def message(number: int, text: str = "hi", client_id: str | None = None, room_id: str = "lobby") -> Message:
    return Message(room_id, ULIDS.next(number), "ann", text, number, client_id)


@pytest.fixture
def table(dynamodb: DynamoDBClient, tables: Tables) -> MessageTable:
    return MessageTable(dynamodb, tables.messages)


@pytest.mark.parametrize("text", ["hi", " ", "😀\0<b>", "x" * 4000])
@pytest.mark.parametrize("client_id", [None, "", "c1"])
def test_a_message_is_read_back(table: MessageTable, text: str, client_id: str | None) -> None:
    said = message(1, text, client_id)
    table.add(said)
    assert table.newest("lobby", before=None, limit=5) == [said]


def test_the_newest_come_first_and_lead_back_to_the_oldest(table: MessageTable) -> None:
    said = [message(number) for number in range(5)]
    for each in said:
        table.add(each)
    table.add(message(9, room_id="tea"))
    assert table.newest("lobby", before=None, limit=2) == [said[4], said[3]]
    assert table.newest("lobby", before=said[3].message_id, limit=9) == [said[2], said[1], said[0]]
    assert table.newest("lobby", before=said[0].message_id, limit=9) == []


def test_a_repeated_write_is_one_message(table: MessageTable) -> None:
    said = message(1)
    table.add(said)
    table.add(said)
    assert table.newest("lobby", before=None, limit=5) == [said]


EVERYTHING = Message(
    "tea",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "ann",
    "hello",
    1,
    "c1",
    File("tea.png", "image/png", 7),
    (Reaction("👍", ("bob", "~eve")), Reaction("❤️", ("ann",))),
    2,
    3,
    4,
)


def test_a_changed_message_is_read_back_whole(dynamodb: DynamoDBClient, tables: Tables) -> None:
    table = MessageTable(dynamodb, tables.messages)
    table.add(EVERYTHING)
    assert table.find("tea", EVERYTHING.message_id) == EVERYTHING
    assert table.find("lobby", EVERYTHING.message_id) is None


def test_a_message_is_replaced_as_long_as_nobody_else_has(dynamodb: DynamoDBClient, tables: Tables) -> None:
    table, first = MessageTable(dynamodb, tables.messages), Message("tea", EVERYTHING.message_id, "ann", "hello", 1)
    second, third = replace(first, text="hi", revision=1), replace(first, text="ho", revision=2)
    assert not table.replace(first, second), "it is not there"
    table.add(first)
    assert table.replace(first, second)
    assert not table.replace(first, second)
    assert table.replace(second, third)
    assert not table.replace(second, third)
    assert table.find("tea", first.message_id) == third
