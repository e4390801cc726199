"""Request models of WebSocket routes (aws-behaviour §5.4; AWS guide: websocket-api-request-validation)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.apigateway.v2.models import InvalidSchema, RequestModels, compile_schema
from cloudrig.services.apigateway.v2.selection import compile_expression, parse_body
from tests.services.apigateway.fakes import echo
from tests.services.apigateway.harness import Harness, Route

SCHEMA = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}


def accepts(models: RequestModels, text: str) -> bool:
    return models.accept(text, parse_body(text))


def models_of(expression: str, **schemas: Any) -> RequestModels:
    validators = {key: compile_schema(json.dumps(schema)) for key, schema in schemas.items()}
    return RequestModels(compile_expression(expression), validators)


@pytest.mark.parametrize(
    ("text", "answer"), [('{"text": "x"}', True), ('{"text": ""}', False), ("{}", False), ("x", False), ("null", False)]
)
def test_default_model(text: str, answer: bool) -> None:
    """A message satisfies the schema or not; what is no JSON never does."""
    assert accepts(models_of("$default", **{"$default": SCHEMA}), text) is answer
    assert accepts(models_of("\\$default", **{"$default": SCHEMA}), text) is answer


def test_selected_model() -> None:
    """The expression picks the model; a key without one, and no `$default`, means no check."""
    models = models_of("$request.body.kind", strict=SCHEMA)
    assert not accepts(models, '{"kind": "strict"}')
    assert accepts(models, '{"kind": "other"}')


def test_null_and_depth() -> None:
    """`null` is JSON; a value nested as deep as the reader allows is judged, not fatal."""
    anything, nested = models_of("$default", **{"$default": {}}), {"additionalProperties": {"$ref": "#"}}
    assert accepts(anything, "null")
    assert not accepts(anything, "nothing")
    assert isinstance(accepts(models_of("$default", **{"$default": nested}), '{"a":' * 900 + "1" + "}" * 900), bool)


@pytest.mark.parametrize("schema", ["{", "[]", '{"type": "nonsense"}', '{"a": [{"$ref": "https://example.com/x"}]}'])
def test_schemas_that_are_none(schema: str) -> None:
    """What draft 4 does not know, and references that lead elsewhere, are refused when the model is made."""
    with pytest.raises(InvalidSchema):
        compile_schema(schema)


async def test_bad_request_body(harness: Harness) -> None:
    """§5.4: the frame `Bad request body` with a `messageId`; the function is not called, the socket stays open."""
    api = await harness.deploy({})
    await harness.control("CreateModel", ApiId=api.api_id, Name="Message", Schema=json.dumps(SCHEMA))
    route_id = await api.add("echo", Route(echo, answers=True))
    models = {"RequestModels": {"$default": "Message"}, "ModelSelectionExpression": "$default"}
    await harness.control("UpdateRoute", ApiId=api.api_id, RouteId=route_id, **models)
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        frame = json.loads(await client.recv())
        assert list(frame) == ["message", "connectionId", "messageId"]
        assert frame["message"] == "Bad request body"
        assert harness.invoker.events == []
        await client.send('{"action": "echo", "text": "hi"}')
        assert json.loads(await client.recv())["text"] == "hi"
