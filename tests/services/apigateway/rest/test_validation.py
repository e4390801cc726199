"""Request validation. Texts are recorded on AWS in LocalStack's snapshots (`test_api_gateway_request_validator`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Api, Gateway, said

SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
    "required": ["a", "b"],
}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def validated(gateway: Gateway, schema: Any = None, *, body: bool = True, parameters: bool = True) -> Api:
    api = gateway.api()
    if schema is not None:
        add_model(api, "Pet", schema)
    validator = api.call(
        "CreateRequestValidator", name="v", validateRequestBody=body, validateRequestParameters=parameters
    )
    api.proxy(
        "POST",
        "/{id}",
        requestValidatorId=validator["id"],
        requestModels={"application/json": "Pet"} if schema is not None else {},
        requestParameters={
            "method.request.querystring.q": True,
            "method.request.header.X-H": True,
            "method.request.path.id": True,
            "method.request.querystring.optional": False,
        },
    )
    return api.deploy()


def add_model(api: Api, name: str, schema: Any) -> None:
    api.call("CreateModel", name=name, contentType="application/json", schema=json.dumps(schema))


GOOD: dict[str, Any] = {"query": "q=1", "headers": {"X-H": "1"}}


async def test_missing_parameters_are_named(gateway: Gateway) -> None:
    api = validated(gateway)
    response = await api.send("POST", "/prod/7", query="q=")
    text = "Missing required request parameters: [X-H, q]"
    assert said(response) == (400, {"message": text})
    assert response.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert (await api.send("POST", "/prod/7", **GOOD)).status == 200


async def test_validator_that_looks_at_nothing(gateway: Gateway) -> None:
    api = validated(gateway, SCHEMA, body=False, parameters=False)
    assert (await api.send("POST", "/prod/7", body=b"x")).status == 200


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"a": 1}', b'{"a": 1, "b": "2"}'])
async def test_body_must_fit_the_model(gateway: Gateway, body: bytes) -> None:
    response = await validated(gateway, SCHEMA).send("POST", "/prod/7", body=body, **GOOD)
    assert said(response) == (400, {"message": "Invalid request body"})


async def test_body_that_fits(gateway: Gateway) -> None:
    api = validated(gateway, SCHEMA)
    assert (await api.send("POST", "/prod/7", body=b'{"a": 1, "b": 2.5}', **GOOD)).status == 200


async def test_content_type_without_a_model_is_not_validated(gateway: Gateway) -> None:
    api = validated(gateway, SCHEMA)
    headers = {"X-H": "1", "Content-Type": "text/plain"}
    assert (await api.send("POST", "/prod/7", query="q=1", headers=headers, body=b"x")).status == 200


async def test_models_refer_to_each_other(gateway: Gateway) -> None:
    """By the URI of AWS: `https://apigateway.amazonaws.com/restapis/{id}/models/{name}`."""
    api = gateway.api()
    add_model(api, "Item", SCHEMA)
    uri = f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Item"
    add_model(api, "Items", {"type": "array", "items": {"$ref": uri}})
    validator = api.call("CreateRequestValidator", name="v", validateRequestBody=True)
    models = {"application/json": "Items"}
    api.proxy("POST", "/", requestValidatorId=validator["id"], requestModels=models)
    api.deploy()
    assert (await api.send("POST", "/prod/", body=b'[{"a": 1, "b": 2}]')).status == 200
    assert (await api.send("POST", "/prod/", body=b'[{"a": 1}]')).status == 400


async def test_reference_into_the_void_is_an_invalid_body(gateway: Gateway) -> None:
    """Nothing is fetched; the request fails."""
    api = validated(gateway, {"$ref": "https://example.com/schema"})
    assert (await api.send("POST", "/prod/7", body=b"{}", **GOOD)).status == 400
