"""GetModelTemplate: what it makes is a mapping template, whose output has the model's structure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Gateway, invocation_uri

PET = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
MADE = {"id": 42, "name": "foo"}


@pytest.mark.parametrize(
    ("schema", "body", "made"),
    [
        (PET, {}, MADE),
        ({"type": "array", "items": PET}, [1, 2], [MADE, MADE]),
        ({"definitions": {"Pet": PET}, "properties": {"pet": {"$ref": "#/definitions/Pet"}}}, {}, {"pet": MADE}),
        ({"properties": {"tags": {"type": "array", "items": {"type": "string"}}}}, {"tags": ["a"]}, {"tags": ["foo"]}),
        ({"type": "object", "properties": {"self": {"$ref": "#"}}}, {}, None),
    ],
    ids=["object", "array", "reference", "array within", "of itself"],
)
async def test_template_of_a_model(schema: Any, body: Any, made: Any) -> None:
    gateway = Gateway()
    api = gateway.api()
    api.call("CreateModel", name="M", contentType="application/json", schema=json.dumps(schema))
    template = api.call("GetModelTemplate", modelName="M")["value"]
    ids = api.method("POST", "/")
    members = {"type": "AWS", "integrationHttpMethod": "POST", "uri": invocation_uri()}
    api.call("PutIntegration", **ids, **members, requestTemplates={"application/json": template})
    api.deploy()
    await api.send("POST", "/prod/", body=json.dumps(body).encode())
    assert made is None or gateway.invoker.event == made
