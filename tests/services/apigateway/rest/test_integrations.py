"""Integrations and integration responses. Texts are those recorded on AWS in LocalStack's snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import OperationNotImplemented, ServiceError
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri


@pytest.fixture
def api() -> Api:
    return Gateway().api()


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def test_defaults_of_an_integration(api: Api) -> None:
    ids = api.method("GET", "/")
    answer = api.call("PutIntegration", **ids, type="MOCK")
    assert {name: value for name, value in answer.items() if value is not None} == {
        "type": "MOCK",
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": api.root,
        "cacheKeyParameters": [],
    }


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"type": "AWS_PROXY", "uri": invocation_uri()}, "Enumeration value for HttpMethod must be non-empty"),
        (
            {"type": "AWS", "integrationHttpMethod": "POST", "uri": "lambda"},
            "Invalid ARN specified in the request",
        ),
        (
            {"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:iam::000000000000:role/x"},
            "AWS ARN for integration must contain path or action",
        ),
        (
            {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:s3:path/b/k"},
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function",
        ),
        ({"type": "MOCK", "timeoutInMillis": 30_000}, "Timeout should be between 50 ms and 29000 ms"),
        ({"type": "MOCK", "passthroughBehavior": "X"}, "Invalid Passthrough Behavior specified"),
    ],
)
def test_invalid_integrations(api: Api, members: dict[str, Any], text: str) -> None:
    ids = api.method("GET", "/")
    with pytest.raises(BadRequestException, match=text):
        api.call("PutIntegration", **ids, **members)


def test_integrations_need_their_method(api: Api) -> None:
    for path, http_method, text in (("/", "GET", "Invalid Method"), ("none", "GET", "Invalid Resource")):
        resource = api.root if path == "/" else path
        with pytest.raises(NotFoundException, match=f"{text} identifier specified"):
            api.call("PutIntegration", resourceId=resource, httpMethod=http_method, type="MOCK")


def test_missing_integration(api: Api) -> None:
    ids = api.method("GET", "/")
    for operation in ("GetIntegration", "DeleteIntegration"):
        with pytest.raises(NotFoundException, match="Invalid Integration identifier specified"):
            api.call(operation, **ids)


def test_integration_is_replaced_by_another_put(api: Api) -> None:
    """PutIntegration sets the integration anew."""
    ids = api.mock("GET", "/")
    api.call("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=invocation_uri())
    assert api.call("GetIntegration", **ids)["type"] == "AWS_PROXY"


def test_update_integration(api: Api) -> None:
    ids = api.proxy("GET", "/")
    changed = api.call("UpdateIntegration", **ids, patchOperations=patch("replace", "/timeoutInMillis", "100"))
    assert changed["timeoutInMillis"] == 100
    changed = api.call(
        "UpdateIntegration", **ids, patchOperations=patch("add", "/requestTemplates/application~1json", "{}")
    )
    assert changed["requestTemplates"] == {"application/json": "{}"}
    for value in ("fast", "10"):
        with pytest.raises(BadRequestException):
            api.call("UpdateIntegration", **ids, patchOperations=patch("replace", "/timeoutInMillis", value))


def test_integration_response_lifecycle(api: Api) -> None:
    """Put overwrites; the method shows what is behind it."""
    ids = api.method("GET", "/") | {"statusCode": "200"}
    api.call("PutIntegration", **ids, type="MOCK")
    created = api.call("PutIntegrationResponse", **ids, selectionPattern="", responseTemplates={"a/b": "x"})
    assert created == {"statusCode": "200", "selectionPattern": "", "responseTemplates": {"a/b": "x"}}
    changed = api.call("UpdateIntegrationResponse", **ids, patchOperations=patch("replace", "/selectionPattern", "2.."))
    assert changed["selectionPattern"] == "2.."
    api.call("PutIntegrationResponse", **ids, selectionPattern="over")
    shown = api.call("GetMethod", **ids)["methodIntegration"]["integrationResponses"]
    assert shown == {"200": {"statusCode": "200", "selectionPattern": "over"}}
    api.call("DeleteIntegrationResponse", **ids)
    with pytest.raises(NotFoundException, match="Invalid Response status code specified"):
        api.call("GetIntegrationResponse", **ids)


@pytest.mark.parametrize(
    ("operation", "http_method", "text"),
    [
        ("PutIntegrationResponse", "POST", "Invalid Method identifier specified"),
        ("GetIntegrationResponse", "POST", "Invalid Method identifier specified"),
        ("DeleteIntegrationResponse", "POST", "Invalid Integration identifier specified"),
        ("GetIntegrationResponse", "GET", "Invalid Integration identifier specified"),
    ],
)
def test_what_a_missing_method_or_integration_is_called(api: Api, operation: str, http_method: str, text: str) -> None:
    api.method("GET", "/")
    with pytest.raises(NotFoundException, match=text):
        api.call(operation, resourceId=api.root, httpMethod=http_method, statusCode="200")


@pytest.mark.parametrize("parameters", [{"method.response.header.Other": "'x'"}, {"method.response.header.A": "x"}])
def test_mapping_must_be_declared_and_well_formed(api: Api, parameters: dict[str, str]) -> None:
    """A header is mapped only when the method response declares it, from a source that exists."""
    ids = api.mock("GET", "/", responseParameters={"method.response.header.A": "'*'"})
    with pytest.raises(BadRequestException, match="Invalid mapping expression"):
        api.call("PutIntegrationResponse", **ids, statusCode="200", responseParameters=parameters)


@pytest.mark.parametrize(
    "members",
    [
        {
            "type": "AWS_PROXY",
            "integrationHttpMethod": "POST",
            "uri": invocation_uri(),
            "responseTransferMode": "STREAM",
        },
        {"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:glue:action/X"},
    ],
)
def test_integrations_that_are_not_built_are_refused(api: Api, members: dict[str, Any]) -> None:
    ids = api.method("GET", "/")
    with pytest.raises(OperationNotImplemented, match="cloudrig does not implement"):
        api.call("PutIntegration", **ids, **members)


def test_templates_over_300_kb(api: Api) -> None:
    """AG `limits.html`. What is no VTL is accepted, and fails requests (test_templates.py)."""
    ids = api.method("GET", "/")
    api.call("PutIntegration", **ids, type="MOCK", requestTemplates={"application/json": "#if($a)"})
    with pytest.raises(BadRequestException, match="300 KB"):
        api.call("PutIntegration", **ids, type="MOCK", requestTemplates={"application/json": "x" * 307_201})
    with pytest.raises(BadRequestException, match="300 KB"):
        api.call("PutIntegrationResponse", **ids, statusCode="200", responseTemplates={"a/b": "x" * 307_201})


def test_content_handling(api: Api) -> None:
    ids = api.method("GET", "/")
    api.call("PutIntegration", **ids, type="MOCK", contentHandling="CONVERT_TO_TEXT")
    with pytest.raises(BadRequestException, match="content handling"):
        api.call("PutIntegration", **ids, type="MOCK", contentHandling="CONVERT")


@pytest.mark.parametrize(
    "parameters",
    [
        {"integration.request.cookie.a": "'x'"},
        {"integration.request.header.a": "true"},
        {"integration.request.header.a": "method.response.header.b"},
    ],
)
def test_invalid_request_mappings(api: Api, parameters: dict[str, str]) -> None:
    """Recorded on AWS: "Invalid mapping expression specified: true"."""
    ids = api.method("GET", "/")
    with pytest.raises(BadRequestException, match="Invalid mapping expression"):
        api.call("PutIntegration", **ids, type="MOCK", requestParameters=parameters)


def test_invalid_selection_pattern(api: Api) -> None:
    ids = api.mock("GET", "/")
    with pytest.raises(ServiceError):
        api.call("PutIntegrationResponse", **ids, statusCode="200", selectionPattern="(")


def test_an_empty_template_is_null(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    ids = api.mock("GET", "/")
    for template in ("", None):
        templates = {"responseTemplates": {"application/json": template}}
        made = api.call("PutIntegrationResponse", **ids, statusCode="200", **templates)
        assert made["responseTemplates"] == {"application/json": None}


@pytest.mark.parametrize("content_type", ["123", "a/", "a b/c"])
def test_templates_are_for_content_types(api: Api, content_type: str) -> None:
    """Text recorded from AWS in LocalStack's test snapshots."""
    ids = api.mock("GET", "/")
    text = rf"^Validation Result: warnings : \[\], errors : \[Invalid content type specified: {content_type}\]$"
    with pytest.raises(BadRequestException, match=text):
        api.call("PutIntegrationResponse", **ids, statusCode="200", responseTemplates={content_type: "x"})


