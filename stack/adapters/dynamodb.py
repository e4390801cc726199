"""DynamoDB tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from stack.adapters.base import Adapter, AdapterError, error_code, ignored, retried, until
from stack.plan import Changes, Difference, Observed
from stack.resources import Index, Table

if TYPE_CHECKING:
    from types_boto3_dynamodb.literals import StreamViewTypeType
    from types_boto3_dynamodb.type_defs import (
        CreateTableInputTypeDef,
        GlobalSecondaryIndexTypeDef,
        KeySchemaElementTypeDef,
        StreamSpecificationTypeDef,
        TableDescriptionTypeDef,
    )

READY_S = 120.0


class Tables(Adapter[Table]):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""

    def observe(self, resource: Table) -> Observed | None:
        """Three calls: the table, its TTL, its backups."""
        with ignored("ResourceNotFoundException"):
            table = self.clients.dynamodb.describe_table(TableName=resource.name)["Table"]
            aspects = _aspects(table) | self._expiry(resource.name) | self._recovery(resource.name)
            return Observed(aspects, _attributes(table))
        return None

    def apply(self, resource: Table, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the table, or change it one aspect at a time: DynamoDB takes no two at once."""
        if observed is None:
            self._create(resource)
            self._await_active(resource.name)
        else:
            self._change(resource, changes)
        if "expiry" in changes:
            self._set_expiry(resource, observed)
        if "recovery" in changes and (observed is not None or resource.point_in_time_recovery):
            self._set_recovery(resource)
        return _attributes(self.clients.dynamodb.describe_table(TableName=resource.name)["Table"])

    def delete(self, resource: Table, observed: Observed) -> None:
        """Remove the table with its items, and wait until it is gone: its name is free only then."""
        with ignored("ResourceNotFoundException"):
            self.clients.dynamodb.delete_table(TableName=resource.name)
        until(lambda: not self._exists(resource.name), f"table {resource.name} was removed", deadline_s=READY_S)

    def _create(self, table: Table) -> None:
        keys = {table.hash_key, table.range_key, *(index.hash_key for index in table.indexes)} - {""}
        request: CreateTableInputTypeDef = {
            "TableName": table.name,
            "KeySchema": _key_schema(table.hash_key, table.range_key),
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": _stream(table),
            "Tags": self.context.tag_list,
        }
        if table.indexes:  # an empty list is refused
            request["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
        self.clients.dynamodb.create_table(**request)

    def _change(self, table: Table, changes: Changes) -> None:
        if "keys" in changes:
            raise AdapterError("the keys of a table cannot be changed; destroy the stack, or give it another PREFIX")
        if "stream" in changes:
            self.clients.dynamodb.update_table(TableName=table.name, StreamSpecification=_stream(table))
            self._await_active(table.name)
        for aspect, difference in changes.items():
            if aspect.startswith("index "):
                self._change_index(table, aspect.removeprefix("index "), difference)

    def _change_index(self, table: Table, name: str, difference: Difference) -> None:
        if difference is not Difference.ADDED:
            self.clients.dynamodb.update_table(
                TableName=table.name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}]
            )
            self._await_active(table.name)
        if difference is not Difference.REMOVED:
            index = next(index for index in table.indexes if index.name == name)
            self.clients.dynamodb.update_table(
                TableName=table.name,
                AttributeDefinitions=[{"AttributeName": index.hash_key, "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[{"Create": _index(index)}],
            )
            self._await_active(table.name)

    def _set_expiry(self, table: Table, observed: Observed | None) -> None:
        current = str((observed.aspects if observed else {}).get("expiry", ""))
        self.clients.dynamodb.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={
                "Enabled": bool(table.ttl_attribute),
                "AttributeName": table.ttl_attribute or current,
            },
        )

    def _set_recovery(self, table: Table) -> None:
        """Not possible in a table's first seconds, while AWS prepares it for backups."""
        retried(
            lambda: self.clients.dynamodb.update_continuous_backups(
                TableName=table.name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": table.point_in_time_recovery},
            ),
            lambda error: error_code(error) == "ContinuousBackupsUnavailableException",
            deadline_s=READY_S,
        )

    def _await_active(self, name: str) -> None:
        until(lambda: self._is_active(name), f"table {name} became active", deadline_s=READY_S)

    def _is_active(self, name: str) -> bool:
        table = self.clients.dynamodb.describe_table(TableName=name)["Table"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        return table.get("TableStatus") == "ACTIVE" and all(index.get("IndexStatus") == "ACTIVE" for index in indexes)

    def _exists(self, name: str) -> bool:
        try:
            self.clients.dynamodb.describe_table(TableName=name)
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return False
            raise
        return True

    def _expiry(self, name: str) -> dict[str, object]:
        found = self.clients.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        on = found.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
        return {"expiry": found.get("AttributeName")} if on else {}

    def _recovery(self, name: str) -> dict[str, object]:
        found = self.clients.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        status = found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        return {"recovery": status == "ENABLED"}


def _aspects(table: TableDescriptionTypeDef) -> dict[str, object]:
    aspects: dict[str, object] = {"keys": _key_names(table.get("KeySchema", []))}
    for index in table.get("GlobalSecondaryIndexes", []):
        aspects[f"index {index.get('IndexName')}"] = _key_names(index.get("KeySchema", []))
    stream = table.get("StreamSpecification", {"StreamEnabled": False})
    return aspects | ({"stream": stream.get("StreamViewType")} if stream["StreamEnabled"] else {})


def _attributes(table: TableDescriptionTypeDef) -> dict[str, str]:
    streaming = table.get("StreamSpecification", {"StreamEnabled": False})["StreamEnabled"]
    stream = {"stream_arn": table["LatestStreamArn"]} if streaming else {}
    return {"name": table["TableName"], "arn": table["TableArn"]} | stream


def _key_names(schema: Sequence[KeySchemaElementTypeDef]) -> list[str]:
    return [element["AttributeName"] for element in sorted(schema, key=lambda element: element["KeyType"] != "HASH")]


def _key_schema(hash_key: str, range_key: str = "") -> list[KeySchemaElementTypeDef]:
    schema: list[KeySchemaElementTypeDef] = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*schema, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else schema


def _index(index: Index) -> GlobalSecondaryIndexTypeDef:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.hash_key),
        "Projection": {"ProjectionType": "ALL"},
    }


def _stream(table: Table) -> StreamSpecificationTypeDef:
    if not table.stream_view:
        return {"StreamEnabled": False}
    return {"StreamEnabled": True, "StreamViewType": cast("StreamViewTypeType", table.stream_view)}
