"""The chat, declared: every resource it consists of, as data.

What each function needs is in `chat_functions`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from stack.alarms import failing, late, throttled
from stack.apis import Endpoint, RestApi, Route, WebSocketApi, WebSocketRoutes
from stack.buckets import Bucket, PrivateBucket, Site
from stack.cdn import BucketReader, Distribution, OriginAccessControl, ResponseHeadersPolicy
from stack.chat_functions import AUTHORIZER, EXECUTE_API, STAGE, FunctionSpec, allow, functions
from stack.parameters import Parameters
from stack.resources import (
    EventSourceMapping,
    Function,
    Index,
    LogGroup,
    Package,
    Permissions,
    Resource,
    Role,
    Secret,
    Stack,
    Table,
)
from stack.user_pools import Authorizer, UserPool, UserPoolClient

TABLES = ("Users", "Connections", "Presence", "Rooms", "Messages")
# Batches of messages that fan out at a time; those of one room keep their order. One batch at a time, a busy room would
# hold up all others.
_ROOMS_AT_ONCE = 4

_ENDPOINTS = {"POST /signup": "signup", "POST /login": "login"}

_ROUTES = {
    "$connect": "connect",
    "$disconnect": "disconnect",
    "$default": "default",
    "sendMessage": "send-message",
    "sendmessage": "send-message",
    "getMessages": "get-messages",
    "searchMessages": "search-messages",
    "editMessage": "edit-message",
    "deleteMessage": "delete-message",
    "react": "react",
    "createUpload": "create-upload",
    "sendFile": "send-file",
    "getFile": "get-file",
    "createRoom": "create-room",
    "joinRoom": "join-room",
    "leaveRoom": "leave-room",
    "listRooms": "list-rooms",
    "getMembers": "get-members",
    "typing": "typing",
    "ping": "ping",
}


def requirements(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """Each function that is deployed → the distributions its package must hold; see `packages.build_packages`."""
    return {spec.name: spec.requirements for spec in functions(parameters)}


def declare(parameters: Parameters, packages: Mapping[str, Package], site: Mapping[str, bytes]) -> Stack:
    """The whole chat.

    Args:
        packages: by function name.
        site: the built site, content by key.
    """
    prefix = parameters.prefix
    return Stack(
        prefix,
        (
            *_tables(prefix),
            Secret(id="token-secret", name=f"/{prefix}/token-secret"),
            *_user_pool(parameters),
            PrivateBucket(
                id="files",
                name=f"{prefix}-files-${{aws.account}}-${{aws.region}}",
                allowed_origin=parameters.allowed_origin,
                expiring_prefix="uploads/",
                expires_after_days=1,
            ),
            WebSocketApi(id="chat", name=f"{prefix}-ws", stage=STAGE),
            *(
                resource
                for spec in functions(parameters)
                for resource in _function(spec, parameters, packages[spec.name])
            ),
            EventSourceMapping(
                id="fan-out",
                function="${function.fan-out.arn}",
                stream_arn="${table.Messages.stream_arn}",
                parallel=_ROOMS_AT_ONCE,
                enabled=parameters.fanout == "stream",
            ),
            EventSourceMapping(
                id="presence",
                function="${function.presence.arn}",
                stream_arn="${table.Presence.stream_arn}",
                enabled=parameters.presence,
            ),
            *_rest_api(parameters),
            *_websocket_routes(parameters),
            *_alarms(parameters),
            Bucket(id="site", name=f"{prefix}-site-${{aws.account}}-${{aws.region}}", public=not parameters.site_cdn),
            *_cdn(parameters),
            Site(
                id="site", bucket="${bucket.site.name}", files=site, documents={"config.json": _site_config(parameters)}
            ),
        ),
    )


def undeclared(parameters: Parameters) -> Stack:
    """The same without what has to be built first: enough to find, or remove, what is deployed."""
    return declare(parameters, dict.fromkeys(requirements(parameters), Package(b"", "")), {})


def function_name(prefix: str, function: str) -> str:
    """The name on AWS."""
    return f"{prefix}-{function}"


def table_name(prefix: str, table: str) -> str:
    """The name on AWS."""
    return f"{prefix}-{table}"


def _tables(prefix: str) -> Iterator[Table]:
    yield Table(id="Users", name=table_name(prefix, "Users"), hash_key="userId", point_in_time_recovery=True)
    yield Table(
        id="Connections",
        name=table_name(prefix, "Connections"),
        hash_key="roomId",
        range_key="connectionId",
        indexes=(Index(name="byConnection", hash_key="connectionId"),),
        ttl_attribute="expiresAt",
    )
    yield Table(
        id="Presence",
        name=table_name(prefix, "Presence"),
        hash_key="userId",
        stream_view="NEW_AND_OLD_IMAGES",
        ttl_attribute="expiresAt",
    )
    yield Table(
        id="Rooms",
        name=table_name(prefix, "Rooms"),
        hash_key="roomId",
        range_key="username",
        point_in_time_recovery=True,
    )
    yield Table(
        id="Messages",
        name=table_name(prefix, "Messages"),
        hash_key="roomId",
        range_key="messageId",
        stream_view="NEW_IMAGE",
        point_in_time_recovery=True,
    )


def _function(spec: FunctionSpec, parameters: Parameters, package: Package) -> Iterator[Resource]:
    """The function with its log group and its role."""
    prefix = parameters.prefix
    log_group = f"/aws/lambda/{function_name(prefix, spec.name)}"
    values = _environment(parameters)
    yield LogGroup(id=spec.name, name=log_group, retention_days=parameters.log_retention_days)
    write_logs = allow("logs:CreateLogStream logs:PutLogEvents", f"${{logs.{spec.name}.arn}}:*")
    yield Role(
        id=spec.name,
        # Roles are the account's, all else the region's: the same stack may stand in two regions.
        name=f"{function_name(prefix, spec.name)}-${{aws.region}}",
        path=f"/{prefix}/",
        statements=(write_logs, *spec.statements),
    )
    yield Function(
        id=spec.name,
        name=function_name(prefix, spec.name),
        handler=spec.handler,
        role_arn=f"${{role.{spec.name}.arn}}",
        package=package,
        environment={name: values[name] for name in spec.environment},
        memory_mb=spec.memory_mb,
        timeout_s=spec.timeout_s,
        architecture=parameters.architecture,
    )


def _user_pool(parameters: Parameters) -> Iterator[Resource]:
    if "cognito" in parameters.auth_modes:
        yield UserPool(id="users", name=f"{parameters.prefix}-users")
        yield UserPoolClient(
            id="site",
            name=f"{parameters.prefix}-site",
            user_pool_id="${userpool.users.id}",
            token_ttl_s=min(max(parameters.token_ttl_s, 300), 86_400),
        )


def _environment(parameters: Parameters) -> dict[str, str]:
    return {
        **{f"{table.upper()}_TABLE": f"${{table.{table}.name}}" for table in TABLES},
        "TOKEN_SECRET_PARAMETER": "${secret.token-secret.name}",
        "TOKEN_TTL_S": str(parameters.token_ttl_s),
        "CONNECTION_TTL_S": str(parameters.connection_ttl_s),
        "FANOUT": parameters.fanout,
        "AUTH_MODES": ",".join(parameters.auth_modes),
        "RATE_LIMIT": str(parameters.rate_limit),
        "CALLBACK_URL": "${websocket.chat.callback_url}",
        "ALLOWED_ORIGIN": parameters.allowed_origin,
        "USER_POOL_ISSUER": "${userpool.users.issuer}",
        "USER_POOL_KEYS_URL": "${userpool.users.keys_url}",
        "USER_POOL_CLIENT_ID": "${poolclient.site.id}",
        "FILES_URL": "${bucket.files.url}",
        "FILES_BUCKET": "${bucket.files.name}",
    }


def _rest_api(parameters: Parameters) -> Iterator[Resource]:
    endpoints = []
    for endpoint, function in _ENDPOINTS.items():
        method, path = endpoint.split(" ")
        endpoints.append(Endpoint(method, path, f"${{function.{function}.arn}}"))
    yield RestApi(
        id="chat",
        name=f"{parameters.prefix}-rest",
        stage=STAGE,
        allowed_origin=parameters.allowed_origin,
        endpoints=tuple(endpoints),
    )
    yield from _permissions("rest", {key.replace(" ", ""): function for key, function in _ENDPOINTS.items()})


def _websocket_routes(parameters: Parameters) -> Iterator[Resource]:
    # $connect's answer decides over the handshake, $disconnect's goes nowhere; all others go to the caller.
    unanswered = {"$connect", "$disconnect"}
    authorizers = {}
    if "cognito" in parameters.auth_modes:
        yield from _authorizer()
        authorizers = {"$connect": "${authorizer.connect.id}"}
    routes = (
        Route(
            key,
            f"${{function.{function}.arn}}",
            answers=key not in unanswered,
            authorizer_id=authorizers.get(key, ""),
        )
        for key, function in _ROUTES.items()
    )
    yield WebSocketRoutes(id="chat", api_id="${websocket.chat.id}", stage=STAGE, routes=tuple(routes))
    yield from _permissions("websocket", _ROUTES)


def _authorizer() -> Iterator[Resource]:
    yield Authorizer(
        id="connect",
        name="connect",
        api_id="${websocket.chat.id}",
        function_arn=f"${{function.{AUTHORIZER}.arn}}",
    )
    yield Permissions(
        id=AUTHORIZER,
        function=f"${{function.{AUTHORIZER}.name}}",
        sources={"connect": f"{EXECUTE_API}:${{websocket.chat.id}}/authorizers/${{authorizer.connect.id}}"},
    )


def _permissions(api: str, functions: Mapping[str, str]) -> Iterator[Permissions]:
    """Each function may be called for its own routes; `functions`: the end of the source ARN → function."""
    for function in dict.fromkeys(functions.values()):
        yield Permissions(
            id=function,
            function=f"${{function.{function}.name}}",
            sources={
                re.sub(r"\W", "", route): f"{EXECUTE_API}:${{{api}.chat.id}}/{STAGE}/{route}"
                for route, called in functions.items()
                if called == function
            },
        )


def _alarms(parameters: Parameters) -> Iterator[Resource]:
    """Functions that fail, streams that fall behind, tables that throttle."""
    prefix = parameters.prefix
    for spec in functions(parameters):
        if spec.name == AUTHORIZER:
            continue  # it refuses by failing: that is how API Gateway comes to answer 401
        name = function_name(prefix, spec.name)
        yield failing(f"{spec.name}-failing", f"{name}-failing", name, percent=1)
    for name in ("fan-out", "presence"):  # read by streams
        yield late(f"{name}-late", f"{function_name(prefix, name)}-late", function_name(prefix, name), age_s=60)
    for table in TABLES:
        yield throttled(f"{table}-throttled", f"{table_name(prefix, table)}-throttled", table_name(prefix, table))


def _cdn(parameters: Parameters) -> Iterator[Resource]:
    if not parameters.site_cdn:
        return
    name = f"{parameters.prefix}-site"
    yield OriginAccessControl(id="site", name=name)
    yield ResponseHeadersPolicy(
        # The account's, all else the region's.
        id="site",
        name=f"{name}-${{aws.region}}",
        content_security_policy=_content_security_policy(parameters),
    )
    yield Distribution(
        id="site",
        name=f"{name}-${{aws.region}}",
        bucket="${bucket.site.name}",
        origin_access_control_id="${originaccess.site.id}",
        response_headers_policy_id="${headers.site.id}",
        kept="assets/*",
        error_document="index.html",
    )
    yield BucketReader(id="site", bucket="${bucket.site.name}", distribution_arn="${distribution.site.arn}")


def _content_security_policy(parameters: Parameters) -> str:
    """Scripts and styles of the site's own, images of its own and of the chat's files, calls to the chat's own APIs and
    uploads to its own bucket.
    """
    apis = ["${rest.chat.url}/", "${websocket.chat.url}"]
    apis += ["${userpool.users.endpoint}"] if "cognito" in parameters.auth_modes else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", "${bucket.files.url}/"],
        "media-src": ["${bucket.files.url}/"],
        # Forms are posted to the bucket itself; a source without a slash at its end is that address alone.
        "connect-src": ["'self'", *apis, "${bucket.files.url}", "${bucket.files.url}/"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _site_config(parameters: Parameters) -> str:
    """What the site reads to find the APIs; see docs/chat.md."""
    config: dict[str, object] = {
        "restUrl": "${rest.chat.url}",
        "websocketUrl": "${websocket.chat.url}",
        "filesUrl": "${bucket.files.url}",
        "authModes": list(parameters.auth_modes),
    }
    if "cognito" in parameters.auth_modes:
        config["cognito"] = {
            "endpoint": "${userpool.users.endpoint}",
            "region": "${aws.region}",
            "userPoolId": "${userpool.users.id}",
            "clientId": "${poolclient.site.id}",
        }
    return json.dumps(config, indent=2) + "\n"
