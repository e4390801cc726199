"""`AWS` integrations with Lambda functions; patterns as recorded on AWS (`test_lambda_selection_patterns`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import AccessDenied
from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri, said


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def custom(gateway: Gateway, responses: dict[str, dict[str, Any]], **integration: Any) -> Api:
    """An API whose `POST /` calls a function without proxy; `responses` are integration responses by status."""
    api = gateway.api()
    ids = api.method("POST", "/")
    members = {"type": "AWS", "integrationHttpMethod": "POST", "uri": invocation_uri(), **integration}
    api.call("PutIntegration", **ids, **members)
    for status, response in responses.items():
        declared = dict.fromkeys(response.get("responseParameters", {}), True)
        api.call("PutMethodResponse", **ids, statusCode=status, responseParameters=declared)
        api.call("PutIntegrationResponse", **ids, statusCode=status, **response)
    return api.deploy()


async def test_body_is_the_event_and_output_the_body(gateway: Gateway) -> None:
    """Without templates the request's body passes through, and the output comes back as it is."""
    gateway.invoker.output = {"statusCode": 500, "body": "only data"}
    api = custom(gateway, {"200": {}})
    response = await api.send("POST", "/prod/", body=b'{"a": 1}')
    assert said(response) == (200, {"statusCode": 500, "body": "only data"})
    assert gateway.invoker.event == {"a": 1}
    assert gateway.invoker.calls[-1]["source_arn"].endswith("/prod/POST/")


async def test_no_body_is_an_empty_event(gateway: Gateway) -> None:
    await custom(gateway, {"200": {}}).send("POST", "/prod/")
    assert gateway.invoker.event == {}


@pytest.mark.parametrize(
    ("message", "status"), [("Error: Raising 400 here", 405), ("Error: Raising 503", 502), ("Other", 200)]
)
async def test_error_message_selects_the_response(gateway: Gateway, message: str, status: int) -> None:
    """Patterns match the whole `errorMessage`; what none matches is the default's."""
    gateway.invoker.output = {"errorMessage": message}
    gateway.invoker.function_error = "Unhandled"
    responses: dict[str, dict[str, Any]] = {
        "200": {},
        "405": {"selectionPattern": ".*400.*"},
        "502": {"selectionPattern": r".*5\d\d.*"},
    }
    response = await custom(gateway, responses).send("POST", "/prod/")
    assert said(response) == (status, {"errorMessage": message})


async def test_success_is_matched_by_no_pattern(gateway: Gateway) -> None:
    response = await custom(gateway, {"200": {}, "500": {"selectionPattern": ".*"}}).send("POST", "/prod/")
    assert response.status == 200


async def test_headers_from_the_output(gateway: Gateway) -> None:
    gateway.invoker.output = {"id": 7, "list": [{"name": "x"}]}
    parameters = {
        "method.response.header.Location": "integration.response.body.list[0].name",
        "method.response.header.Id": "integration.response.body.id",
        "method.response.header.None": "integration.response.body.nothing",
        "method.response.header.Host": "'renamed'",
    }
    response = await custom(gateway, {"200": {"responseParameters": parameters}}).send("POST", "/prod/")
    assert (response.headers["Location"], response.headers["Id"]) == ("x", "7")
    assert "None" not in response.headers
    assert response.headers["x-amzn-Remapped-Host"] == "renamed"


async def test_static_templates(gateway: Gateway) -> None:
    """A template without references stands for the event, or for the answer."""
    templates = {"application/json": '{"fixed": true}'}
    answer = {"responseTemplates": {"application/json": '{"ok": true}'}}
    response = await custom(gateway, {"200": answer}, requestTemplates=templates).send("POST", "/prod/", body=b"x")
    assert said(response) == (200, {"ok": True})
    assert gateway.invoker.event == {"fixed": True}


async def test_function_that_may_not_be_invoked_is_a_500(gateway: Gateway) -> None:
    gateway.invoker.raises = AccessDenied("no")
    response = await custom(gateway, {"200": {}}).send("POST", "/prod/")
    assert said(response) == (500, {"message": "Internal server error"})


async def test_timeout_is_a_504(gateway: Gateway) -> None:
    gateway.invoker.hangs = True
    response = await custom(gateway, {"200": {}}, timeoutInMillis=50).send("POST", "/prod/")
    assert response.status == 504
