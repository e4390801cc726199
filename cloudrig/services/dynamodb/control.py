"""Operations on tables that dynoxide carries out and the engine completes: streams, ARNs, TTL's rules.

Each takes the region and the request's members and returns the answer's, as they are on the wire.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cloudrig.services.dynamodb.errors import InternalServerError, Refused, ValidationException
from cloudrig.services.dynamodb.region import Region
from cloudrig.services.dynamodb.table_names import plain_name

Members = dict[str, Any]
Operation = Callable[[Region, Members], Awaitable[Members]]

_RECORDED = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


async def create_table(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""
    request = _named(region, request)
    _check_indexes(request.get("GlobalSecondaryIndexes") or [])
    view = _declared_view(request)
    async with region.declaring:
        if view is None:
            request.pop("StreamSpecification", None)
            answer = await region.store.call("CreateTable", request)
        else:
            answer = await _with_new_stream(region, "CreateTable", request, view)
        region.learn(answer["TableDescription"])
    return _shown(region, answer, "TableDescription")


async def update_table(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""
    request = _named(region, request)
    _check_indexes([change.get("Create") for change in request.get("GlobalSecondaryIndexUpdates") or []])
    async with region.declaring:
        if not request.get("StreamSpecification"):
            answer = await region.store.call("UpdateTable", request)
        elif (view := _declared_view(request)) is not None:
            _check_no_stream(region, request["TableName"])
            answer = await _with_new_stream(region, "UpdateTable", request, view)
        else:
            answer = await _without_stream(region, request)
    return _shown(region, answer, "TableDescription")


async def delete_table(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html

    The table's streams go with it at once; on AWS they stay readable for 24 hours.
    """
    request = _named(region, request)
    table = request.get("TableName", "")
    async with region.declaring:
        answer = await region.store.call("DeleteTable", request)
        answer = _shown(region, answer, "TableDescription")
        for stream in [stream for stream in region.remembered.streams if stream.table == table]:
            await region.drop_feed(stream)
        region.remembered.forget(table)
        region.ttl_attributes.pop(table, None)
        region.key_names.pop(table, None)
        await region.save()
    return answer


async def describe_table(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html"""
    return _shown(region, await region.store.call("DescribeTable", _named(region, request)), "Table")


async def update_time_to_live(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html

    Takes effect at once; AWS takes up to an hour and refuses another change meanwhile.
    """
    request = _named(region, request)
    async with region.declaring:
        answer = await _set_time_to_live(region, request)
    return answer


async def describe_time_to_live(region: Region, request: Members) -> Members:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""
    return await region.store.call("DescribeTimeToLive", _named(region, request))


OPERATIONS: Mapping[str, Operation] = {
    "CreateTable": create_table,
    "UpdateTable": update_table,
    "DeleteTable": delete_table,
    "DescribeTable": describe_table,
    "UpdateTimeToLive": update_time_to_live,
    "DescribeTimeToLive": describe_time_to_live,
}


def _named(region: Region, request: Members) -> Members:
    """A copy of the request with the table's plain name."""
    table = request.get("TableName")
    return {**request, "TableName": plain_name(region.scope, table)} if isinstance(table, str) else dict(request)


def _check_indexes(indexes: list[Members | None]) -> None:
    for index in indexes:
        kinds = [key.get("KeyType") for key in (index or {}).get("KeySchema") or []]
        if kinds.count("HASH") > 1 or kinds.count("RANGE") > 1:
            raise ValidationException(
                f"Index {(index or {}).get('IndexName')} has several attributes in its partition or sort key; "
                "cloudrig's DynamoDB has no multi-attribute keys yet"
            )


# --- streams --------------------------------------------------------------------------------------------------------


def _declared_view(request: Members) -> str | None:
    """The StreamViewType asked for; None for a StreamSpecification that switches off, or none at all."""
    specification = request.get("StreamSpecification") or {}
    view = specification.get("StreamViewType")
    if not specification.get("StreamEnabled"):
        if view is not None:
            raise ValidationException(
                "One or more parameter values were invalid: "
                "StreamViewType cannot be specified when StreamEnabled is false"
            )
        return None
    if view is None:
        raise ValidationException(
            "One or more parameter values were invalid: StreamViewType is required when StreamEnabled is true"
        )
    if view not in _VIEWS:
        raise ValidationException(
            f"1 validation error detected: Value '{view}' at 'streamSpecification.streamViewType' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(_VIEWS)}]"
        )
    return str(view)


def _check_no_stream(region: Region, table: str) -> None:
    if region.remembered.enabled_stream(table) is not None:
        raise ValidationException(f"Table already has an enabled stream: TableName: {table}")


async def _with_new_stream(region: Region, operation: str, request: Members, view: str) -> Members:
    """Create or update a table that gets a stream: noted first, in case the rig dies in between."""
    if operation == "CreateTable" and request.get("TableName") in region.key_names:
        return await region.store.call(operation, request)  # it exists: dynoxide words the refusal
    stream = await region.begin_stream(request.get("TableName", ""), view)
    try:
        return await region.store.call(operation, {**request, "StreamSpecification": _RECORDED})
    except Refused:
        await region.cancel_stream(stream)
        raise
    except InternalServerError:  # the process died over it: what does its file say?
        if not await region.records_stream(stream.table):
            await region.cancel_stream(stream)
        raise


async def _without_stream(region: Region, request: Members) -> Members:
    stream = region.remembered.enabled_stream(request["TableName"])
    if stream is None:
        raise ValidationException(f"Table is already without a stream: TableName: {request['TableName']}")
    answer = await region.store.call("UpdateTable", {**request, "StreamSpecification": {"StreamEnabled": False}})
    await region.end_stream(stream)
    return answer


def _shown(region: Region, answer: Members, member: str) -> Members:
    """The answer with the stream the user declared in place of the one dynoxide records for the engine."""
    description = answer[member]
    for name in ("StreamSpecification", "LatestStreamArn", "LatestStreamLabel"):
        description.pop(name, None)
    stream = region.remembered.latest_stream(description["TableName"])
    if stream is not None:
        description["LatestStreamArn"] = stream.arn(region.scope)
        description["LatestStreamLabel"] = stream.label
        if stream.end is None:
            description["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream.view}
    return answer


# --- time to live ---------------------------------------------------------------------------------------------------


async def _set_time_to_live(region: Region, request: Members) -> Members:
    table = request.get("TableName", "")
    wanted = request.get("TimeToLiveSpecification") or {}
    current = region.ttl_attributes.get(table)
    attribute, enabled = wanted.get("AttributeName"), wanted.get("Enabled")
    if enabled and current is not None:
        raise ValidationException("TimeToLive is already enabled")
    if enabled is False and current is None and table in region.key_names:
        raise ValidationException("TimeToLive is already disabled")
    if enabled is False and current is not None and attribute != current:
        raise ValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {current}"
        )
    answer = await region.store.call("UpdateTimeToLive", request)
    if enabled:
        region.ttl_attributes[table] = str(attribute)
    else:
        region.ttl_attributes.pop(table, None)
    return answer
