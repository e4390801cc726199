"""Function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html; LocalStack's AWS-validated
snapshots (`TestLambdaUrl::test_url_config_lifecycle`).
"""

from __future__ import annotations

import re

import pytest

from tests.services.lambda_.harness import Api, Failed


async def test_a_url_as_aws_shows_it(api: Api) -> None:
    arn = await api.deploy()
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    made = await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE", Cors=cors)
    url = re.fullmatch(r"http://127\.0\.0\.1:4566/_aws/lambda-url/([a-z0-9]{32})/", made["FunctionUrl"])
    assert url
    assert made["CreationTime"] == "2026-11-18T11:06:40.000Z"
    shown = await api("GetFunctionUrlConfig", FunctionName=arn)
    del shown["ResponseMetadata"]
    assert shown == {
        "FunctionUrl": made["FunctionUrl"],
        "FunctionArn": arn,
        "AuthType": "NONE",
        "Cors": cors,
        "CreationTime": made["CreationTime"],
        "LastModifiedTime": made["CreationTime"],
        "InvokeMode": "BUFFERED",
    }


async def test_the_invoke_mode_is_answered_where_one_was_given(api: Api) -> None:
    """And by get and list in any case: recorded from AWS in LocalStack's test snapshots (`TestLambdaUrl`)."""
    arn = await api.deploy()
    assert "InvokeMode" not in await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE")
    assert "InvokeMode" not in await api("UpdateFunctionUrlConfig", FunctionName=arn, AuthType="AWS_IAM")
    assert (await api("GetFunctionUrlConfig", FunctionName=arn))["InvokeMode"] == "BUFFERED"
    listed = (await api("ListFunctionUrlConfigs", FunctionName=arn))["FunctionUrlConfigs"]
    assert [one["InvokeMode"] for one in listed] == ["BUFFERED"]
    await api("UpdateFunctionUrlConfig", FunctionName=arn, InvokeMode="RESPONSE_STREAM")
    assert (await api("UpdateFunctionUrlConfig", FunctionName=arn))["InvokeMode"] == "RESPONSE_STREAM"


async def test_one_url_for_the_function_and_one_for_each_alias(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    first = await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE")
    second = await api("CreateFunctionUrlConfig", FunctionName=arn, Qualifier="live", AuthType="AWS_IAM")
    assert first["FunctionUrl"] != second["FunctionUrl"]
    assert second["FunctionArn"] == f"{arn}:live"
    with pytest.raises(Failed, match=r"409 .*\[functionArn = .*\]. Error message:  FunctionUrlConfig exists for this"):
        await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE")
    page = await api("ListFunctionUrlConfigs", FunctionName=arn, MaxItems=1)
    rest = await api("ListFunctionUrlConfigs", FunctionName=arn, Marker=page["NextMarker"])
    listed = page["FunctionUrlConfigs"] + rest["FunctionUrlConfigs"]
    assert [one["FunctionArn"] for one in listed] == [arn, f"{arn}:live"]


async def test_changing(api: Api) -> None:
    arn = await api.deploy()
    await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    api.clock.advance(60)
    changed = await api("UpdateFunctionUrlConfig", FunctionName=arn, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM")
    assert (changed["AuthType"], changed["InvokeMode"]) == ("AWS_IAM", "RESPONSE_STREAM")
    assert changed["Cors"] == {"AllowOrigins": ["*"]}
    assert changed["LastModifiedTime"] == "2026-11-18T11:07:40.000Z"
    assert "Cors" not in await api("UpdateFunctionUrlConfig", FunctionName=arn, Cors={})


async def test_what_is_refused(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    for operation in ("GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"):
        with pytest.raises(Failed, match="404 ResourceNotFoundException: The resource you requested does not exist"):
            await api(operation, FunctionName=arn)
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("CreateFunctionUrlConfig", FunctionName="absent", AuthType="NONE")
    for qualifier in ("1", "$LATEST"):
        with pytest.raises(Failed, match=r"400 ValidationException: .*at 'qualifier' failed to satisfy"):
            await api("CreateFunctionUrlConfig", FunctionName=arn, Qualifier=qualifier, AuthType="NONE")
    with pytest.raises(Failed, match=r"400 ValidationException: .*at 'authType' failed to satisfy"):
        await api("CreateFunctionUrlConfig", FunctionName=arn, AuthType="PUBLIC")
