"""Control plane of REST APIs: integrations and integration responses.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html, API_IntegrationResponse.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Arn
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.aws_services import SERVICES
from cloudrig.services.apigateway.content import HANDLINGS
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.errors import not_built
from cloudrig.services.apigateway.rest.mappings import (
    REQUEST_SOURCE,
    REQUEST_TARGET,
    RESPONSE_SOURCE,
    RESPONSE_TARGET,
)
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, converted, map_entry, text
from cloudrig.services.apigateway.rest.state import Integration, Method, RestState
from cloudrig.services.apigateway.rest.templates import check_templates

DEFAULT_TIMEOUT_MS = 29_000
_MIN_TIMEOUT_MS = 50
_TYPES = ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")
_PARAMETER = re.compile(r"method\.request\.(?:header|querystring|path)\.")
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
_HTTP_URI = re.compile(r"https?://\S+|\S*\$\{stageVariables\.\w+\}\S*")


class IntegrationControl:
    """Operations on Integration and IntegrationResponse."""

    def __init__(self, state: RestState) -> None:
        self._state = state
        self.operations: Mapping[str, Operation] = {
            "PutIntegration": self.put_integration,
            "GetIntegration": self.get_integration,
            "UpdateIntegration": self.update_integration,
            "DeleteIntegration": self.delete_integration,
            "PutIntegrationResponse": self.put_integration_response,
            "GetIntegrationResponse": self.get_integration_response,
            "UpdateIntegrationResponse": self.update_integration_response,
            "DeleteIntegrationResponse": self.delete_integration_response,
        }

    def put_integration(self, caller: Caller, members: Members) -> Members:
        """What stands behind a method; replaces the one before, with its responses.

        Raises:
            NotFoundException: no such resource or method.
            BadRequestException: a URI or method that does not fit the type, a timeout out of range.
            OperationNotImplemented: an integration that the data plane could not carry out.
        """
        method = self._method(caller, members)
        document = _document(members)
        _check(method, document)
        method.integration = Integration(document)
        return method.integration.members()

    def get_integration(self, caller: Caller, members: Members) -> Members:
        return _integration(self._method(caller, members)).members()

    def update_integration(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        integration = _integration(method)
        document = _INTEGRATION.apply(integration.document, members.get("patchOperations"))
        _check(method, document)
        integration.document = document
        return integration.members()

    def delete_integration(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        _integration(method)
        method.integration = None
        return {}

    def put_integration_response(self, caller: Caller, members: Members) -> Members:
        """How an answer of the integration becomes the method response of `statusCode`; replaces the one before."""
        method = self._method(caller, members)
        document = {name: members[name] for name in _RESPONSE_MEMBERS if name in members}
        if "responseTemplates" in document:  # an empty one is kept as null
            document["responseTemplates"] = {key: text or None for key, text in document["responseTemplates"].items()}
        _check_response(method, document)
        _integration(method).responses[members["statusCode"]] = document
        return document

    def get_integration_response(self, caller: Caller, members: Members) -> Members:
        return _response(_integration(self._method(caller, members)), members["statusCode"])

    def update_integration_response(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        integration = _integration(method)
        document = _response(integration, members["statusCode"])
        document = _INTEGRATION_RESPONSE.apply(document, members.get("patchOperations"))
        _check_response(method, document)
        integration.responses[members["statusCode"]] = document
        return document

    def delete_integration_response(self, caller: Caller, members: Members) -> Members:
        """AWS reports a missing method as a missing integration here, unlike in its other operations."""
        resource = self._state.resource(caller.scope, members["restApiId"], members["resourceId"])
        integration = _integration(resource.methods.get(members["httpMethod"]))
        _response(integration, members["statusCode"])
        del integration.responses[members["statusCode"]]
        return {}

    def _method(self, caller: Caller, members: Members) -> Method:
        resource = self._state.resource(caller.scope, members["restApiId"], members["resourceId"])
        return resource.method(members["httpMethod"])


def _integration(method: Method | None) -> Integration:
    if method is None or method.integration is None:
        raise NotFoundException("Invalid Integration identifier specified")
    return method.integration


def _response(integration: Integration, status: str) -> Members:
    if status not in integration.responses:
        raise NotFoundException("Invalid Response status code specified")
    return integration.responses[status]


def _document(members: Members) -> Members:
    """The model's Integration; in PutIntegration's input `httpMethod` is the method's, not the integration's."""
    skipped = ["restApiId", "resourceId", "httpMethod", "integrationHttpMethod"]
    if members["type"] == "MOCK":
        skipped.append("uri")
    http = {"connectionType": "INTERNET"} if members["type"].startswith("HTTP") else {}
    return {
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": DEFAULT_TIMEOUT_MS,
        "cacheNamespace": members["resourceId"],
        "cacheKeyParameters": [],
        **http,
        **{name: value for name, value in members.items() if name not in skipped},
        "httpMethod": members.get("integrationHttpMethod"),
    }


# --- checks ---------------------------------------------------------------------------------------------------------


def _check(method: Method, document: Members) -> None:
    _check_values(document)
    _check_not_built(document)
    if document["type"] != "MOCK" and not document.get("httpMethod"):
        raise BadRequestException("Enumeration value for HttpMethod must be non-empty")
    if document["type"].startswith("AWS"):
        _check_aws_uri(document)
    if document["type"].startswith("HTTP") and not _HTTP_URI.fullmatch(document.get("uri") or ""):
        raise BadRequestException("Invalid HTTP endpoint specified for URI")
    for target, source in (document.get("requestParameters") or {}).items():
        _check_request_mapping(target, source, method.document.get("requestParameters") or {})
    if not _is_proxy(document):  # proxies do not look at their templates
        check_templates(document.get("requestTemplates"))


def _is_proxy(document: Members) -> bool:
    return str(document["type"]).endswith("_PROXY")


def _check_request_mapping(target: str, source: str, declared: Members) -> None:
    """What is mapped from the request must be a parameter of the method (aws/aws-cdk#17318)."""
    if not REQUEST_TARGET.fullmatch(target):
        raise _invalid_mapping(f"Invalid mapping expression parameter specified: {target}")
    if not REQUEST_SOURCE.fullmatch(source):
        raise _invalid_mapping(f"Invalid mapping expression specified: {source}")
    if _PARAMETER.match(source) and source not in declared:
        raise _invalid_mapping(f"Invalid mapping expression parameter specified: {source}")


def _invalid_mapping(error: str) -> BadRequestException:
    text = f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]"
    return BadRequestException(text)


