"""Reserved concurrency and account limits: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

import pytest

from tests.services.lambda_.harness import Api, Failed, archive


async def test_reservations_leave_a_hundred_to_the_rest(api: Api) -> None:
    arn = await api.deploy()
    with pytest.raises(Failed, match=r"400 InvalidParameterValueException: .*below its minimum value of \[100\]"):
        await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=901)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=900)
    assert (await api("GetFunctionConcurrency", FunctionName=arn))["ReservedConcurrentExecutions"] == 900
    settings = await api("GetAccountSettings")
    assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    assert settings["AccountUsage"]["FunctionCount"] == 1
    await api("DeleteFunctionConcurrency", FunctionName=arn)
    assert "ReservedConcurrentExecutions" not in await api("GetFunctionConcurrency", FunctionName=arn)


async def test_what_limits_say(api: Api) -> None:
    """Errors of the account's limits lack the member `Type`: recorded from AWS in LocalStack's test snapshots."""
    arn = await api.deploy(source="def handler(event, context): return 1", Publish=True)
    provision = {"FunctionName": arn, "Qualifier": "1"}

    async def refused(operation: str, **members: object) -> str:
        with pytest.raises(Failed, match="400 InvalidParameterValueException") as error:
            await api(operation, **members)
        assert "Type" not in error.value.answer
        return error.value.message

    assert "below its minimum value of [100]" in await refused(
        "PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=901
    )
    assert "greater than account's unreserved concurrency [1000]." in await refused(
        "PutProvisionedConcurrencyConfig", **provision, ProvisionedConcurrentExecutions=1001
    )
    assert "below its minimum value of [100]" in await refused(
        "PutProvisionedConcurrencyConfig", **provision, ProvisionedConcurrentExecutions=901
    )
    await api("PutProvisionedConcurrencyConfig", **provision, ProvisionedConcurrentExecutions=2)
    assert await refused("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=1) == (
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."
    )


async def test_all_versions_of_functions_and_layers_count_as_code(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_account_settings_total_code_size`)."""
    one, other = archive("one = 1"), archive("another = 2")

    async def used() -> int:
        size: int = (await api("GetAccountSettings"))["AccountUsage"]["TotalCodeSize"]
        return size

    arn = await api.deploy(Code={"ZipFile": one})
    assert await used() == len(one)
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=other)
    assert await used() == len(other)
    await api("PublishVersion", FunctionName=arn)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=4)
    assert await used() == 2 * len(other)
    for _ in range(2):
        await api("PublishLayerVersion", LayerName="shared", Content={"ZipFile": one})
    assert await used() == 2 * len(other) + 2 * len(one)
