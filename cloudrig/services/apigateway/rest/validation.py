"""Request validation: required parameters, and the body against its model's JSON Schema (draft 4).

Source: AG `api-gateway-method-request-validation.html`; texts recorded on AWS in LocalStack's snapshots.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft4Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError, ValidationError  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.mappings import request_value
from cloudrig.services.apigateway.rest.state import RestApi

_MODEL_URI = "https://apigateway.amazonaws.com/restapis/{}/models/{}"


class RequestGate:
    """The checks that a method's request validator asks for."""

    def __init__(self, document: Members, api: RestApi) -> None:
        validator = api.validators[document["requestValidatorId"]]
        parameters: Mapping[str, bool] = document.get("requestParameters") or {}
        self._required = [name for name, required in sorted(parameters.items()) if required]
        if not validator["validateRequestParameters"]:
            self._required = []
        self._schemas: dict[str, Draft4Validator] = {}
        if validator["validateRequestBody"]:
            models: Mapping[str, str] = document.get("requestModels") or {}
            self._schemas = {media: schema(api, name) for media, name in models.items() if "json" in media}

    async def admit(self, call: Call) -> None:
        missing = [name.split(".", 3)[3] for name in self._required if not request_value(call, name)]
        if missing:
            text = f"Missing required request parameters: [{', '.join(missing)}]"
            raise GatewayError("BAD_REQUEST_PARAMETERS", text)
        content_type = call.request.headers.get("Content-Type") or "application/json"
        validator = self._schemas.get(content_type.partition(";")[0].strip())
        if validator is not None and not _conforms(call.request.body, validator):
            raise GatewayError("BAD_REQUEST_BODY", "Invalid request body")


def _conforms(body: bytes, validator: Draft4Validator) -> bool:
    try:
        validator.validate(json.loads(body))
    except (ValueError, RecursionError, ValidationError, Unresolvable):
        return False
    return True


def schema(api: RestApi, name: str) -> Draft4Validator:
    """A model's schema; references go to other models by the URI that AWS gives them."""
    resources = []
    for model in api.models.values():
        resource = Resource.from_contents(_contents(model), default_specification=DRAFT4)
        resources.append((_MODEL_URI.format(api.id, model["name"]), resource))
    return Draft4Validator(_contents(api.models[name]), registry=Registry().with_resources(resources))


def _contents(model: Members) -> Any:
    return json.loads(model.get("schema") or "{}")


def check_schema(schema_text: str) -> None:
    """Raises BadRequestException for what is no JSON Schema of draft 4."""
    try:
        contents = json.loads(schema_text)
        Draft4Validator.check_schema(contents)
    except (ValueError, RecursionError, SchemaError) as error:
        reason = str(error).partition("\n")[0]
        raise BadRequestException(
            f"Invalid model specified: Validation Result: warnings : [], errors : [{reason}]"
        ) from None
