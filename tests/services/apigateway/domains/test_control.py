"""Domain names and mappings through both control planes (aws-behaviour §1.1, §1.8)."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.apigateway.fakes import ok
from tests.services.apigateway.harness import Harness

NAME = "ws.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/c"
CONFIGURATION = {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}


async def named(harness: Harness, name: str = NAME) -> dict[str, Any]:
    return await harness.control("CreateDomainName", DomainName=name, DomainNameConfigurations=[CONFIGURATION])


async def rest_api(harness: Harness) -> str:
    """The id of a REST API with a stage `prod`."""
    made = await harness.call_v1("CreateRestApi", name="r")
    ids = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    await harness.call_v1("PutMethod", **ids, authorizationType="NONE")
    await harness.call_v1("PutIntegration", **ids, type="MOCK")
    await harness.call_v1("CreateDeployment", restApiId=made["id"], stageName="prod")
    return str(made["id"])


async def test_domain_names(harness: Harness) -> None:
    made = await named(harness)
    assert made["ApiMappingSelectionExpression"] == "$request.basepath"
    [configuration] = made["DomainNameConfigurations"]
    assert configuration["DomainNameStatus"] == "AVAILABLE"
    assert configuration["CertificateArn"] == CERTIFICATE
    with pytest.raises(ClientError, match="ConflictException"):
        await named(harness)
    assert (await harness.control("GetDomainNames"))["Items"] == [made]
    newer = [{**CONFIGURATION, "CertificateArn": CERTIFICATE + "2"}]
    changed = await harness.control("UpdateDomainName", DomainName=NAME, DomainNameConfigurations=newer)
    assert changed["DomainNameConfigurations"][0]["CertificateArn"] == CERTIFICATE + "2"
    await harness.control("DeleteDomainName", DomainName=NAME)
    with pytest.raises(ClientError, match="NotFoundException"):
        await harness.control("GetDomainName", DomainName=NAME)


async def test_api_mappings(harness: Harness) -> None:
    await named(harness)
    api = await harness.deploy({"a": ok})
    where = {"DomainName": NAME, "ApiId": api.api_id}
    made = await harness.control("CreateApiMapping", **where, Stage="prod", ApiMappingKey="chat/v1")
    assert made["ApiMappingKey"] == "chat/v1"
    ids = {"DomainName": NAME, "ApiMappingId": made["ApiMappingId"]}
    assert await harness.control("GetApiMapping", **ids) == made
    changed = await harness.control("UpdateApiMapping", **ids, ApiId=api.api_id, ApiMappingKey="")
    assert (changed["ApiMappingKey"], changed["ApiMappingId"]) == ("", made["ApiMappingId"])
    assert (await harness.control("GetApiMappings", DomainName=NAME))["Items"] == [changed]
    await harness.control("DeleteApiMapping", **ids)
    assert (await harness.control("GetApiMappings", DomainName=NAME))["Items"] == []


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Stage": "nope"}, "NotFoundException"),
        ({"ApiId": "nope"}, "NotFoundException"),
        ({"ApiMappingKey": "a b"}, "BadRequestException"),
        ({"ApiMappingKey": "x" * 301}, "BadRequestException"),
        ({"ApiMappingKey": "taken"}, "ConflictException"),
        ({"DomainName": "nope.example.com"}, "NotFoundException"),
    ],
)
async def test_mappings_that_cannot_be(harness: Harness, members: dict[str, str], code: str) -> None:
    """§1.8: keys of at most 300 characters, letters, digits and `$-_.+!*'()/`."""
    await named(harness)
    api = await harness.deploy({"a": ok})
    good = {"DomainName": NAME, "ApiId": api.api_id, "Stage": "prod"}
    await harness.control("CreateApiMapping", **good, ApiMappingKey="taken")
    with pytest.raises(ClientError, match=code):
        await harness.control("CreateApiMapping", **good | members)


async def test_websocket_apis_keep_to_themselves(harness: Harness) -> None:
    """§1.8: no domain name with a WebSocket API and an API of another kind."""
    await named(harness)
    api, rest = await harness.deploy({"a": ok}), await rest_api(harness)
    where = {"DomainName": NAME, "Stage": "prod"}
    await harness.control("CreateApiMapping", **where, ApiId=api.api_id, ApiMappingKey="chat")
    await harness.control("CreateApiMapping", **where, ApiId=api.api_id, ApiMappingKey="chat2")
    with pytest.raises(ClientError, match="BadRequestException"):
        await harness.control("CreateApiMapping", **where, ApiId=rest, ApiMappingKey="rest")
    with pytest.raises(ClientError, match="BadRequestException"):
        await harness.call_v1("CreateBasePathMapping", domainName=NAME, restApiId=rest, stage="prod", basePath="rest")


async def test_base_path_mappings(harness: Harness) -> None:
    """The v1 control plane sees the same names; `(none)` is the domain itself."""
    made = await harness.call_v1("CreateDomainName", domainName="api.example.com", regionalCertificateArn=CERTIFICATE)
    assert made["domainNameStatus"] == "AVAILABLE"
    assert made["regionalDomainName"].endswith("execute-api.us-east-1.amazonaws.com")
    rest = await rest_api(harness)
    where = {"domainName": "api.example.com"}
    root = await harness.call_v1("CreateBasePathMapping", **where, restApiId=rest, stage="prod")
    assert root["basePath"] == "(none)"
    await harness.call_v1("CreateBasePathMapping", **where, restApiId=rest, stage="prod", basePath="v1")
    paths = [item["basePath"] for item in (await harness.call_v1("GetBasePathMappings", **where))["items"]]
    assert paths == ["(none)", "v1"]
    assert len((await harness.control("GetApiMappings", DomainName="api.example.com"))["Items"]) == 2
    patch = {"op": "replace", "path": "/basePath", "value": "v2"}
    changed = await harness.call_v1("UpdateBasePathMapping", **where, basePath="v1", patchOperations=[patch])
    assert changed["basePath"] == "v2"
    await harness.call_v1("DeleteBasePathMapping", **where, basePath="(none)")
    with pytest.raises(ClientError, match="NotFoundException"):
        await harness.call_v1("GetBasePathMapping", **where, basePath="(none)")
    patch = {"op": "replace", "path": "/regionalCertificateArn", "value": CERTIFICATE + "2"}
    updated = await harness.call_v1("UpdateDomainName", **where, patchOperations=[patch])
    assert updated["regionalCertificateArn"] == CERTIFICATE + "2"
    assert [item["domainName"] for item in (await harness.call_v1("GetDomainNames"))["items"]] == ["api.example.com"]
    await harness.call_v1("DeleteDomainName", **where)


async def test_told_as_aws_does(harness: Harness) -> None:
    """The texts of floci-io/floci#2390, aws/aws-cdk#22660 and aws/aws-cdk#9077."""
    with pytest.raises(ClientError, match=r"Invalid input\. Expected one domain name configuration"):
        await harness.control("CreateDomainName", DomainName=NAME)
    await named(harness)
    where = {"DomainName": NAME, "Stage": "prod", "ApiId": await rest_api(harness)}
    await harness.control("CreateApiMapping", **where, ApiMappingKey="a")
    with pytest.raises(ClientError, match="ApiMapping key already exists for this domain name"):
        await harness.control("CreateApiMapping", **where, ApiMappingKey="a")
    with pytest.raises(ClientError, match="An ApiMapping key may contain only letters, numbers and one of"):
        await harness.control("CreateApiMapping", **where, ApiMappingKey="a b")
