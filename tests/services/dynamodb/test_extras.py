from __future__ import annotations

import pytest

from tests.services.dynamodb.conftest import Api, Failed, Running


async def test_continuous_backups_are_remembered(running: Running) -> None:
    """Terraform reads them of every table; nothing is backed up."""
    api = await running.start()
    table = await api.table()

    async def recovery() -> dict[str, object]:
        answer = await api("DescribeContinuousBackups", TableName=table)
        description: dict[str, object] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return description

    assert await recovery() == {"PointInTimeRecoveryStatus": "DISABLED"}
    switch = {"TableName": table, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    await api("UpdateContinuousBackups", **switch)
    await running.stop()
    api = await running.start()
    assert (await recovery())["PointInTimeRecoveryStatus"] == "ENABLED"
    switch["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": False}
    await api("UpdateContinuousBackups", **switch)
    assert await recovery() == {"PointInTimeRecoveryStatus": "DISABLED"}
    with pytest.raises(Failed, match="Member must not be null"):
        await api("UpdateContinuousBackups", TableName=table)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("DescribeKinesisStreamingDestination", {"KinesisDataStreamDestinations": []}),
        ("DescribeContributorInsights", {"ContributorInsightsStatus": "DISABLED"}),
    ],
)
async def test_features_a_table_has_not(api: Api, operation: str, answer: dict[str, object]) -> None:
    table = await api.table()
    assert await api(operation, TableName=table) == {"TableName": table, **answer}
    with pytest.raises(Failed) as failure:
        await api(operation, TableName="missing")
    assert failure.value.kind.endswith("#ResourceNotFoundException")


async def test_replicas_and_policies_a_table_has_not(api: Api) -> None:
    table = await api.table()
    description = await api("DescribeTableReplicaAutoScaling", TableName=table)
    assert description["TableAutoScalingDescription"]["Replicas"] == []
    arn = (await api("DescribeTable", TableName=table))["Table"]["TableArn"]
    with pytest.raises(Failed) as failure:
        await api("GetResourcePolicy", ResourceArn=arn)
    assert failure.value.kind.endswith("#PolicyNotFoundException")


async def test_backups_of_a_missing_table(api: Api) -> None:
    with pytest.raises(Failed) as failure:
        await api("DescribeContinuousBackups", TableName="missing")
    assert failure.value.kind.endswith("#TableNotFoundException")


async def test_tags_by_arn(api: Api) -> None:
    table = await api.table(Tags=[{"Key": "made", "Value": "here"}])
    arn = (await api("DescribeTable", TableName=table))["Table"]["TableArn"]
    await api("TagResource", ResourceArn=arn, Tags=[{"Key": "more", "Value": "1"}])
    await api("UntagResource", ResourceArn=arn, TagKeys=["made"])
    assert (await api("ListTagsOfResource", ResourceArn=arn))["Tags"] == [{"Key": "more", "Value": "1"}]


@pytest.mark.parametrize(
    ("operation", "member"),
    [("ListBackups", "BackupSummaries"), ("ListGlobalTables", "GlobalTables"), ("ListExports", "ExportSummaries")],
)
async def test_there_is_nothing_to_list(api: Api, operation: str, member: str) -> None:
    assert await api(operation) == {member: []}


async def test_limits_and_endpoints(api: Api) -> None:
    assert (await api("DescribeLimits"))["TableMaxWriteCapacityUnits"] == 40000
    (endpoint,) = (await api("DescribeEndpoints"))["Endpoints"]
    assert endpoint["Address"] == "127.0.0.1:4566"


async def test_what_is_not_there_says_so_by_name(api: Api) -> None:
    with pytest.raises(Failed, match="does not implement CreateGlobalTable") as failure:
        await api("CreateGlobalTable")
    assert failure.value.status == 501
    for call in (api, api.streams):
        with pytest.raises(Failed) as failure:
            await call("MakeCoffee")
        assert failure.value.kind == "com.amazon.coral.service#UnknownOperationException"
