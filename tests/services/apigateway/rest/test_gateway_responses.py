"""Gateway responses in the control plane: recorded on AWS in LocalStack's snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import ServiceError
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.gateway_responses import DEFAULT_TEMPLATE
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def api() -> Api:
    return Gateway().api()


def patch(op: str, path: str | None, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def test_default_of_a_type(api: Api) -> None:
    assert api.call("GetGatewayResponse", responseType="MISSING_AUTHENTICATION_TOKEN") == {
        "responseType": "MISSING_AUTHENTICATION_TOKEN",
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": {"application/json": DEFAULT_TEMPLATE},
        "defaultResponse": True,
    }


def test_all_types_are_listed_in_order(api: Api) -> None:
    types = [item["responseType"] for item in api.call("GetGatewayResponses")["items"]]
    assert types == sorted(types)
    assert len(types) == 21


def test_what_is_not_given_keeps_its_default(api: Api) -> None:
    parameters = {"gatewayresponse.header.x": "method.request.header.Accept"}
    created = api.call("PutGatewayResponse", responseType="UNAUTHORIZED", responseParameters=parameters)
    assert created == {
        "responseType": "UNAUTHORIZED",
        "statusCode": "401",
        "responseParameters": parameters,
        "responseTemplates": {"application/json": DEFAULT_TEMPLATE},
        "defaultResponse": False,
    }


def test_class_default_shows_in_every_type_without_its_own(api: Api) -> None:
    api.call(
        "PutGatewayResponse", responseType="AUTHORIZER_FAILURE", responseParameters={"gatewayresponse.header.f": "'b'"}
    )
    api.call("PutGatewayResponse", responseType="DEFAULT_5XX", statusCode="599")
    shown = {item["responseType"]: item for item in api.call("GetGatewayResponses")["items"]}
    assert (shown["INTEGRATION_TIMEOUT"]["statusCode"], shown["INTEGRATION_TIMEOUT"]["defaultResponse"]) == (
        "599",
        True,
    )
    assert shown["AUTHORIZER_FAILURE"]["statusCode"] == "500"
    assert shown["UNAUTHORIZED"]["statusCode"] == "401"


def test_delete_restores_the_default(api: Api) -> None:
    api.call("PutGatewayResponse", responseType="THROTTLED", statusCode="420")
    api.call("DeleteGatewayResponse", responseType="THROTTLED")
    assert api.call("GetGatewayResponse", responseType="THROTTLED")["statusCode"] == "429"
    with pytest.raises(NotFoundException, match="Gateway response type not defined on api"):
        api.call("DeleteGatewayResponse", responseType="THROTTLED")


def test_update_customises(api: Api) -> None:
    changed = api.call(
        "UpdateGatewayResponse",
        responseType="DEFAULT_4XX",
        patchOperations=[
            *patch("replace", "/statusCode", "444"),
            *patch("add", "/responseTemplates/application~1xml", "<x/>"),
        ],
    )
    assert (changed["statusCode"], changed["defaultResponse"]) == ("444", False)
    assert changed["responseTemplates"]["application/xml"] == "<x/>"


@pytest.mark.parametrize(
    ("operations", "error", "text"),
    [
        (patch("add", "/statusCode", "444"), BadRequestException, "Invalid patch path /statusCode"),
        (
            patch("replace", "/responseParameters/gatewayresponse.header.x", "'a'"),
            NotFoundException,
            "Invalid parameter name specified",
        ),
        (
            patch("add", "/responseParameters/gatewayresponse.header.x"),
            BadRequestException,
            "Invalid null or empty value in responseParameters",
        ),
        (
            patch("replace", "/responseTemplates/application~1json"),
            BadRequestException,
            "Invalid null or empty value in responseTemplates",
        ),
        (patch("replace", None, "x"), BadRequestException, "Invalid patch path null"),
        (patch("replace", "/wrongPath", "x"), BadRequestException, "Invalid patch path /wrongPath"),
    ],
)
def test_invalid_updates(api: Api, operations: Any, error: type[ServiceError], text: str) -> None:
    with pytest.raises(error, match=text):
        api.call("UpdateGatewayResponse", responseType="DEFAULT_4XX", patchOperations=operations)


def test_unknown_api(api: Api) -> None:
    with pytest.raises(NotFoundException, match="Invalid API identifier specified 000000000000:nope"):
        api.gateway.call("GetGatewayResponses", restApiId="nope")
