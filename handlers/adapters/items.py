"""DynamoDB's typed attribute values. Our items are flat strings and whole numbers, so four functions do what boto3's
resources bring a library for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item: TypeAlias = "Mapping[str, AttributeValueTypeDef]"


def s(value: str) -> AttributeValueTypeDef:
    return {"S": value}


def n(value: int) -> AttributeValueTypeDef:
    return {"N": str(value)}


def text(item: Item, name: str) -> str:
    return item[name]["S"]


def number(item: Item, name: str) -> int:
    return int(item[name]["N"])
