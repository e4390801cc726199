"""Constraints of the service models, in the words of AWS's two frameworks. Those of `test_wire.py` are Lambda's."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.validation import SMITHY, Constraints
from cloudrig.engine.wire import service_model

OPS = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"


def older(operation: str, **members: Any) -> str | None:
    return Constraints(older=True).violations(service_model("apigateway").operation_model(operation), members)


def test_members_of_the_body_bear_the_input_and_come_first() -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    operation = {"op": "wrong", "path": "/a"}
    ids = {"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "statusCode": "wrong"}
    assert older("UpdateMethodResponse", **ids, patchOperations=[operation]) == (
        "2 validation errors detected: Value 'wrong' at 'updateMethodResponseInput.patchOperations.1.member.op' failed "
        f"to satisfy constraint: {OPS}; Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: [1-5]\\d\\d"
    )


def test_items_of_a_list_are_told_together() -> None:
    """Recorded from AWS: REST APIs in LocalStack's test snapshots, Lambda's layers in aws/aws-cli#8426."""
    endpoint = {"types": ["wrong"]}
    assert older("CreateRestApi", name="a", endpointConfiguration=endpoint) == (
        "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to "
        "satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, "
        "REGIONAL]]"
    )
    update = service_model("lambda").operation_model("UpdateFunctionConfiguration")
    text = SMITHY.violations(update, {"FunctionName": "f", "Layers": ["a", "b"]})
    assert text is not None
    assert text.startswith(
        "1 validation error detected: Value '[a, b]' at 'layers' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must have length less than or equal to "
    )
    assert text.endswith(", Member must not be null]")


@pytest.mark.parametrize(
    ("operation", "members", "order"),
    [
        ("PutIntegration", {"type": "X"}, "[HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"),
        (
            "CreateDocumentationPart",
            {"location": {"type": "X"}, "properties": "{}"},
            "[RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, "
            "REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
        ),
        (
            "GetGatewayResponse",
            {"responseType": "X"},
            "[REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, "
            "BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, "
            "UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, "
            "THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]",
        ),
    ],
)
def test_enums_are_in_the_order_of_a_java_set(operation: str, members: dict[str, Any], order: str) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    ids = {"restApiId": "a", "resourceId": "b", "httpMethod": "GET"}
    text = older(operation, **ids, **members)
    assert text is not None
    assert text.endswith(f"Member must satisfy enum value set: {order}")
