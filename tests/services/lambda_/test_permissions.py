"""Operations on resource policies: API_AddPermission, API_RemovePermission, API_GetPolicy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed

SOURCE = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/*"


async def allow(api: Api, arn: str, **members: Any) -> dict[str, Any]:
    given = {"StatementId": "gateway", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    return await api("AddPermission", FunctionName=arn, **{**given, **members})


async def test_a_statement_is_written_as_aws_writes_it(api: Api) -> None:
    arn = await api.deploy()
    answer = await allow(api, arn, SourceArn=SOURCE, SourceAccount="000000000000")
    statement = {
        "Sid": "gateway",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": SOURCE}, "StringEquals": {"AWS:SourceAccount": "000000000000"}},
    }
    assert json.loads(answer["Statement"]) == statement
    shown = await api("GetPolicy", FunctionName=arn)
    assert json.loads(shown["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


async def test_a_statement_id_is_taken_once(api: Api) -> None:
    arn = await api.deploy()
    await allow(api, arn)
    with pytest.raises(Failed, match=r"409 ResourceConflictException: The statement id \(gateway\) provided already"):
        await allow(api, arn)


async def test_versions_have_policies_of_their_own(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    answer = await allow(api, arn, Qualifier="1")
    assert json.loads(answer["Statement"])["Resource"] == f"{arn}:1"
    with pytest.raises(Failed, match="The resource you requested does not exist"):
        await api("GetPolicy", FunctionName=arn)
    await api("GetPolicy", FunctionName=arn, Qualifier="1")


async def test_removing(api: Api) -> None:
    arn = await api.deploy()
    with pytest.raises(Failed, match="404 ResourceNotFoundException: No policy is associated with the given resource"):
        await api("RemovePermission", FunctionName=arn, StatementId="gateway")
    await allow(api, arn)
    await allow(api, arn, StatementId="other")
    with pytest.raises(Failed, match="404 ResourceNotFoundException: Statement absent is not found in resource policy"):
        await api("RemovePermission", FunctionName=arn, StatementId="absent")
    await api("RemovePermission", FunctionName=arn, StatementId="gateway")
    await api("RemovePermission", FunctionName=arn, StatementId="other")
    with pytest.raises(Failed, match="404"):
        await api("GetPolicy", FunctionName=arn)


async def test_revisions_are_checked(api: Api) -> None:
    arn = await api.deploy()
    await allow(api, arn)
    revision = (await api("GetPolicy", FunctionName=arn))["RevisionId"]
    await allow(api, arn, StatementId="second", RevisionId=revision)
    with pytest.raises(Failed, match="412 PreconditionFailedException"):
        await allow(api, arn, StatementId="third", RevisionId=revision)


async def test_a_function_or_version_that_is_not_there(api: Api) -> None:
    with pytest.raises(Failed, match="404 ResourceNotFoundException: Function not found"):
        await allow(api, "absent")
    with pytest.raises(Failed, match="404 ResourceNotFoundException: Function not found"):
        await allow(api, await api.deploy(), Qualifier="7")


@pytest.mark.parametrize("principal", ["invalid.nonaws.com", "s3", "12345", "amazonaws.com.example"])
async def test_what_is_no_principal_is_refused(api: Api, principal: str) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_permission_exceptions`)."""
    arn = await api.deploy()
    with pytest.raises(Failed, match="400 InvalidParameterValueException: The provided principal was invalid"):
        await allow(api, arn, Principal=principal)
    await allow(api, arn, Principal="alexa-appkit.amazon.com")
