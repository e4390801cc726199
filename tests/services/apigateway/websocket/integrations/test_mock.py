"""MOCK integrations: templates, their selection, integration responses (aws-behaviour §1.5, §5.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.apigateway.harness import Harness

OK = '{"statusCode": 200}'
MOCK = {"IntegrationType": "MOCK", "RequestTemplates": {"$default": OK}}


def body(template: str, **members: Any) -> dict[str, Any]:
    return {"ResponseTemplates": {"$default": template}, **members}


async def said(
    harness: Harness, message: str, responses: dict[str, dict[str, Any]], **members: Any
) -> tuple[str, dict[str, Any]]:
    """What a MOCK's route `$default` answers to a message, and the answer as JSON where it is an object."""
    api = await harness.deploy({})
    await api.integrate("$default", MOCK | members, responses)
    async with api.connect() as client:
        await client.send(message)
        text = str(await client.recv())
    return text, json.loads(text) if text.startswith("{") else {}


async def test_request_template_gives_the_status_and_response_template_the_body(harness: Harness) -> None:
    """§5.2."""
    assert (await said(harness, "{}", {"$default": body("pong")}))[0] == "pong"
    assert harness.invoker.events == []


async def test_templates_see_message_context_and_stage_variables(harness: Harness) -> None:
    """§5.2: the status may depend on the message; `$context` has the ids of the call."""
    template = '{"on": "$context.connectionId", "at": "$context.routeKey", "what": "$context.eventType"}'
    api = await harness.deploy({})
    status = {"RequestTemplates": {"$default": '{"statusCode": $input.path("$.want")}'}}
    await api.integrate("$default", MOCK | status, {"/201/": body(template), "$default": body("other")})
    async with api.connect() as client:
        await client.send('{"want": 201}')
        told = json.loads(await client.recv())
        assert told["at"] == "$default"
        assert told["what"] == "MESSAGE"
        assert len(told["on"]) == 16
        await client.send('{"want": 200}')
        assert await client.recv() == "other"


async def test_templates_are_selected(harness: Harness) -> None:
    """§5.2: by the template selection expression, `$default` where its result is no key."""
    api = await harness.deploy({})
    templates = {"a": '{"statusCode": 201}', "$default": OK}
    selection = {"TemplateSelectionExpression": "$request.body.kind"}
    by_status = {"TemplateSelectionExpression": "${integration.response.statuscode}"}
    response = {"ResponseTemplates": {"201": "made", "$default": "fine"}, **by_status}
    await api.integrate("$default", MOCK | selection | {"RequestTemplates": templates}, {"$default": response})
    async with api.connect() as client:
        await client.send('{"kind": "a"}')
        assert await client.recv() == "made"
        await client.send('{"kind": "b"}')
        assert await client.recv() == "fine"


async def test_response_by_pattern(harness: Harness) -> None:
    """§1.5: the first pattern that matches the whole status, else `$default`."""
    responses = {"$default": body("other"), "/4\\d\\d/": body("refused"), "/2/": body("half")}
    refusal = {"RequestTemplates": {"$default": '{"statusCode": 404}'}}
    assert (await said(harness, "{}", responses, **refusal))[0] == "refused"
    assert (await said(harness, "{}", responses))[0] == "other"


@pytest.mark.unverified
async def test_no_integration_response(harness: Harness) -> None:
    """§1.5: at least one is needed; without, the empty answer of a MOCK passes as it is."""
    assert (await said(harness, "{}", {}))[0] == ""


@pytest.mark.parametrize("template", ["[]", "hi", "#if($a)", "$util.parseJson('{')"])
async def test_template_without_a_status(harness: Harness, template: str) -> None:
    """§5.2: the template must yield a status; a broken one is an internal error too."""
    content = (await said(harness, "{}", {}, RequestTemplates={"$default": template}))[1]
    assert content["message"] == "Internal server error"


async def test_response_template_that_fails(harness: Harness) -> None:
    """§5.4: an integration failure."""
    content = (await said(harness, "{}", {"$default": body("$util.parseJson('{')")}))[1]
    assert content["message"] == "Internal server error"


@pytest.mark.parametrize(
    ("behavior", "templates", "answered"),
    [
        ("WHEN_NO_MATCH", {"x": OK}, True),
        ("WHEN_NO_TEMPLATES", {"x": OK}, False),
        ("WHEN_NO_TEMPLATES", {}, True),
        ("NEVER", {}, False),
    ],
)
async def test_passthrough(harness: Harness, behavior: str, templates: dict[str, str], answered: bool) -> None:
    """§5.2: without a fitting template the message passes as it is, or is refused (the frame's text is unverified)."""
    members = {"RequestTemplates": templates, "PassthroughBehavior": behavior}
    text, content = await said(harness, OK, {"$default": body("passed")}, **members)
    assert text == "passed" if answered else content["message"] == "Unsupported Media Type"


async def test_content_handling(harness: Harness) -> None:
    """AG `websocket-api-develop-binary-media-types.html`: base64 in a text frame becomes bytes for the integration."""
    members = {"RequestTemplates": {}, "ContentHandlingStrategy": "CONVERT_TO_BINARY"}
    assert (await said(harness, "eyJzdGF0dXNDb2RlIjogMjAwfQ==", {"$default": body("ok")}, **members))[0] == "ok"
    assert (await said(harness, "?", {}, **members))[1]["message"] == "Internal server error"


async def test_connect_by_mock(harness: Harness) -> None:
    """§3.1: `$connect` may be a MOCK; its status is the handshake's, its headers choose the subprotocol."""
    api = await harness.deploy({})
    parameters = {"method.response.header.Sec-WebSocket-Protocol": "'chat'"}
    await api.integrate("$connect", MOCK, {"$default": {"ResponseParameters": parameters}})
    async with api.connect(subprotocols=["chat"]) as client:
        assert client.subprotocol == "chat"
