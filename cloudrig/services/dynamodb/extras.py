"""Operations that dynoxide does not know: what Terraform and the SDKs read of every table, and backups' one switch.

All answers are those of a table that has none of the feature; changing what is not here is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cloudrig.services.dynamodb.control import Members, Operation
from cloudrig.services.dynamodb.errors import (
    PolicyNotFoundException,
    Refused,
    TableNotFoundException,
    ValidationException,
)
from cloudrig.services.dynamodb.region import Region
from cloudrig.services.dynamodb.table_names import plain_name

RECOVERY_PERIOD_DAYS = 35
LATEST_RESTORABLE_DELAY_S = 300.0
"""`LatestRestorableDateTime` is typically five minutes before the current time (API_PointInTimeRecoveryDescription)."""


async def describe_continuous_backups(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html"""
    return _backups(region, await _backed_up_table(region, request))


async def update_continuous_backups(region: Region, request: Members) -> Members:
    """Remembers whether point-in-time recovery is on; nothing can be restored.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
    """
    table = await _backed_up_table(region, request)
    enabled = (request.get("PointInTimeRecoverySpecification") or {}).get("PointInTimeRecoveryEnabled")
    if not isinstance(enabled, bool):
        raise ValidationException(
            "1 validation error detected: Value null at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' "
            "failed to satisfy constraint: Member must not be null"
        )
    async with region.declaring:
        if not enabled:
            region.remembered.backups.pop(table, None)
        else:
            region.remembered.backups.setdefault(table, region.clock.now())
        await region.save()
    return _backups(region, table)


async def describe_kinesis_destination(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeKinesisStreamingDestination.html"""
    return {"TableName": await _existing_table(region, request), "KinesisDataStreamDestinations": []}


async def describe_contributor_insights(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContributorInsights.html"""
    answer: Members = {"TableName": await _existing_table(region, request), "ContributorInsightsStatus": "DISABLED"}
    return {**answer, "IndexName": request["IndexName"]} if "IndexName" in request else answer


async def describe_replica_auto_scaling(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html"""
    table = await _existing_table(region, request)
    return {"TableAutoScalingDescription": {"TableName": table, "TableStatus": "ACTIVE", "Replicas": []}}


async def get_resource_policy(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html"""
    arn = request.get("ResourceArn", "")
    await _existing_table(region, {"TableName": arn})
    raise PolicyNotFoundException(f"Resource-based policy not found for the provided ResourceArn: {arn}")


async def describe_limits(region: Region, request: Members) -> Members:
    """The quotas a new account has in most regions.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html
    """
    return {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }


def nothing_to_list(member: str) -> Operation:
    """An operation that lists what the rig never has."""

    async def answer(region: Region, request: Members) -> Members:
        return {member: []}

    return answer


def endpoints(base_url: str) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html"""
    return {"Endpoints": [{"Address": urlsplit(base_url).netloc, "CachePeriodInMinutes": 1440}]}


OPERATIONS: Mapping[str, Operation] = {
    "DescribeContinuousBackups": describe_continuous_backups,
    "UpdateContinuousBackups": update_continuous_backups,
    "DescribeKinesisStreamingDestination": describe_kinesis_destination,
    "DescribeContributorInsights": describe_contributor_insights,
    "DescribeTableReplicaAutoScaling": describe_replica_auto_scaling,
    "GetResourcePolicy": get_resource_policy,
    "DescribeLimits": describe_limits,
    "ListBackups": nothing_to_list("BackupSummaries"),
    "ListContributorInsights": nothing_to_list("ContributorInsightsSummaries"),
    "ListExports": nothing_to_list("ExportSummaries"),
    "ListGlobalTables": nothing_to_list("GlobalTables"),
    "ListImports": nothing_to_list("ImportSummaryList"),
}


async def _existing_table(region: Region, request: Members) -> str:
    """The plain name of the request's table. Raises what DescribeTable answers when there is none."""
    table = plain_name(region.scope, str(request.get("TableName", "")))
    await region.store.call("DescribeTable", {"TableName": table})
    return table


async def _backed_up_table(region: Region, request: Members) -> str:
    """As `_existing_table`, but with the error that backups have for a missing table."""
    try:
        return await _existing_table(region, request)
    except Refused as refusal:
        if b"ResourceNotFoundException" in refusal.body:
            raise TableNotFoundException(f"Table not found: {request.get('TableName')}") from None
        raise


def _backups(region: Region, table: str) -> dict[str, Any]:
    since = region.remembered.backups.get(table)
    recovery: Members = {"PointInTimeRecoveryStatus": "DISABLED"}
    if since is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": RECOVERY_PERIOD_DAYS,
            "EarliestRestorableDateTime": since,
            "LatestRestorableDateTime": max(since, region.clock.now() - LATEST_RESTORABLE_DELAY_S),
        }
    description = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
    return {"ContinuousBackupsDescription": description}
