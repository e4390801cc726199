"""What AWS accepts in the documents of an HTTP API, per kind of resource (`checks.Rule`).

Texts no source could be found for are cloudrig's own (unverified).
Sources: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html, AG `http-api-develop.html` and the
pages below it.
"""

from __future__ import annotations

import re

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException
from cloudrig.services.apigateway.http_api.mappings import REQUEST_KEY, RESPONSE_KEY, is_reserved
from cloudrig.services.apigateway.http_api.services import NOT_BUILT, SUBTYPES
from cloudrig.services.apigateway.v2.checks import (
    Rule,
    anything,
    check_connection,
    check_http_backend,
    check_invocation,
    check_stage,
    check_target,
    taken,
)
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

MAX_TIMEOUT_MS = 30_000
MAX_TTL_S = 3600
DEFAULT = "$default"
SELECTION = "$request.method $request.path"

_ROUTE_KEY = re.compile(r"(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) (/\S*)")
_VARIABLE = re.compile(r"\{([^{}/+]+)(\+?)\}")
_STAGE_NAME = re.compile(r"\$default|[A-Za-z0-9_-]{1,128}")
_LAMBDA = re.compile(
    r"(?:arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/2015-03-31/functions/)?"
    r"(arn:aws[\w-]*:lambda:\S+?:\d{12}:function:\S+?|\S*\$\{stageVariables\.\w+\}\S*?)(?:/invocations)?"
)
_STATUS = re.compile(r"[2-5]\d\d")
_NO_AUTHORIZER = {
    "JWT": "Setting the authorization type to JWT requires a valid JWT authorizer.",
    "CUSTOM": "Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
}
"""So AWS says in hashicorp/terraform-provider-aws#17497 and anomalyco/sst#4097."""
_TOKEN_SOURCE = re.compile(r"\$request\.(header|querystring)\.[^\s.$]+")
_IDENTITY_SOURCE = re.compile(r"\$(?:request\.(?:header|querystring)|context|stageVariables)\.[^\s$]+")
_ORIGIN = re.compile(r"\*|https?://\*|[a-z][a-z0-9+.-]*://[^\s/*]+|null", re.IGNORECASE)
_METHODS = frozenset({"*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_WEBSOCKET_ONLY = ("ContentHandlingStrategy", "RequestTemplates", "TemplateSelectionExpression")


def api_rule(_api: Api, _parent: Node, document: Members) -> None:
    """CreateApi and UpdateApi: the selection expression is fixed."""
    expression = document["RouteSelectionExpression"].replace("{", "").replace("}", "")
    if expression != SELECTION:
        raise BadRequestException(f"RouteSelectionExpression of an HTTP API must be {SELECTION}")
    if document.get("CorsConfiguration"):
        _check_cors(document["CorsConfiguration"])


def _check_cors(cors: Members) -> None:
    """Source: the model's Cors; AG `http-api-cors.html`."""
    origins = cors.get("AllowOrigins") or []
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise BadRequestException(f"Invalid format for origin {origin}")
    if cors.get("AllowCredentials") and "*" in origins:
        raise BadRequestException("allow-credentials is not supported if 'allow-origin' is *")
    for method in cors.get("AllowMethods") or ():
        if method.upper() not in _METHODS:
            raise BadRequestException(f"Invalid method {method} in allowMethods")
    if not -1 <= cors.get("MaxAge", 0) <= 86_400:
        raise BadRequestException("maxAge must be between -1 and 86400")


def route_rule(api: Api, _parent: Node, document: Members) -> None:
    """`$default` or `METHOD /path`, unique; what authorizes it exists and is of the type."""
    key = document["RouteKey"]
    _check_route_key(key)
    if taken(api, ROUTE, document, "RouteKey"):
        raise ConflictException(f"Route with key {key} already exists for this API")
    if document.get("ApiKeyRequired"):
        raise BadRequestException("ApiKeyRequired is supported for WEBSOCKET protocol APIs only")
    for member in (
        "ModelSelectionExpression",
        "RequestModels",
        "RequestParameters",
        "RouteResponseSelectionExpression",
    ):
        if document.get(member):
            raise BadRequestException(f"{member} is supported for WEBSOCKET protocol APIs only")
    check_target(api, document.get("Target"))
    _check_authorization(api, document)


def _check_route_key(key: str) -> None:
    if key == DEFAULT:
        return
    found = _ROUTE_KEY.fullmatch(key)
    if found is None:
        raise BadRequestException(
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    *parents, _ = parts = found[2][1:].split("/")
    names = [variable[1] for part in parts if (variable := _VARIABLE.fullmatch(part))]
    braces = [part for part in parts if "{" in part or "}" in part]
    if len(braces) != len(names) or len(set(names)) != len(names) or any(part.endswith("+}") for part in parents):
        raise BadRequestException(f"The provided route key is not valid: {key}")


def _check_authorization(api: Api, document: Members) -> None:
    kind = document["AuthorizationType"]
    wanted = {"JWT": "JWT", "CUSTOM": "REQUEST"}.get(kind)
    if wanted is not None:
        node = api.of(AUTHORIZER).get(document.get("AuthorizerId") or "")
        if node is None or node.members["AuthorizerType"] != wanted:
            raise BadRequestException(f"Invalid authorizer ID specified. {_NO_AUTHORIZER[kind]}")
    if document.get("AuthorizationScopes") and kind != "JWT":
        raise BadRequestException(
            "Invalid Route authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS "
            "and JWT authorization types"
        )


def integration_rule(_api: Api, _parent: Node, document: Members) -> None:
    """A function, an HTTP back end or one of the AWS services; parameter mappings."""
    kind = document["IntegrationType"]
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise BadRequestException(
            "Currently, an API with a protocol type of HTTP may only be associated with proxy integrations "
            "(AWS_PROXY, HTTP_PROXY)"
        )
    check_connection(document, MAX_TIMEOUT_MS)
    for member in _WEBSOCKET_ONLY:
        if document.get(member):
            raise BadRequestException(f"{member} is supported for WEBSOCKET protocol APIs only")
    if document.get("IntegrationSubtype"):
        _check_subtype(document)
    elif kind == "AWS_PROXY":
        _check_lambda(document)
    else:
        _check_http(document)
    _check_responses(document)


def _check_subtype(document: Members) -> None:
    name = subtype_name(document["IntegrationSubtype"])
    if name in NOT_BUILT:
        raise OperationNotImplemented(f"cloudrig does not implement IntegrationSubtype {name}")
    if document["IntegrationType"] != "AWS_PROXY" or name not in SUBTYPES:
        raise BadRequestException(f"Invalid integration subtype specified: {document['IntegrationSubtype']}")
    if not document.get("CredentialsArn"):
        raise BadRequestException("CredentialsArn is required for AWS service integrations")
    subtype, given = SUBTYPES[name], set(document.get("RequestParameters") or ())
    missing = subtype.required - given
    if missing:
        raise BadRequestException(f"Missing required request parameters: {', '.join(sorted(missing))}")
    for parameter in sorted(given - subtype.required - subtype.optional - {"Region"}):
        raise OperationNotImplemented(f"cloudrig does not implement parameter {parameter} of {name}")


def subtype_name(text: str) -> str:
    """`SQS-SendMessage-1.0` and `SQS-SendMessage` are the same."""
    return text.removesuffix("-1.0")


def _check_lambda(document: Members) -> None:
    if not _LAMBDA.fullmatch(document.get("IntegrationUri") or ""):
        raise BadRequestException("IntegrationUri of a Lambda integration must be the ARN of a function")
    check_invocation(document)
    if document.get("PayloadFormatVersion") not in ("1.0", "2.0"):
        raise BadRequestException("PayloadFormatVersion is a required parameter for Lambda integrations: 1.0 or 2.0")
    _check_requests(document)


def _check_http(document: Members) -> None:
    check_http_backend(document)
    if document["PayloadFormatVersion"] != "1.0":
        raise BadRequestException("PayloadFormatVersion of an HTTP integration must be 1.0")
    _check_requests(document)


def _check_requests(document: Members) -> None:
    for key in document.get("RequestParameters") or {}:
        found = REQUEST_KEY.fullmatch(key)
        if found is None or (found[2] == "header" and is_reserved(found[3])):
            raise BadRequestException(f"Invalid mapping expression specified: {key}")


def _check_responses(document: Members) -> None:
    for status, parameters in (document.get("ResponseParameters") or {}).items():
        if not _STATUS.fullmatch(status):
            raise BadRequestException(f"Invalid status code in ResponseParameters: {status}")
        for key in parameters:
            found = RESPONSE_KEY.fullmatch(key)
            if found is None or (found[2] and is_reserved(found[2])):
                raise BadRequestException(f"Invalid mapping expression specified: {key}")


def authorizer_rule(_api: Api, _parent: Node, document: Members) -> None:
    """JWT: an issuer, audiences and where the token is. REQUEST: a function, its format, and what caches go by."""
    sources = document.get("IdentitySource") or []
    if document["AuthorizerType"] == "JWT":
        configuration = document.get("JwtConfiguration") or {}
        if not configuration.get("Issuer"):
            raise BadRequestException("Invalid issuer: Issuer can not be empty for JWT Authorizer.")
        if not re.fullmatch(r"https?://\S+", configuration.get("Issuer") or ""):
            raise BadRequestException("Invalid issuer: it must be a URL")
        if not configuration.get("Audience"):
            raise BadRequestException("Audience is required for JWT authorizers")
        if len(sources) != 1 or not _TOKEN_SOURCE.fullmatch(sources[0]):
            raise BadRequestException("A JWT authorizer needs one identity source, like $request.header.Authorization")
        return
    if not _LAMBDA.fullmatch(document.get("AuthorizerUri") or ""):
        raise BadRequestException("Invalid Authorizer URI: it should be a valid API Gateway ARN of a Lambda function")
    if document.get("AuthorizerPayloadFormatVersion") not in ("1.0", "2.0"):
        raise BadRequestException("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
    _check_request_authorizer(document, sources)


def _check_request_authorizer(document: Members, sources: list[str]) -> None:
    if document.get("EnableSimpleResponses") and document["AuthorizerPayloadFormatVersion"] != "2.0":
        raise BadRequestException("EnableSimpleResponses needs AuthorizerPayloadFormatVersion 2.0")
    ttl_s = document.get("AuthorizerResultTtlInSeconds", 0)
    if not 0 <= ttl_s <= MAX_TTL_S:
        raise BadRequestException(f"AuthorizerResultTtlInSeconds must be between 0 and {MAX_TTL_S}")
    if ttl_s and not sources:
        raise BadRequestException(
            "Identity source must be set if authorizer caching is enabled (TTL is greater than 0)"
        )
    for source in sources:
        if not _IDENTITY_SOURCE.fullmatch(source):
            raise BadRequestException(f"Invalid identity source: {source}")


def stage_rule(api: Api, _parent: Node, document: Members) -> None:
    """As for WebSocket APIs, `$default` besides; HTTP APIs have no execution logs."""
    if not _STAGE_NAME.fullmatch(document["StageName"]):
        raise BadRequestException("Stage name only allows a-zA-Z0-9_- and $default")
    check_stage(api, document)
    for settings in (document["DefaultRouteSettings"], *(document.get("RouteSettings") or {}).values()):
        if settings.get("LoggingLevel", "OFF") != "OFF" or settings.get("DataTraceEnabled"):
            raise BadRequestException("Execution logs are not supported on protocolType HTTP")


def _websocket_only(_api: Api, _parent: Node, _document: Members) -> None:
    raise BadRequestException("This resource is supported for WEBSOCKET protocol APIs only")


RULES: dict[Kind, Rule] = {
    API: api_rule,
    ROUTE: route_rule,
    ROUTE_RESPONSE: _websocket_only,
    INTEGRATION: integration_rule,
    INTEGRATION_RESPONSE: _websocket_only,
    AUTHORIZER: authorizer_rule,
    MODEL: _websocket_only,
    DEPLOYMENT: anything,
    STAGE: stage_rule,
}
