"""Policies of layer versions: https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed, archive

LAYER = {"LayerName": "shared", "VersionNumber": 1}


async def allow(api: Api, **members: Any) -> dict[str, Any]:
    given = {"StatementId": "one", "Action": "lambda:GetLayerVersion", "Principal": "111122223333"}
    return await api("AddLayerVersionPermission", **{**LAYER, **given, **members})


@pytest.fixture(autouse=True)
async def layer(api: Api) -> None:
    await api("PublishLayerVersion", LayerName="shared", Content={"ZipFile": archive()})


async def test_a_statement_is_written_as_aws_writes_it(api: Api) -> None:
    answer = await allow(api)
    statement = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "lambda:GetLayerVersion",
        "Resource": "arn:aws:lambda:us-east-1:000000000000:layer:shared:1",
    }
    assert json.loads(answer["Statement"]) == statement
    shown = await api("GetLayerVersionPolicy", **LAYER)
    assert json.loads(shown["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert shown["RevisionId"] == answer["RevisionId"]


async def test_everybody_of_an_organization(api: Api) -> None:
    statement = json.loads((await allow(api, Principal="*", OrganizationId="o-abcdefghij"))["Statement"])
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}


async def test_what_is_refused(api: Api) -> None:
    with pytest.raises(Failed, match="404 ResourceNotFoundException: No policy is associated with the given resource"):
        await api("GetLayerVersionPolicy", **LAYER)
    revision = (await allow(api))["RevisionId"]
    with pytest.raises(Failed, match=r"409 ResourceConflictException: The statement id \(one\) provided already exist"):
        await allow(api)
    with pytest.raises(Failed, match=r"412 PreconditionFailedException: .*Call the GetLayerPolicy API"):
        await allow(api, StatementId="two", RevisionId="other")
    await allow(api, StatementId="two", RevisionId=revision)
    with pytest.raises(Failed, match=r"404 ResourceNotFoundException: Layer version .*layer:shared:7 does not exist"):
        await allow(api, VersionNumber=7)
    with pytest.raises(Failed, match=r"400 ValidationException: .*at 'action' failed to satisfy"):
        await allow(api, Action="lambda:InvokeFunction")


async def test_removing(api: Api) -> None:
    await allow(api)
    with pytest.raises(Failed, match="404 ResourceNotFoundException: Statement two is not found in resource policy"):
        await api("RemoveLayerVersionPermission", **LAYER, StatementId="two")
    await api("RemoveLayerVersionPermission", **LAYER, StatementId="one")
    with pytest.raises(Failed, match="404"):
        await api("GetLayerVersionPolicy", **LAYER)
