"""Mapping templates of REST APIs: what they can refer to, what they may override, and what a failure is to a client.

Sources: AG `api-gateway-mapping-template-reference.html`, `apigateway-override-request-response-parameters.html`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.answers import GatewayError, misconfigured
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.vtl.variables import NotJson, Variables
from cloudrig.services.apigateway.vtl.velocity import (
    MAX_TEMPLATE_BYTES,
    InvalidTemplate,
    TemplateFailed,
    compile_template,
)

log = logging.getLogger(__name__)

_CONTENT_TYPE = re.compile(r"[^/\s]+/\S+")
NOT_JSON = "Could not parse request body into json"


def check_templates(templates: Mapping[str, str | None] | None) -> None:
    """Raises BadRequestException: for no content type, or over 300 KB.

    Templates that are no VTL are accepted, and fail requests, as on AWS.
    """
    for content_type, template in (templates or {}).items():
        if not _CONTENT_TYPE.fullmatch(content_type):
            problem = f"Invalid content type specified: {content_type}"
            raise BadRequestException(f"Validation Result: warnings : [], errors : [{problem}]")
        if len((template or "").encode()) > MAX_TEMPLATE_BYTES:
            raise BadRequestException("Mapping template is larger than 300 KB")  # unverified text


def render_request(call: Call, template: str, body: str) -> str:
    """The body an integration is sent. Raises GatewayError: 400 where the template reads what is no JSON, else 500."""
    try:
        return _render(call, template, body)
    except NotJson as error:
        raise GatewayError("BAD_REQUEST_BODY", f"{NOT_JSON}: {error}") from None
    except (TemplateFailed, InvalidTemplate) as error:
        raise _failed(call, error) from None


def render_response(call: Call, template: str, body: str) -> str:
    """The body a client is sent. Raises GatewayError (500)."""
    try:
        return _render(call, template, body)
    except (TemplateFailed, InvalidTemplate) as error:
        raise _failed(call, error) from None


def _render(call: Call, template: str, body: str) -> str:
    variables = Variables(
        payload=body,
        context=call.template_context(),
        stage_variables=call.stage.variables or {},
        parameters={
            "path": call.path_parameters,
            "querystring": {name: values[-1] for name, values in call.query.items()},
            "header": {name: values[-1] for name, values in call.headers.items()},
        },
        overrides=call.overrides,
    )
    return variables.render(compile_template(template))


def _failed(call: Call, error: Exception) -> GatewayError:
    log.warning("a mapping template of %s failed: %s", call.stage.api_id, error)
    return misconfigured("Unable to transform the payload")
