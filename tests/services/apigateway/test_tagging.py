"""Tags of what is no API: domain names, VPC links, client certificates, through the plane that made them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.services.apigateway.harness import Harness

ARN = "arn:aws:apigateway:us-east-1::/{}/{}"


async def test_in_apigateway(harness: Harness) -> None:
    await harness.call_v1("CreateDomainName", domainName="a.example.com", tags={"kept": "1"})
    link = await harness.call_v1("CreateVpcLink", name="l", targetArns=["arn"], tags={"kept": "1"})
    certificate = await harness.call_v1("GenerateClientCertificate", tags={"kept": "1"})
    made = {
        "domainnames": "a.example.com",
        "vpclinks": link["id"],
        "clientcertificates": certificate["clientCertificateId"],
    }
    for kind, name in made.items():
        arn = {"resourceArn": ARN.format(kind, name)}
        await harness.call_v1("TagResource", **arn, tags={"a": "1", "b": "2"})
        await harness.call_v1("UntagResource", **arn, tagKeys=["a"])
        assert (await harness.call_v1("GetTags", **arn))["tags"] == {"kept": "1", "b": "2"}
    assert (await harness.call_v1("GetDomainName", domainName="a.example.com"))["tags"] == {"kept": "1", "b": "2"}
    with pytest.raises(ClientError, match="NotFoundException"):
        await harness.call_v1("TagResource", resourceArn=ARN.format("domainnames", "x"), tags={})


async def test_in_apigatewayv2(harness: Harness) -> None:
    await harness.control(
        "CreateDomainName", DomainName="a.example.com", DomainNameConfigurations=[{}], Tags={"kept": "1"}
    )
    link = await harness.control("CreateVpcLink", Name="l", SubnetIds=["s"], Tags={"kept": "1"})
    for kind, name in {"domainnames": "a.example.com", "vpclinks": link["VpcLinkId"]}.items():
        arn = {"ResourceArn": ARN.format(kind, name)}
        await harness.control("TagResource", **arn, Tags={"a": "1", "b": "2"})
        await harness.control("UntagResource", **arn, TagKeys=["a"])
        assert (await harness.control("GetTags", **arn))["Tags"] == {"kept": "1", "b": "2"}
    assert (await harness.control("GetVpcLink", VpcLinkId=link["VpcLinkId"]))["Tags"] == {"kept": "1", "b": "2"}
