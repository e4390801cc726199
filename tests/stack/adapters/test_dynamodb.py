from dataclasses import replace

import pytest

from stack import Clients, DeployError
from stack.adapters import Adapters
from stack.resources import Index, Table
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def plain(prefix: str) -> Table:
    return Table(id="T", name=f"{prefix}-T", hash_key="a", range_key="b")


def rich(prefix: str) -> Table:
    return replace(
        plain(prefix),
        indexes=(Index(name="byC", hash_key="c"),),
        stream_view="NEW_IMAGE",
        ttl_attribute="expiresAt",
        point_in_time_recovery=True,
    )


def test_a_table_is_made_with_all_it_is_declared_with(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, rich(prefix))
    table = clients.dynamodb.describe_table(TableName=f"{prefix}-T")["Table"]
    assert table["KeySchema"] == [
        {"AttributeName": "a", "KeyType": "HASH"},
        {"AttributeName": "b", "KeyType": "RANGE"},
    ]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"] == "ALL"
    assert facts["table.T.arn"] == table["TableArn"]
    assert facts["table.T.stream_arn"] == table["LatestStreamArn"]
    expiry = clients.dynamodb.describe_time_to_live(TableName=f"{prefix}-T")["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expiresAt")
    tags = clients.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert tags == [{"Key": "cloudrig:stack", "Value": prefix}]


def test_each_part_of_a_table_can_be_added_later(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, plain(prefix))
    wire.requests.clear()
    bring_about(adapters, rich(prefix))
    assert sorted(wire.changes) == ["UpdateContinuousBackups", "UpdateTable", "UpdateTable", "UpdateTimeToLive"]


def test_each_part_of_a_table_can_be_taken_away(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, rich(prefix))
    bring_about(adapters, plain(prefix))
    table = clients.dynamodb.describe_table(TableName=f"{prefix}-T")["Table"]
    assert not table.get("GlobalSecondaryIndexes")


def test_items_outlive_a_change(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, plain(prefix))
    clients.dynamodb.put_item(TableName=f"{prefix}-T", Item={"a": {"S": "1"}, "b": {"S": "2"}})
    bring_about(adapters, rich(prefix))
    assert clients.dynamodb.scan(TableName=f"{prefix}-T")["Count"] == 1


def test_other_keys_are_refused_with_what_to_do(adapters: Adapters, prefix: str) -> None:
    bring_about(adapters, plain(prefix))
    with pytest.raises(DeployError, match=r"table\.T: the keys of a table cannot be changed; destroy"):
        bring_about(adapters, replace(plain(prefix), hash_key="z"))


def test_backups_are_asked_for_until_the_table_is_prepared(adapters: Adapters, prefix: str, wire: Wire) -> None:
    wire.refuse("UpdateContinuousBackups", "ContinuousBackupsUnavailableException", times=2)
    bring_about(adapters, rich(prefix))
    assert wire.operations.count("UpdateContinuousBackups") == 3


def test_a_removed_table_is_gone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, plain(prefix))
    remove(adapters, plain(prefix))
    assert f"{prefix}-T" not in clients.dynamodb.list_tables()["TableNames"]
