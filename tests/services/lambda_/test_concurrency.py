"""Reserved concurrency and account limits: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

from __future__ import annotations

import pytest

from tests.services.lambda_.harness import Api, Failed


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
