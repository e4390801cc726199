"""Control plane of REST APIs: models and request validators.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Model.html, API_RequestValidator.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from cloudrig.engine import names
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.rest.model_templates import model_template
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, boolean, converted, text
from cloudrig.services.apigateway.rest.state import RestApi, RestState
from cloudrig.services.apigateway.rest.validation import check_schema

_NAME = re.compile(r"[a-zA-Z0-9]+")
_DRAFT_4 = "http://json-schema.org/draft-04/schema#"
_EMPTY_SCHEMA = "Model schema must have at least 1 property or array items defined"


class ModelControl:
    """Operations on Model and RequestValidator."""

    def __init__(self, state: RestState) -> None:
        self._state = state
        self.operations: Mapping[str, Operation] = {
            "CreateModel": self.create_model,
            "GetModel": self.get_model,
            "GetModelTemplate": self.get_model_template,
            "GetModels": self.get_models,
            "UpdateModel": self.update_model,
            "DeleteModel": self.delete_model,
            "CreateRequestValidator": self.create_request_validator,
            "GetRequestValidator": self.get_request_validator,
            "GetRequestValidators": self.get_request_validators,
            "UpdateRequestValidator": self.update_request_validator,
            "DeleteRequestValidator": self.delete_request_validator,
        }

    # models

    def create_model(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        name = members["name"]
        if not name:
            raise BadRequestException("Model name must be non-empty")
        if not _NAME.fullmatch(name):
            raise BadRequestException(f"Model name must be alphanumeric: {name}")
        if name in api.models:
            raise ConflictException("Model name already exists for this REST API")
        _check_model(members.get("schema"))
        given = {key: value for key, value in members.items() if key != "restApiId" and value != ""}
        api.models[name] = document = {"id": names.api_id()[:6], **given}
        return document

    def get_model(self, caller: Caller, members: Members) -> Members:
        return _model(self._state.account(caller.scope).apis.get(members["restApiId"]), members["modelName"])

    def get_model_template(self, caller: Caller, members: Members) -> Members:
        schema = self.get_model(caller, members).get("schema") or "{}"
        return {"value": model_template(json.loads(schema))}

    def get_models(self, caller: Caller, members: Members) -> Members:
        return page(list(self._state.api(caller.scope, members["restApiId"]).models.values()), members)

    def update_model(self, caller: Caller, members: Members) -> Members:
        api = self._state.account(caller.scope).apis.get(members["restApiId"])
        document = _MODEL.apply(_model(api, members["modelName"]), members.get("patchOperations"))
        _check_model(document.get("schema"))
        self._state.api(caller.scope, members["restApiId"]).models[members["modelName"]] = document
        return document

    def delete_model(self, caller: Caller, members: Members) -> Members:
        api = self._state.account(caller.scope).apis.get(members["restApiId"])
        name = _model(api, members["modelName"])["name"]
        api = self._state.api(caller.scope, members["restApiId"])
        for resource in api.resources.values():
            for http_method, method in resource.methods.items():
                if name in (method.document.get("requestModels") or {}).values():
                    raise ConflictException(
                        f"Cannot delete model '{name}', is referenced in method request: {resource.path}/{http_method}"
                    )
        del api.models[name]
        return {}

    # request validators

    def create_request_validator(self, caller: Caller, members: Members) -> Members:
        api = self._state.account(caller.scope).apis.get(members["restApiId"])
        if api is None:
            raise BadRequestException("Invalid REST API identifier specified")
        document = {
            "id": names.api_id()[:6],
            "name": members.get("name"),
            "validateRequestBody": members.get("validateRequestBody", False),
            "validateRequestParameters": members.get("validateRequestParameters", False),
        }
        api.validators[str(document["id"])] = document
        return document

    def get_request_validator(self, caller: Caller, members: Members) -> Members:
        api = self._api_of_validator(caller, members)
        return api.validators[members["requestValidatorId"]]

    def get_request_validators(self, caller: Caller, members: Members) -> Members:
        return page(list(self._state.api(caller.scope, members["restApiId"]).validators.values()), members)

    def update_request_validator(self, caller: Caller, members: Members) -> Members:
        api = self._api_of_validator(caller, members)
        validator_id = members["requestValidatorId"]
        document = _VALIDATOR.apply(api.validators[validator_id], members.get("patchOperations"))
        api.validators[validator_id] = document
        return document

    def delete_request_validator(self, caller: Caller, members: Members) -> Members:
        api = self._api_of_validator(caller, members)
        for resource in api.resources.values():
            for http_method, method in resource.methods.items():
                if method.document.get("requestValidatorId") == members["requestValidatorId"]:
                    raise ConflictException(  # unverified text
                        f"Cannot delete request validator, is referenced in method: {resource.path}/{http_method}"
                    )
        del api.validators[members["requestValidatorId"]]
        return {}

    def _api_of_validator(self, caller: Caller, members: Members) -> RestApi:
        """AWS reports a missing API as a missing validator."""
        api = self._state.account(caller.scope).apis.get(members["restApiId"])
        if api is None or members["requestValidatorId"] not in api.validators:
            raise NotFoundException("Invalid Request Validator identifier specified")
        return api


def default_models() -> dict[str, Members]:
    """The two models that every API is created with."""
    empty = {"$schema": _DRAFT_4, "title": "Empty Schema", "type": "object"}
    properties = {"message": {"type": "string"}}
    error = {"$schema": _DRAFT_4, "title": "Error Schema", "type": "object", "properties": properties}
    return {"Empty": _default("Empty", "empty", empty), "Error": _default("Error", "error", error)}


def _default(name: str, what: str, schema: Members) -> Members:
    return {
        "id": names.api_id()[:6],
        "name": name,
        "description": f"This is a default {what} schema model",
        "contentType": "application/json",
        "schema": json.dumps(schema, indent=2),
    }


def _model(api: RestApi | None, name: str) -> Members:
    """AWS reports a missing API as a missing model."""
    if api is None or name not in api.models:
        raise NotFoundException(f"Invalid model name specified: {name}")
    return api.models[name]


def _check_model(schema: str | None) -> None:
    if not schema:
        raise BadRequestException(_EMPTY_SCHEMA)
    check_schema(schema)


def _validator_name(value: str) -> str:
    if not value:
        raise BadRequestException("Request Validator name cannot be blank")
    return value


_MODEL = PatchTable(
    {"/description": text("description"), "/schema": converted("schema", str, clearable=False)}, listing=True
)

_VALIDATOR = PatchTable(
    {
        "/name": converted("name", _validator_name, clearable=False),
        "/validateRequestParameters": boolean("validateRequestParameters"),
        "/validateRequestBody": boolean("validateRequestBody"),
    },
    listing=True,
)
