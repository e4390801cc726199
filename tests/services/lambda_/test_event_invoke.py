"""Configuration of asynchronous invocation: API_PutFunctionEventInvokeConfig; errors as in LocalStack's AWS-validated
snapshots (`TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_exceptions`).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


async def test_put_replaces_and_update_changes(api: Api) -> None:
    arn = await api.deploy()
    both = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, **both)
    changed = await api("UpdateFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (0, 60)
    replaced = await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=2)
    assert "MaximumEventAgeInSeconds" not in replaced
    assert replaced["FunctionArn"] == f"{arn}:$LATEST"
    assert replaced["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


async def test_destinations_are_shown_and_taken_back(api: Api) -> None:
    arn = await api.deploy()
    places = {"OnSuccess": {"Destination": QUEUE}, "OnFailure": {"Destination": QUEUE}}
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, DestinationConfig=places)
    assert (await api("GetFunctionEventInvokeConfig", FunctionName=arn))["DestinationConfig"] == places
    changed = await api("UpdateFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    assert changed["DestinationConfig"] == places
    changed = await api("UpdateFunctionEventInvokeConfig", FunctionName=arn, DestinationConfig={"OnSuccess": {}})
    assert changed["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


async def test_lists_by_qualifier_in_pages(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    for qualifier in ("$LATEST", "1", "live"):
        await api("PutFunctionEventInvokeConfig", FunctionName=arn, Qualifier=qualifier, MaximumRetryAttempts=1)
    first = await api("ListFunctionEventInvokeConfigs", FunctionName=arn, MaxItems=2)
    rest = await api("ListFunctionEventInvokeConfigs", FunctionName=arn, Marker=first["NextMarker"])
    listed = first["FunctionEventInvokeConfigs"] + rest["FunctionEventInvokeConfigs"]
    assert [one["FunctionArn"] for one in listed] == [f"{arn}:$LATEST", f"{arn}:1", f"{arn}:live"]


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, "400 InvalidParameterValueException: You must specify at least one of error handling or destination"),
        ({"FunctionName": "absent", "MaximumRetryAttempts": 1}, "404 ResourceNotFoundException: The function doesn't"),
        ({"Qualifier": "absent", "MaximumRetryAttempts": 1}, "404 ResourceNotFoundException: The function doesn't"),
        ({"MaximumRetryAttempts": 3}, "400 ValidationException: .*at 'maximumRetryAttempts'"),
        ({"MaximumEventAgeInSeconds": 59}, "400 ValidationException: .*at 'maximumEventAgeInSeconds'"),
    ],
)
async def test_what_is_refused(api: Api, members: dict[str, Any], error: str) -> None:
    arn = await api.deploy()
    with pytest.raises(Failed, match=error):
        await api("PutFunctionEventInvokeConfig", **{"FunctionName": arn, **members})


async def test_destinations_that_are_refused(api: Api) -> None:
    arn = await api.deploy()
    absent = "arn:aws:lambda:us-east-1:000000000000:function:absent"
    user = "arn:aws:iam::000000000000:user/x"
    for destination, error in (
        (arn, "You can't specify the function as a destination for itself"),
        (absent, f"The destination ARN {absent} is invalid"),
        (user, rf"DestinationConfig\(onSuccess=OnSuccess\(destination={user}\), onFailure=null\) is invalid"),
        ("arn:aws:s3:::bucket", "is invalid"),
    ):
        places = {"OnSuccess": {"Destination": destination}}
        with pytest.raises(Failed, match=f"400 InvalidParameterValueException: .*{error}"):
            await api("PutFunctionEventInvokeConfig", FunctionName=arn, DestinationConfig=places)


async def test_a_configuration_that_is_not_there(api: Api) -> None:
    arn = await api.deploy()
    for operation in ("GetFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"):
        for name in (arn, "absent"):
            with pytest.raises(Failed, match=r"404 .*LATEST doesn't have an EventInvokeConfig"):
                await api(operation, FunctionName=name)
    with pytest.raises(Failed, match="404 ResourceNotFoundException: The function doesn't exist"):
        await api("ListFunctionEventInvokeConfigs", FunctionName="absent")
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    await api("DeleteFunctionEventInvokeConfig", FunctionName=arn)
    with pytest.raises(Failed, match="404"):
        await api("GetFunctionEventInvokeConfig", FunctionName=arn)
