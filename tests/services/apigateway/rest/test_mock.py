"""Mock integrations, as CORS preflights use them (section 9.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Gateway, invocation_uri, said

CORS = {
    "method.response.header.Access-Control-Allow-Origin": "'*'",
    "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,POST'",
    "method.response.header.Access-Control-Allow-Headers": "'Content-Type,Authorization'",
}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def test_preflight_answers_its_literal_headers(gateway: Gateway) -> None:
    """AG `how-to-cors.html`."""
    api = gateway.api()
    api.mock("OPTIONS", "/signup", responseParameters=CORS)
    response = await api.deploy().send("OPTIONS", "/prod/signup")
    assert (response.status, response.body) == (200, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "OPTIONS,POST"
    assert response.headers["Access-Control-Allow-Headers"] == "Content-Type,Authorization"
    assert response.headers["Content-Type"] == "application/json"
    assert "X-Amzn-Trace-Id" not in response.headers


async def test_preflight_as_the_cdk_writes_it(gateway: Gateway) -> None:
    """The CDK's template has a bare key: `{ statusCode: 204 }`."""
    api = gateway.api()
    api.mock("OPTIONS", "/", "{ statusCode: 204 }", statusCode="204", responseParameters=CORS)
    assert (await api.deploy().send("OPTIONS", "/prod/")).status == 204


async def test_selection_pattern_picks_the_response(gateway: Gateway) -> None:
    """The status of the template selects; the one without a pattern is for the rest."""
    api = gateway.api()
    ids = api.mock("GET", "/", '{"statusCode": 418}', responseTemplates={"application/json": '{"is": "default"}'})
    api.call("PutMethodResponse", **ids, statusCode="400")
    template = {"application/json": '{"is": "4xx"}'}
    api.call("PutIntegrationResponse", **ids, statusCode="400", selectionPattern=r"4\d{2}", responseTemplates=template)
    assert said(await api.deploy().send("GET", "/prod/")) == (400, {"is": "4xx"})


@pytest.mark.parametrize("template", ["", "{}", '{"statusCode": "200"}', "nonsense"])
async def test_template_without_a_status_is_a_500(gateway: Gateway, template: str) -> None:
    """AWS cannot parse a status: configuration error."""
    api = gateway.api()
    api.mock("GET", "/", template)
    assert said(await api.deploy().send("GET", "/prod/")) == (500, {"message": "Internal server error"})


async def test_no_integration_response_is_a_500(gateway: Gateway) -> None:
    api = gateway.api()
    ids = api.mock("GET", "/")
    api.call("DeleteIntegrationResponse", **ids, statusCode="200")
    assert (await api.deploy().send("GET", "/prod/")).status == 500


async def test_response_without_its_method_response_is_a_500(gateway: Gateway) -> None:
    """AWS logs "Output mapping refers to an invalid method response"."""
    api = gateway.api()
    ids = api.mock("GET", "/")
    api.call("DeleteMethodResponse", **ids, statusCode="200")
    assert (await api.deploy().send("GET", "/prod/")).status == 500


@pytest.mark.parametrize(("behavior", "expected"), [("WHEN_NO_MATCH", 200), ("WHEN_NO_TEMPLATES", 415), ("NEVER", 415)])
async def test_passthrough_when_no_template_matches(gateway: Gateway, behavior: str, expected: Any) -> None:
    """AG `integration-passthrough-behaviors.html`."""
    api = gateway.api()
    ids = api.mock("POST", "/")
    patch = {"op": "replace", "path": "/passthroughBehavior", "value": behavior}
    api.call("UpdateIntegration", **ids, patchOperations=[patch])
    headers = {"Content-Type": "text/plain"}
    response = await api.deploy().send("POST", "/prod/", headers=headers, body=b'{"statusCode": 200}')
    assert response.status == expected


async def test_context_and_stage_variables_in_headers(gateway: Gateway) -> None:
    api = gateway.api()
    parameters = {"method.response.header.A": "stageVariables.a", "method.response.header.B": "context.stage"}
    api.mock("GET", "/", responseParameters=parameters)
    response = await api.deploy(variables={"a": "1"}).send("GET", "/prod/")
    assert (response.headers["A"], response.headers["B"]) == ("1", "prod")


@pytest.mark.parametrize(
    ("kind", "header"),
    [("HTTP_PROXY", "Content-Length"), ("HTTP", "transfer-encoding"), ("AWS_PROXY", "TE"), ("AWS", "expect")],
)
async def test_a_header_that_cannot_be_mapped_breaks_every_request(gateway: Gateway, kind: str, header: str) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    api = gateway.api()
    ids = api.mock("GET", "/")
    uri = "http://127.0.0.1:1" if kind.startswith("HTTP") else invocation_uri()
    mapped = {"requestParameters": {f"integration.request.header.{header}": "'x'"}}
    api.call("PutIntegration", **ids, type=kind, integrationHttpMethod="POST", uri=uri, **mapped)
    response = await api.deploy().send("GET", "/prod/")
    assert (response.status, response.body) == (500, b'{"message": "Internal server error"}')


async def test_the_status_itself_wins_over_what_also_matches(gateway: Gateway) -> None:
    """Measured by ministackorg/ministack#1756: among several matching patterns that of the integration's status."""
    api = gateway.api()
    ids = api.mock("GET", "/", '{"statusCode": 404}')
    for status in ("400", "404", "410"):
        api.call("PutMethodResponse", **ids, statusCode=status)
        api.call("PutIntegrationResponse", **ids, statusCode=status, selectionPattern=r"4\d\d")
    assert (await api.deploy().send("GET", "/prod/")).status == 404
