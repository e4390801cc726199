"""What AWS accepts in the documents of a WebSocket API, per kind of resource (`checks.Rule`).

Texts no source could be found for are cloudrig's own (unverified).
Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html, botocore's service model.
"""

from __future__ import annotations

import re

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.aws_services import aws_endpoint
from cloudrig.services.apigateway.errors import (
    BadRequestException,
    ConflictException,
    NotFoundException,
)
from cloudrig.services.apigateway.v2.checks import (
    Rule,
    anything,
    check_connection,
    check_http_backend,
    check_invocation,
    check_stage,
    check_target,
    refuse,
    taken,
)
from cloudrig.services.apigateway.v2.models import InvalidSchema, compile_schema
from cloudrig.services.apigateway.v2.selection import InvalidExpression, compile_expression
from cloudrig.services.apigateway.v2.state import (
    API,
    AUTHORIZER,
    DEPLOYMENT,
    INTEGRATION,
    INTEGRATION_RESPONSE,
    MODEL,
    ROUTE,
    ROUTE_RESPONSE,
    STAGE,
    Api,
    Kind,
    Node,
)
from cloudrig.services.apigateway.vtl.velocity import MAX_TEMPLATE_BYTES
from cloudrig.services.apigateway.websocket.integrations.compiling import is_lambda_uri
from cloudrig.services.apigateway.websocket.integrations.mappings import (
    DECLARED_SOURCE,
    REQUEST_SOURCE,
    REQUEST_TARGET,
    RESPONSE_SOURCE,
    RESPONSE_TARGET,
)
from cloudrig.services.apigateway.websocket.live import CONNECT, DEFAULT, DISCONNECT

DEFAULT_RESPONSE_KEY = "$default"
MAX_TIMEOUT_MS = 29_000
API_KEY_EXPRESSIONS = ("$request.header.x-api-key", "$context.authorizer.usageIdentifierKey")

_ROUTE_KEYS = (CONNECT, DISCONNECT, DEFAULT)
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MODEL_NAME = re.compile(r"[A-Za-z0-9]{1,255}")

_AWS_URI = re.compile(r"arn:aws[\w-]*:apigateway:")
_RESPONSE_SOURCES = (
    "request.body",
    "integration.response.statuscode",
    "integration.response.header",
    "integration.response.multivalueheader",
)
_IDENTITY_SOURCE = re.compile(r"(route\.request\.(header|querystring)|stageVariables|context)\.[^\s.].*")


def api_rule(_api: Api | None, _parent: Node | None, document: Members) -> None:
    """CreateApi and UpdateApi. `routeSelectionExpression` is required for WEBSOCKET and reads the message body only."""
    if document.get("CorsConfiguration"):
        raise BadRequestException("CorsConfiguration is supported for HTTP APIs only")
    expression = document.get("RouteSelectionExpression")
    if not expression:
        raise BadRequestException("RouteSelectionExpression is required for WEBSOCKET protocol APIs")
    _check_expression(expression, "RouteSelectionExpression")
    if document["ApiKeySelectionExpression"] not in API_KEY_EXPRESSIONS:
        raise BadRequestException(f"ApiKeySelectionExpression must be one of {', '.join(API_KEY_EXPRESSIONS)}")


def route_rule(api: Api, _parent: Node, document: Members) -> None:
    """Predefined keys or keys without a leading `$`, unique; authorization on `$connect` only."""
    key = document["RouteKey"]
    if not key or (key.startswith("$") and key not in _ROUTE_KEYS):
        raise BadRequestException(f"The provided route key is not valid: {key}")
    if taken(api, ROUTE, document, "RouteKey"):
        raise ConflictException(f"Route with key {key} already exists for this API")
    if document.get("RouteResponseSelectionExpression") not in (None, "", DEFAULT_RESPONSE_KEY):
        raise BadRequestException("RouteResponseSelectionExpression can only be $default")
    check_target(api, document.get("Target"))
    _check_authorization(api, document)
    _check_models(api, document)
    for parameter in document.get("RequestParameters") or {}:
        if not DECLARED_SOURCE.fullmatch(parameter):
            raise BadRequestException(f"Invalid request parameter specified: {parameter}")


def _check_models(api: Api, document: Members) -> None:
    """Models that exist, picked by an expression on the message."""
    if document.get("ModelSelectionExpression"):
        _check_expression(document["ModelSelectionExpression"], "ModelSelectionExpression")
    names = {model["Name"] for model in api.documents(MODEL)}
    for name in (document.get("RequestModels") or {}).values():
        if name not in names:
            raise NotFoundException(f"Unable to find Model by name {name}")


def _check_authorization(api: Api, document: Members) -> None:
    kind = document.get("AuthorizationType", "NONE")
    if kind == "JWT":
        raise BadRequestException("Authorization type JWT is supported for HTTP APIs only")
    if kind != "NONE" and document["RouteKey"] != CONNECT:
        raise BadRequestException("Authorization is supported on the $connect route only")
    if kind == "CUSTOM":
        api.find(AUTHORIZER, document.get("AuthorizerId", ""))
    refuse(document, "AuthorizationScopes")


def route_response_rule(_api: Api, route: Node, document: Members) -> None:
    """`$default` is the only key, once per route."""
    if document["RouteResponseKey"] != DEFAULT_RESPONSE_KEY:
        raise BadRequestException("RouteResponseKey can only be $default")
    if taken(route, ROUTE_RESPONSE, document, "RouteResponseKey"):
        raise ConflictException("Route response with key $default already exists for this route")


