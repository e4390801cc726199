"""Models and request validators. Texts are those recorded on AWS in LocalStack's snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import ServiceError
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def api() -> Api:
    return Gateway().api()


def model(api: Api, **members: Any) -> Any:
    given = {"name": "Pet", "contentType": "application/json", "schema": '{"type": "object"}', **members}
    return api.call("CreateModel", **given)


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def test_every_api_has_two_models(api: Api) -> None:
    models = {item["name"]: item["description"] for item in api.call("GetModels")["items"]}
    assert models == {
        "Empty": "This is a default empty schema model",
        "Error": "This is a default error schema model",
    }


def test_model_lifecycle(api: Api) -> None:
    created = model(api)
    assert set(created) == {"id", "name", "contentType", "schema"}
    changed = api.call("UpdateModel", modelName="Pet", patchOperations=patch("replace", "/description", "d"))
    assert changed["description"] == "d"
    assert api.call("GetModel", modelName="Pet") == changed
    api.call("DeleteModel", modelName="Pet")
    with pytest.raises(NotFoundException, match="Invalid model name specified: Pet"):
        api.call("GetModel", modelName="Pet")


@pytest.mark.parametrize(
    ("members", "error", "text"),
    [
        ({"name": "Empty"}, ConflictException, "Model name already exists for this REST API"),
        ({"name": ""}, BadRequestException, "Model name must be non-empty"),
        ({"schema": None}, BadRequestException, "Model schema must have at least 1 property or array items defined"),
        ({"schema": "{"}, BadRequestException, "Invalid model specified"),
        ({"schema": '{"type": "thing"}'}, BadRequestException, "Invalid model specified"),
    ],
)
def test_invalid_models(api: Api, members: dict[str, Any], error: type[ServiceError], text: str) -> None:
    with pytest.raises(error, match=text):
        model(api, **members)


def test_model_in_use_stays(api: Api) -> None:
    model(api)
    api.method("ANY", "/test", requestModels={"application/json": "Pet"})
    text = "Cannot delete model 'Pet', is referenced in method request: /test/ANY"
    with pytest.raises(ConflictException, match=text):
        api.call("DeleteModel", modelName="Pet")


def test_invalid_model_updates(api: Api) -> None:
    model(api)
    text = r"Invalid patch path  '/name' specified for op 'replace'. Must be one of: \[/description, /schema\]"
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateModel", modelName="Pet", patchOperations=patch("replace", "/name", "x"))
    with pytest.raises(BadRequestException, match="Model schema must have at least 1 property"):
        api.call("UpdateModel", modelName="Pet", patchOperations=patch("replace", "/schema", ""))


def test_methods_name_models_and_validators_that_exist(api: Api) -> None:
    with pytest.raises(BadRequestException, match="Invalid model identifier specified: petModel"):
        api.method("GET", "/", requestModels={"application/json": "petModel"})
    with pytest.raises(BadRequestException, match="Invalid Request Validator identifier specified"):
        api.method("GET", "/", requestValidatorId="x")


def test_validator_lifecycle(api: Api) -> None:
    created = api.call("CreateRequestValidator", name="v")
    ids = {"requestValidatorId": created["id"]}
    assert (created["validateRequestBody"], created["validateRequestParameters"]) == (False, False)
    changed = api.call(
        "UpdateRequestValidator", **ids, patchOperations=patch("replace", "/validateRequestBody", "true")
    )
    assert changed["validateRequestBody"] is True
    assert api.call("GetRequestValidators")["items"] == [changed]
    api.call("DeleteRequestValidator", **ids)
    with pytest.raises(NotFoundException, match="Invalid Request Validator identifier specified"):
        api.call("GetRequestValidator", **ids)


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        (patch("add", "/validateRequestBody", "true"), "Please choose supported operations"),
        (
            patch("replace", "/invalidPath", "x"),
            r"Must be one of: \[/name, /validateRequestParameters, /validateRequestBody\]",
        ),
        (patch("replace", "/name", ""), "Request Validator name cannot be blank"),
    ],
)
def test_invalid_validator_updates(api: Api, operations: Any, text: str) -> None:
    created = api.call("CreateRequestValidator", name="v")
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateRequestValidator", requestValidatorId=created["id"], patchOperations=operations)


def test_validator_in_use_stays(api: Api) -> None:
    created = api.call("CreateRequestValidator", name="v")
    api.method("GET", "/", requestValidatorId=created["id"])
    with pytest.raises(ConflictException):
        api.call("DeleteRequestValidator", requestValidatorId=created["id"])


def test_validator_of_a_missing_api(api: Api) -> None:
    with pytest.raises(BadRequestException, match="Invalid REST API identifier specified"):
        api.gateway.call("CreateRequestValidator", restApiId="x", name="v")


def test_an_empty_description_is_none(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    assert "description" not in model(api, description="")
