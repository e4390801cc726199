"""Aliases: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html; errors from LocalStack's
AWS-validated snapshots (`TestLambdaAlias::test_notfound_and_invalid_routingconfigs`).
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed

TELLS = "def handler(event, context): return [context.function_version, context.invoked_function_arn]"


@pytest.fixture
async def arn(api: Api) -> str:
    """A function with versions 1 and 2 and, for `chat:live`, an alias of the first."""
    arn = await api.deploy(source=TELLS, Publish=True)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=9)
    await api("PublishVersion", FunctionName=arn)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1", Description="what people use")
    return arn


async def test_an_alias_as_aws_shows_it(api: Api, arn: str) -> None:
    shown = await api("GetAlias", FunctionName=arn, Name="live")
    del shown["ResponseMetadata"], shown["RevisionId"]
    assert shown == {
        "AliasArn": f"{arn}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "what people use",
    }


async def test_invoking_an_alias(api: Api, arn: str) -> None:
    """The function sees the alias in its ARN and the version behind it."""
    assert await api.run(f"{arn}:live") == ["1", f"{arn}:live"]
    assert (await api("Invoke", FunctionName=arn, Qualifier="live"))["ExecutedVersion"] == "1"
    await api("UpdateAlias", FunctionName=arn, Name="live", FunctionVersion="2")
    assert await api.run(f"{arn}:live") == ["2", f"{arn}:live"]


async def test_an_alias_resolves_wherever_a_qualifier_is_taken(api: Api, arn: str) -> None:
    shown = await api("GetFunctionConfiguration", FunctionName=f"{arn}:live")
    assert (shown["FunctionArn"], shown["Version"]) == (f"{arn}:live", "1")
    config = await api("PutFunctionEventInvokeConfig", FunctionName=arn, Qualifier="live", MaximumRetryAttempts=0)
    assert config["FunctionArn"] == f"{arn}:live"
    statement = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    answer = await api("AddPermission", FunctionName=arn, Qualifier="live", **statement)
    assert f'"Resource":"{arn}:live"' in answer["Statement"]


async def test_weights_share_traffic(api: Api, arn: str) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    updated = await api("UpdateAlias", FunctionName=arn, Name="live", RoutingConfig=weights)
    assert updated["RoutingConfig"] == weights
    random.seed(1)
    versions = [(await api.run(f"{arn}:live"))[0] for _ in range(80)]
    assert 8 <= versions.count("2") <= 32
    back = await api("UpdateAlias", FunctionName=arn, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in back


@pytest.mark.parametrize(
    ("members", "error"),
    [
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5, "2": 0.5}}},
            "400 Invalid.*cannot be greater than 1",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0}}},
            r"400 ValidationEx.*\{2=2.0\}.*Map value must",
        ),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": -1.0}}}, "400 ValidationEx.*Map value must"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}}, "400 ValidationEx.*Map keys must"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}, "Function version 1 is already included"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"10": 0.5}}}, "404 ResourceNotFoundException: .*:10"),
        ({"FunctionVersion": "10"}, "404 ResourceNotFoundException: Function not found: .*:10"),
        ({"FunctionName": "absent"}, "404 ResourceNotFoundException: Function not found: .*:absent"),
        ({"Name": "live"}, "409 ResourceConflictException: Alias already exists: .*:live"),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}},
            r"400 InvalidParameterValueException: \$LATEST is not supported for an alias pointing to more than 1",
        ),
        ({"Name": "17"}, "400 ValidationException: .*at 'name' failed to satisfy constraint"),
    ],
)
async def test_what_create_refuses(api: Api, arn: str, members: dict[str, Any], error: str) -> None:
    with pytest.raises(Failed, match=error):
        await api("CreateAlias", **{"FunctionName": arn, "Name": "other", "FunctionVersion": "1", **members})


async def test_an_alias_of_the_newest_code(api: Api, arn: str) -> None:
    await api("CreateAlias", FunctionName=arn, Name="next", FunctionVersion="$LATEST")
    assert await api.run(f"{arn}:next") == ["$LATEST", f"{arn}:next"]


async def test_lists_by_version_in_pages(api: Api, arn: str) -> None:
    for name in ("a", "z"):
        await api("CreateAlias", FunctionName=arn, Name=name, FunctionVersion="2")
    first = await api("ListAliases", FunctionName=arn, MaxItems=2)
    rest = await api("ListAliases", FunctionName=arn, Marker=first["NextMarker"])
    assert [one["Name"] for one in first["Aliases"] + rest["Aliases"]] == ["a", "live", "z"]
    second = await api("ListAliases", FunctionName=arn, FunctionVersion="2")
    assert [one["Name"] for one in second["Aliases"]] == ["a", "z"]


async def test_revisions_are_checked(api: Api, arn: str) -> None:
    revision = (await api("GetAlias", FunctionName=arn, Name="live"))["RevisionId"]
    await api("UpdateAlias", FunctionName=arn, Name="live", Description="changed", RevisionId=revision)
    with pytest.raises(Failed, match="412 PreconditionFailedException: The Revision Id provided does not match"):
        await api("UpdateAlias", FunctionName=arn, Name="live", RevisionId=revision)


async def test_a_deleted_alias_takes_its_policy_along(api: Api, arn: str) -> None:
    statement = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    await api("AddPermission", FunctionName=arn, Qualifier="live", **statement)
    await api("DeleteAlias", FunctionName=arn, Name="live")
    await api("DeleteAlias", FunctionName=arn, Name="live")
    with pytest.raises(Failed, match=r"404 ResourceNotFoundException: Cannot find alias arn: .*:live"):
        await api("GetAlias", FunctionName=arn, Name="live")
    with pytest.raises(Failed, match=r"404 ResourceNotFoundException: Alias not found: .*:live"):
        await api("UpdateAlias", FunctionName=arn, Name="live", Description="x")
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    with pytest.raises(Failed, match="404 ResourceNotFoundException: The resource you requested does not exist"):
        await api("GetPolicy", FunctionName=arn, Qualifier="live")


async def test_a_version_that_an_alias_points_to_stays(api: Api, arn: str) -> None:
    with pytest.raises(Failed, match=r"409 ResourceConflictException: Unable to delete .* reference it: \[live\]"):
        await api("DeleteFunction", FunctionName=arn, Qualifier="1")
    with pytest.raises(Failed, match="400 InvalidParameterValueException: Deletion of aliases is not currently supp"):
        await api("DeleteFunction", FunctionName=arn, Qualifier="live")


async def test_policies_are_not_for_latest(api: Api, arn: str) -> None:
    statement = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    with pytest.raises(Failed, match="400 InvalidParameterValueException: We currently do not support adding policies"):
        await api("AddPermission", FunctionName=arn, Qualifier="$LATEST", **statement)