def integration_rule(_api: Api, _parent: Node, document: Members) -> None:
    """A URI and a method that fit the type; a timeout of at most 29 s; templates and parameter mappings."""
    kind = document["IntegrationType"]
    check_connection(document, MAX_TIMEOUT_MS)
    if kind.startswith("AWS"):
        _check_lambda(kind, document)
    if kind.startswith("HTTP"):
        check_http_backend(document)
    _check_templates(document, "RequestTemplates", ("request.body",))
    for target, source in (document.get("RequestParameters") or {}).items():
        _check_mapping(target, source, REQUEST_TARGET, REQUEST_SOURCE)
    refuse(document, "ResponseParameters", "IntegrationSubtype")


def _check_lambda(kind: str, document: Members) -> None:
    uri = document.get("IntegrationUri", "")
    if kind == "AWS" and aws_endpoint(uri, "", document.get("RequestParameters")) is not None:
        return
    if kind == "AWS" and _AWS_URI.match(uri) and not is_lambda_uri(uri):
        raise OperationNotImplemented(f"cloudrig does not implement AWS integrations with {uri}")
    if not is_lambda_uri(uri):
        raise BadRequestException("IntegrationUri must be an arn:aws:apigateway:…:lambda:path/…/invocations ARN")
    check_invocation(document)


def _check_mapping(target: str, source: str, targets: re.Pattern[str], sources: re.Pattern[str]) -> None:
    if not targets.fullmatch(target):
        raise BadRequestException(f"Invalid mapping expression parameter specified: {target}")
    if not sources.fullmatch(source):
        raise BadRequestException(f"Invalid mapping expression specified: {source}")


def integration_response_rule(_api: Api, integration: Node, document: Members) -> None:
    """`$default` or a pattern between slashes; proxy integrations have none."""
    key = document["IntegrationResponseKey"]
    if integration.members["IntegrationType"].endswith("_PROXY"):
        raise BadRequestException("Integration responses cannot be set for proxy integrations")
    if key != DEFAULT_RESPONSE_KEY and not _is_pattern(key):
        raise BadRequestException(f"IntegrationResponseKey must be $default or a /regular expression/: {key}")
    if taken(integration, INTEGRATION_RESPONSE, document, "IntegrationResponseKey"):
        raise ConflictException(f"Integration response with key {key} already exists for this integration")
    _check_templates(document, "ResponseTemplates", _RESPONSE_SOURCES)
    for target, source in (document.get("ResponseParameters") or {}).items():
        _check_mapping(target, source, RESPONSE_TARGET, RESPONSE_SOURCE)


def authorizer_rule(_api: Api, _parent: Node, document: Members) -> None:
    """REQUEST only; identity sources in the `route.request.…` spelling."""
    if document["AuthorizerType"] != "REQUEST":
        raise BadRequestException("Only REQUEST authorizers are supported for WEBSOCKET protocol APIs")
    if not is_lambda_uri(document.get("AuthorizerUri", "")):
        raise BadRequestException("AuthorizerUri must be an arn:aws:apigateway:…:lambda:path/…/invocations ARN")
    for source in document.get("IdentitySource") or ():
        if not _IDENTITY_SOURCE.fullmatch(source):
            raise BadRequestException(f"Invalid identity source: {source}")


def model_rule(api: Api, _parent: Node, document: Members) -> None:
    """A name of letters and digits, unique; the schema is JSON."""
    if not _MODEL_NAME.fullmatch(document["Name"]):
        raise BadRequestException("Model name must be alphanumeric")
    if taken(api, MODEL, document, "Name"):
        raise ConflictException(f"Model with name {document['Name']} already exists for this API")
    try:
        compile_schema(document["Schema"])
    except InvalidSchema as error:
        raise BadRequestException(f"Invalid model specified: {error}") from None


def stage_rule(api: Api, _parent: Node, document: Members) -> None:
    """Name, variables and settings; the deployment exists, and is not set by hand where the stage deploys itself."""
    if not _STAGE_NAME.fullmatch(document["StageName"]):
        raise BadRequestException("Stage name only allows a-zA-Z0-9_-")
    check_stage(api, document)


def _check_expression(text: str, member: str, sources: tuple[str, ...] = ("request.body",)) -> None:
    try:
        expression = compile_expression(text)
    except InvalidExpression as error:
        raise BadRequestException(f"Invalid {member}: {error}") from None
    if any(variable.source not in sources for variable in expression.variables()):
        raise BadRequestException(f"Invalid {member}: it can only refer to ${', $'.join(sources)}")


def _check_templates(document: Members, member: str, sources: tuple[str, ...]) -> None:
    """At most 300 KB. What is no VTL is accepted, and fails messages."""
    if document.get("TemplateSelectionExpression"):
        _check_expression(document["TemplateSelectionExpression"], "TemplateSelectionExpression", sources)
    if any(len(template.encode()) > MAX_TEMPLATE_BYTES for template in (document.get(member) or {}).values()):
        raise BadRequestException(f"A template in {member} is larger than 300 KB")


def _is_pattern(key: str) -> bool:
    if len(key) < 3 or not (key.startswith("/") and key.endswith("/")):
        return False
    try:
        re.compile(key[1:-1])
    except re.error:
        return False
    return True


RULES: dict[Kind, Rule] = {
    API: api_rule,
    ROUTE: route_rule,
    ROUTE_RESPONSE: route_response_rule,
    INTEGRATION: integration_rule,
    INTEGRATION_RESPONSE: integration_response_rule,
    AUTHORIZER: authorizer_rule,
    MODEL: model_rule,
    DEPLOYMENT: anything,
    STAGE: stage_rule,
}
