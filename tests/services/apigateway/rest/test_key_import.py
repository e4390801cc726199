"""API keys of a file (AG `api-key-file-format.html`)."""

from __future__ import annotations

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.rest.fakes import Gateway

VALUES = [letter * 20 for letter in "abc"]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_keys_and_their_plans(gateway: Gateway) -> None:
    """The guide's own columns, in any case and order."""
    plan = gateway.call("CreateUsagePlan", name="p")["id"]
    lines = [
        "Name,key,description,Enabled,usageplanIds",
        f'First,{VALUES[0]},"with, comma",TRUE,{plan}',
        f'Second,{VALUES[1]},,FALSE,"{plan}"',
    ]
    answer = gateway.call("ImportApiKeys", body="\n".join(lines).encode(), format="csv")
    assert (len(answer["ids"]), answer["warnings"]) == (2, [])
    second, first = gateway.call("GetApiKeys", includeValues=True)["items"]
    assert (first["value"], first["enabled"], first["description"]) == (VALUES[0], True, "with, comma")
    assert second["enabled"] is False
    assert len(gateway.call("GetUsagePlanKeys", usagePlanId=plan)["items"]) == 2


def test_rows_that_cannot_be(gateway: Gateway) -> None:
    body = f"name,key\nshort,x\ngood,{VALUES[0]}\n".encode()
    answer = gateway.call("ImportApiKeys", body=body, format="csv")
    assert len(answer["ids"]) == 1
    assert answer["warnings"][0].startswith("Line 2: ")
    with pytest.raises(BadRequestException, match="Line 2"):
        gateway.call("ImportApiKeys", body=body, format="csv", failOnWarnings=True)


@pytest.mark.parametrize("body", [b"", b"name,description\na,b", b"\xff\xfe"])
def test_no_file_of_keys(gateway: Gateway, body: bytes) -> None:
    with pytest.raises(BadRequestException):
        gateway.call("ImportApiKeys", body=body, format="csv")
