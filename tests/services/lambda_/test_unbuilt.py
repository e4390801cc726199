"""Every operation that the API has is built, or refused by its name; and so are members that are not built."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.messages import Request
from cloudrig.engine.wire import service_model
from tests.services.lambda_.harness import Api, Failed, archive

KEY = "arn:aws:kms:us-east-1:000000000000:key/k"
UNBUILT = {
    *(f"{verb}DurableExecution" for verb in ("Checkpoint", "Delete", "Get", "Pause", "Resume", "Stop")),
    *(f"GetDurableExecution{what}" for what in ("History", "State")),
    *(f"SendDurableExecutionCallback{what}" for what in ("Failure", "Heartbeat", "Success")),
    "ListDurableExecutionsByFunction",
    *(f"{verb}CapacityProvider" for verb in ("Create", "Delete", "Get", "Update")),
    "ListCapacityProviders",
    "ListFunctionVersionsByCapacityProvider",
    *(f"{verb}FunctionScalingConfig" for verb in ("Get", "Put")),
    *(f"{verb}ResourcePolicy" for verb in ("Delete", "Get", "Put")),
}


async def test_every_operation_is_built_or_refused_by_name(api: Api) -> None:
    refused = set()
    for operation in service_model("lambda").operation_names:
        http = service_model("lambda").operation_model(operation).http
        answer = await api.service.call(operation, Request(http["method"], http["requestUri"].partition("?")[0]))
        if answer.status == 501:
            assert f"cloudrig does not implement lambda {operation}".encode() in answer.body
            refused.add(operation)
    assert refused == UNBUILT


@pytest.mark.parametrize(
    ("operation", "members", "name"),
    [
        ("Invoke", {"TenantId": "t"}, "TenantId"),
        ("Invoke", {"DurableExecutionName": "d"}, "DurableExecutionName"),
        ("PublishVersion", {"PublishTo": "LATEST_PUBLISHED"}, "PublishTo"),
        (
            "UpdateFunctionCode",
            {"ZipFile": archive(), "SourceKMSKeyArn": KEY},
            "S",
        ),
    ],
)
async def test_members_that_are_not_built(api: Api, operation: str, members: dict[str, Any], name: str) -> None:
    arn = await api.deploy()
    with pytest.raises(Failed, match=f"501 NotImplemented: cloudrig does not implement {name}"):
        await api(operation, FunctionName=arn, **members)


async def test_members_inside_of_members(api: Api) -> None:
    code = {"ZipFile": archive(), "SourceKMSKeyArn": KEY}
    with pytest.raises(Failed, match=r"501 NotImplemented: cloudrig does not implement Code.SourceKMSKeyArn"):
        await api.deploy(Code=code)