def _check_values(document: Members) -> None:
    _check_content_handling(document)
    if not _MIN_TIMEOUT_MS <= document["timeoutInMillis"] <= DEFAULT_TIMEOUT_MS:
        raise BadRequestException(f"Timeout should be between {_MIN_TIMEOUT_MS} ms and {DEFAULT_TIMEOUT_MS} ms")
    if document["passthroughBehavior"] not in _PASSTHROUGH:
        raise BadRequestException(
            f"Invalid Passthrough Behavior specified. Valid options are {', '.join(_PASSTHROUGH)}"
        )


def _check_content_handling(document: Members) -> None:
    if document.get("contentHandling") not in (None, *HANDLINGS):
        raise BadRequestException(
            f"Invalid content handling specified. Valid options are {', '.join(HANDLINGS)}"  # unverified text
        )


def _check_aws_uri(document: Members) -> None:
    try:
        arn = Arn.parse(document.get("uri") or "")
    except ValueError:
        raise BadRequestException("Invalid ARN specified in the request") from None
    if arn.service != "apigateway" or not arn.resource.startswith(("path/", "action/")):
        raise BadRequestException("AWS ARN for integration must contain path or action")
    if document["type"] == "AWS_PROXY" and arn.account not in ("lambda", "firehose"):
        raise BadRequestException(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )
    if arn.account.rpartition(".")[2] not in ("lambda", *SERVICES):
        raise not_built(f"integrations of type {document['type']} with {arn.account}")


def _check_not_built(document: Members) -> None:
    for name in ("tlsConfig", "integrationTarget"):
        if document.get(name):
            raise not_built(f"the integration's {name}")
    if document.get("responseTransferMode", "BUFFERED") != "BUFFERED":
        raise not_built("response streaming")


def _check_response(method: Method, document: Members) -> None:
    try:
        re.compile(document.get("selectionPattern") or "")
    except re.error:
        raise BadRequestException(f"Invalid selection pattern: {document['selectionPattern']}") from None  # unverified
    _check_content_handling(document)
    if method.integration is not None and not _is_proxy(method.integration.document):
        check_templates(document.get("responseTemplates"))
    declared = method.responses.get(document["statusCode"])
    for parameter, source in (document.get("responseParameters") or {}).items():
        _check_mapping(parameter, source, declared)


def _check_mapping(parameter: str, source: str, declared: Members | None) -> None:
    """A mapping to a header needs that header in the method response."""
    if declared is None:
        raise _invalid_mapping("No method response exists for method.")
    if parameter not in (declared.get("responseParameters") or {}):
        raise _invalid_mapping(f"Invalid mapping expression parameter specified: {parameter}")
    if not RESPONSE_TARGET.fullmatch(parameter) or not RESPONSE_SOURCE.fullmatch(source):
        raise _invalid_mapping(f"Invalid mapping expression specified: {source}")


# --- patches --------------------------------------------------------------------------------------------------------


def _choice(*allowed: str) -> Rule:
    def apply(document: Members, patch: Patch) -> None:
        if patch.value not in allowed:
            raise BadRequestException(f"Invalid value specified. Valid options are {', '.join(allowed)}")
        document[patch.path.lstrip("/")] = patch.value

    return Rule(apply)


def _cache_key(document: Members, patch: Patch) -> None:
    """What the cache would tell requests apart by: kept and shown, for nothing is cached."""
    others = [name for name in document["cacheKeyParameters"] if name != patch.key]
    document["cacheKeyParameters"] = others + ([] if patch.op == "remove" else [patch.key])


def _text(value: str | None) -> str:
    return value or ""


_RESPONSE_MEMBERS = ("statusCode", "selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
_MISSING_PARAMETER = "Invalid parameter name specified"

_INTEGRATION = PatchTable(
    {
        "/type": _choice(*_TYPES),
        "/httpMethod": text("httpMethod"),
        "/uri": text("uri"),
        "/credentials": text("credentials"),
        "/connectionType": _choice("INTERNET", "VPC_LINK"),
        "/connectionId": text("connectionId"),
        "/passthroughBehavior": _choice(*_PASSTHROUGH),
        "/timeoutInMillis": converted("timeoutInMillis", int, clearable=False),
        "/contentHandling": text("contentHandling", ops=("replace", "remove")),
        "/cacheNamespace": text("cacheNamespace"),
        "/cacheKeyParameters/*": Rule(_cache_key, ("add", "replace", "remove")),
        "/requestParameters/*": map_entry("requestParameters", _text, missing=_MISSING_PARAMETER),
        "/requestTemplates/*": map_entry("requestTemplates", _text),
    }
)

_INTEGRATION_RESPONSE = PatchTable(
    {
        "/selectionPattern": text("selectionPattern"),
        "/contentHandling": text("contentHandling", ops=("replace", "remove")),
        "/responseParameters/*": map_entry("responseParameters", _text, missing=_MISSING_PARAMETER),
        "/responseTemplates/*": map_entry("responseTemplates", _text),
    }
)
