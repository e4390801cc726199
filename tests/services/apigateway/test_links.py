"""VPC links through both control planes."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.services.apigateway.harness import Harness

NLB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/n/1"


async def test_of_rest_apis(harness: Harness) -> None:
    made = await harness.call_v1("CreateVpcLink", name="a", targetArns=[NLB])
    assert (made["status"], made["targetArns"]) == ("AVAILABLE", [NLB])
    operations = [{"op": "replace", "path": "/name", "value": "b"}]
    changed = await harness.call_v1("UpdateVpcLink", vpcLinkId=made["id"], patchOperations=operations)
    assert changed == made | {"name": "b"}
    assert (await harness.call_v1("GetVpcLinks"))["items"] == [changed]
    await harness.call_v1("DeleteVpcLink", vpcLinkId=made["id"])
    with pytest.raises(ClientError, match="NotFoundException"):
        await harness.call_v1("GetVpcLink", vpcLinkId=made["id"])
    with pytest.raises(ClientError, match="exactly one target"):
        await harness.call_v1("CreateVpcLink", name="a", targetArns=[])


async def test_of_http_apis(harness: Harness) -> None:
    made = await harness.control("CreateVpcLink", Name="a", SubnetIds=["subnet-1"], Tags={"k": "v"})
    assert (made["VpcLinkStatus"], made["SubnetIds"], made["Tags"]) == ("AVAILABLE", ["subnet-1"], {"k": "v"})
    changed = await harness.control("UpdateVpcLink", VpcLinkId=made["VpcLinkId"], Name="b")
    assert (await harness.control("GetVpcLinks"))["Items"] == [changed]
    await harness.control("DeleteVpcLink", VpcLinkId=made["VpcLinkId"])
    with pytest.raises(ClientError, match="NotFoundException"):
        await harness.control("GetVpcLink", VpcLinkId=made["VpcLinkId"])