def test_a_mock_has_no_uri(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    ids = api.method("GET", "/")
    assert "uri" not in api.call("PutIntegration", **ids, type="MOCK", uri="http://example.com")


def test_mapped_parameters_of_the_request_must_be_declared(api: Api) -> None:
    """Told by AWS in aws/aws-cdk#17318."""
    ids = api.method("GET", "/{page}", requestParameters={"method.request.path.page": True})
    members = {**ids, "type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://x.example/{page}"}
    for source in ("method.request.path.page", "'text'", "context.stage", "method.request.body.a"):
        api.call("PutIntegration", **members, requestParameters={"integration.request.path.page": source})
    told = "Invalid mapping expression parameter specified: method.request.header.A"
    parameters = {"integration.request.path.page": "method.request.header.A"}
    with pytest.raises(BadRequestException, match=told):
        api.call("PutIntegration", **members, requestParameters=parameters)


def test_mapped_headers_need_a_method_response(api: Api) -> None:
    """Told by AWS in go-to-k/cdkd#373 and amazon-archives/aws-apigateway-importer#121."""
    ids = api.mock("GET", "/a")
    parameters = {"method.response.header.A": "'a'"}
    told = r"Validation Result: warnings : \[\], errors : \[No method response exists for method\.\]"
    with pytest.raises(BadRequestException, match=told):
        api.call("PutIntegrationResponse", **ids, statusCode="404", responseParameters=parameters)
