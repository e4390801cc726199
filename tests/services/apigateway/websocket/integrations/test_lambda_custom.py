"""`AWS` integrations of WebSocket routes with Lambda functions (aws-behaviour §1.5, §5.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.services.apigateway.fakes import Event, Function, Unhandled
from tests.services.apigateway.harness import INVOCATION_URI, Deployed, Harness

DEFAULT: dict[str, dict[str, Any]] = {"$default": {}}


async def custom(
    harness: Harness,
    function: Function,
    responses: dict[str, dict[str, Any]],
    key: str = "$default",
    **members: Any,
) -> Deployed:
    """An API whose one route calls a function without proxy."""
    api = await harness.deploy({})
    arn = harness.invoker.add("custom", function)
    integration = {"IntegrationType": "AWS", "IntegrationMethod": "POST", "IntegrationUri": INVOCATION_URI.format(arn)}
    await api.integrate(key, integration | members, responses)
    return api


async def said(api: Deployed, message: str = "{}") -> str:
    async with api.connect() as client:
        await client.send(message)
        return str(await client.recv())


async def test_message_is_the_event_and_output_the_answer(harness: Harness) -> None:
    """§5.2: without templates both pass as they are; the function is invoked for its route."""
    api = await custom(harness, lambda event: {"statusCode": 500, "got": event["a"]}, DEFAULT)
    assert json.loads(await said(api, '{"a": 1}')) == {"statusCode": 500, "got": 1}
    assert harness.invoker.source_arns[-1] == f"arn:aws:execute-api:us-east-1:000000000000:{api.api_id}/prod/$default"


async def test_templates_both_ways(harness: Harness) -> None:
    request = '{"text": "$util.escapeJavaScript($input.path(\'$.text\'))", "by": "$context.connectionId"}'
    response = '{"stored": $input.json("$.id"), "to": "$context.connectionId"}'
    api = await custom(
        harness,
        lambda event: {"id": len(event["text"])},
        {"$default": {"ResponseTemplates": {"$default": response}}},
        RequestTemplates={"$default": request},
    )
    told = json.loads(await said(api, '{"text": "say \\"hi\\""}'))
    assert told["stored"] == 8
    assert harness.invoker.events == [{"text": 'say "hi"', "by": told["to"]}]


async def test_response_by_error_message(harness: Harness) -> None:
    """§1.5: patterns are matched on `errorMessage`; what none matches, and success, is the default's."""

    def failing(event: Event) -> object:
        if "why" in event:
            raise Unhandled(event["why"])
        return {"fine": True}

    responses = {
        "/.*not found.*/": {"ResponseTemplates": {"$default": "404 $input.path('$.errorMessage')"}},
        "$default": {"ResponseTemplates": {"$default": "default"}},
    }
    api = await custom(harness, failing, responses)
    assert await said(api, '{"why": "Room not found."}') == "404 Room not found."
    assert await said(api, '{"why": "boom"}') == "default"
    assert await said(api) == "default"


async def test_event_that_is_no_json(harness: Harness) -> None:
    """What maps to no JSON cannot be an event: internal error, and nobody is invoked."""
    api = await custom(harness, lambda _: {}, DEFAULT)
    assert json.loads(await said(api, "plain"))["message"] == "Internal server error"
    assert harness.invoker.events == []


async def test_connect(harness: Harness) -> None:
    """§3.1, §5.2: `$connect` has `$input.params`; a function that fails refuses the handshake (502 is unverified)."""

    def admit(event: Event) -> object:
        if event["token"] != "good":
            raise Unhandled("no")
        return {}

    template = {"$default": '{"token": "$input.params(\'token\')", "ip": "$context.identity.sourceIp"}'}
    api = await custom(harness, admit, DEFAULT, key="$connect", RequestTemplates=template)
    async with api.connect("?token=good"):
        assert harness.invoker.events[-1] == {"token": "good", "ip": "127.0.0.1"}
    with pytest.raises(InvalidStatus) as refused:
        async with api.connect("?token=bad"):
            pass
    assert refused.value.response.status_code == 502
