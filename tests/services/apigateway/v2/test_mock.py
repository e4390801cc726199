"""MOCK integrations with static templates (aws-behaviour §1.5, §5.2)."""

from __future__ import annotations

import json
from typing import Any

from cloudrig.services.apigateway.v2.mock import mock_integration
from tests.services.apigateway.harness import Harness

OK = '{"statusCode": 200}'


def integration(**members: Any) -> dict[str, Any]:
    return {"IntegrationType": "MOCK", **members}


def response(key: str, **members: Any) -> dict[str, Any]:
    return {"IntegrationResponseKey": key, **members}


def test_status_and_body() -> None:
    """§5.2: the request template gives the status, the response template the body."""
    mock = mock_integration(
        integration(RequestTemplates={"$default": OK}),
        (response("$default", ResponseTemplates={"$default": "pong"}),),
    )
    assert mock.answer(None) == (200, "pong")


def test_templates_are_selected() -> None:
    """§5.2: by the template selection expression, `$default` where its result is no key."""
    mock = mock_integration(
        integration(
            RequestTemplates={"a": '{"statusCode": 201}', "$default": OK},
            TemplateSelectionExpression="$request.body.kind",
        ),
        (),
    )
    assert mock.answer({"kind": "a"}) == (201, "")
    assert mock.answer({"kind": "b"}) == (200, "")


def test_response_by_pattern() -> None:
    """§1.5: the first pattern that matches the status, else `$default`."""
    responses = (
        response("$default", ResponseTemplates={"$default": "other"}),
        response("/4\\d\\d/", ResponseTemplates={"$default": "refused"}),
    )
    statuses = {"a": '{"statusCode": 404}', "$default": OK}
    members = integration(RequestTemplates=statuses, TemplateSelectionExpression="$request.body.kind")
    mock = mock_integration(members, responses)
    assert mock.answer({"kind": "a"}) == (404, "refused")
    assert mock.answer({}) == (200, "other")


def test_no_status() -> None:
    """§5.2: the template must yield a status."""
    assert mock_integration(integration(), ()).answer(None) is None
    assert mock_integration(integration(RequestTemplates={"$default": "hi"}), ()).answer(None) is None
    assert mock_integration(integration(RequestTemplates={"$default": "[]"}), ()).answer(None) is None


async def test_mock_routes(harness: Harness) -> None:
    """A MOCK `$connect` and a MOCK route with a route response; one without a template fails as AWS's does."""
    api = await harness.deploy({})

    async def mock(key: str, *, body: str = "", **members: Any) -> None:
        made = await harness.control("CreateIntegration", ApiId=api.api_id, **integration(**members))
        where = {"ApiId": api.api_id, "IntegrationId": made["IntegrationId"]}
        templates = {"$default": body}
        await harness.control(
            "CreateIntegrationResponse", **where, IntegrationResponseKey="$default", ResponseTemplates=templates
        )
        await api.add_route(key, f"integrations/{made['IntegrationId']}", answers=key != "$connect")

    await mock("$connect", RequestTemplates={"200": OK}, TemplateSelectionExpression="200")
    await mock("ping", body="pong", RequestTemplates={"$default": OK})
    await mock("bad")
    async with api.connect() as client:
        await client.send('{"action": "ping"}')
        assert await client.recv() == "pong"
        await client.send('{"action": "bad"}')
        assert json.loads(await client.recv())["message"] == "Internal server error"
    assert harness.invoker.events == []
