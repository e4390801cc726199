from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.rooms import RoomTable
from tests.handlers.conftest import Tables


def test_a_room_exists_by_its_own_row(dynamodb: DynamoDBClient, tables: Tables) -> None:
    rooms = RoomTable(dynamodb, tables.rooms)
    dynamodb.put_item(TableName=tables.rooms, Item={"roomId": {"S": "tea"}, "username": {"S": "#room"}})
    dynamodb.put_item(TableName=tables.rooms, Item={"roomId": {"S": "ghost"}, "username": {"S": "ann"}})
    assert rooms.exists("tea")
    assert not rooms.exists("ghost")
    assert not rooms.exists("coffee")
