"""Code signing configurations: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed

PUBLISHERS = {
    "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/profile/abcdefghij"]
}


async def make(api: Api, policy: str = "Warn", **members: Any) -> str:
    given = {"AllowedPublishers": PUBLISHERS, "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}
    made = await api("CreateCodeSigningConfig", **{**given, **members})
    arn: str = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    return arn


async def test_a_configuration_as_aws_shows_it(api: Api) -> None:
    arn = await make(api, Description="d", Tags={"team": "chat"})
    shown = (await api("GetCodeSigningConfig", CodeSigningConfigArn=arn))["CodeSigningConfig"]
    config_id = shown["CodeSigningConfigId"]
    assert re.fullmatch(r"csc-[a-z0-9]{17}", config_id)
    assert shown == {
        "CodeSigningConfigId": config_id,
        "CodeSigningConfigArn": f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:{config_id}",
        "Description": "d",
        "AllowedPublishers": PUBLISHERS,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": "2026-11-18T11:06:40.000+0000",
    }
    assert (await api("ListTags", Resource=arn))["Tags"] == {"team": "chat"}


async def test_functions_have_one_or_none(api: Api) -> None:
    config, function = await make(api), await api.deploy()
    none = await api("GetFunctionCodeSigningConfig", FunctionName=function)
    assert none.keys() == {"ResponseMetadata"}  # recorded from AWS in LocalStack's test snapshots
    await api("PutFunctionCodeSigningConfig", FunctionName=function, CodeSigningConfigArn=config)
    assert (await api("GetFunctionCodeSigningConfig", FunctionName=function))["CodeSigningConfigArn"] == config
    other = await api.deploy(CodeSigningConfigArn=config)
    listed = await api("ListFunctionsByCodeSigningConfig", CodeSigningConfigArn=config)
    assert listed["FunctionArns"] == sorted([function, other])
    with pytest.raises(Failed, match="409 ResourceConflictException"):
        await api("DeleteCodeSigningConfig", CodeSigningConfigArn=config)
    await api("DeleteFunctionCodeSigningConfig", FunctionName=function)
    await api("DeleteFunction", FunctionName=other)
    await api("DeleteCodeSigningConfig", CodeSigningConfigArn=config)
    with pytest.raises(Failed, match=f"404 ResourceNotFoundException: .*configuration {config} can not be found") as e:
        await api("GetCodeSigningConfig", CodeSigningConfigArn=config)
    assert "Type" not in e.value.answer
    with pytest.raises(Failed, match=r"404 CodeSigningConfigNotFoundException: .*is not deleted: "):
        await api("PutFunctionCodeSigningConfig", FunctionName="absent", CodeSigningConfigArn=config)


async def test_what_cannot_be_enforced_is_refused(api: Api) -> None:
    config, function = await make(api, "Enforce"), await api.deploy()
    with pytest.raises(Failed, match=r"501 NotImplemented: .*does not verify signatures"):
        await api("PutFunctionCodeSigningConfig", FunctionName=function, CodeSigningConfigArn=config)
    with pytest.raises(Failed, match="501 NotImplemented"):
        await api.deploy(CodeSigningConfigArn=config)
    warn = {"UntrustedArtifactOnDeployment": "Warn"}
    await api("UpdateCodeSigningConfig", CodeSigningConfigArn=config, CodeSigningPolicies=warn)
    await api("PutFunctionCodeSigningConfig", FunctionName=function, CodeSigningConfigArn=config)
    enforce = {"UntrustedArtifactOnDeployment": "Enforce"}
    with pytest.raises(Failed, match="501 NotImplemented"):
        await api("UpdateCodeSigningConfig", CodeSigningConfigArn=config, CodeSigningPolicies=enforce)


async def test_a_configuration_that_is_not_there(api: Api) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"
    with pytest.raises(Failed, match="404 CodeSigningConfigNotFoundException"):
        await api("PutFunctionCodeSigningConfig", FunctionName=await api.deploy(), CodeSigningConfigArn=arn)
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("ListTags", Resource=arn)


async def test_lists_in_pages(api: Api) -> None:
    arns = sorted([await make(api) for _ in range(3)])
    first = await api("ListCodeSigningConfigs", MaxItems=2)
    rest = await api("ListCodeSigningConfigs", Marker=first["NextMarker"])
    listed = first["CodeSigningConfigs"] + rest["CodeSigningConfigs"]
    assert [one["CodeSigningConfigArn"] for one in listed] == arns
