from __future__ import annotations

import json

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.errors import AccessDeniedException, ValidationException
from cloudrig.services.dynamodb.table_names import plain_name, plain_names
from tests.services.dynamodb.conftest import Api, item

SCOPE = Scope("000000000000", "us-east-1")
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/Things"


@pytest.mark.parametrize("text", ["Things", ARN, ARN + "/index/byName"])
def test_name_of_a_table(text: str) -> None:
    assert plain_name(SCOPE, text) == "Things"


@pytest.mark.parametrize("text", ["arn:aws", "arn:aws:s3:::bucket", ARN.replace("table/Things", "backup")])
def test_not_a_tables_arn(text: str) -> None:
    with pytest.raises(ValidationException):
        plain_name(SCOPE, text)


def test_table_of_another_region_is_out_of_reach() -> None:
    with pytest.raises(AccessDeniedException):
        plain_name(SCOPE, ARN.replace("us-east-1", "eu-west-1"))


def test_an_arn_inside_an_item_stays() -> None:
    body = json.dumps({"TableName": "Things", "Item": {"id": {"S": ARN}}}).encode()
    assert plain_names(SCOPE, body) is body


async def test_arn_wherever_a_name_may_stand(api: Api) -> None:
    table = await api.table()
    arn = (await api("DescribeTable", TableName=table))["Table"]["TableArn"]
    assert (await api("DescribeTable", TableName=arn))["Table"]["TableName"] == table
    await api("PutItem", TableName=arn, Item=item("a", link=arn))
    await api("BatchWriteItem", RequestItems={arn: [{"PutRequest": {"Item": item("b")}}]})
    await api("TransactWriteItems", TransactItems=[{"Put": {"TableName": arn, "Item": item("c")}}])
    found = await api("Scan", TableName=arn)
    assert {entry["id"]["S"] for entry in found["Items"]} == {"a", "b", "c"}
    assert (await api("GetItem", TableName=arn, Key=item("a")))["Item"] == item("a", link=arn)
