"""The chat, declared: every resource it consists of, as data.

What each function needs is told in `handlers/__init__.py`; functions may do what they need, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stack.alarms import failing, late, throttled
from stack.cdn import BucketReader, Distribution, OriginAccessControl, ResponseHeadersPolicy
from stack.parameters import Parameters
from stack.resources import (
    Bucket,
    Endpoint,
    EventSourceMapping,
    Function,
    Index,
    LogGroup,
    Package,
    Permissions,
    PrivateBucket,
    Resource,
    RestApi,
    Role,
    Route,
    Secret,
    Site,
    Stack,
    Statement,
    Table,
    WebSocketApi,
    WebSocketRoutes,
)
from stack.user_pools import Authorizer, UserPool, UserPoolClient

STAGE = "prod"
TABLES = ("Users", "Connections", "Presence", "Rooms", "Messages")

_USERS = "${table.Users.arn}"
_CONNECTIONS = "${table.Connections.arn}"
_BY_CONNECTION = "${table.Connections.arn}/index/byConnection"
_PRESENCE = "${table.Presence.arn}"
_ROOMS = "${table.Rooms.arn}"
_MESSAGES = "${table.Messages.arn}"
_UPLOADED = "arn:aws:s3:::${bucket.files.name}/uploads/*"
_SENT = "arn:aws:s3:::${bucket.files.name}/files/*"
_SECRET = "${secret.token-secret.arn}"  # noqa: S105  # where it is, not what it is
_EXECUTE_API = "arn:aws:execute-api:${aws.region}:${aws.account}"
_CALLBACKS = f"{_EXECUTE_API}:${{websocket.chat.id}}/{STAGE}/%s/@connections/*"


def _allow(actions: str, *resources: str) -> Statement:
    return Statement(tuple(actions.split()), resources)


_READ_SECRET = _allow("ssm:GetParameter", _SECRET)
_READ_CONNECTION = _allow("dynamodb:GetItem", _CONNECTIONS)
_READ_ROOM = _allow("dynamodb:GetItem", _ROOMS)
_COUNT_SENDS = _allow("dynamodb:UpdateItem dynamodb:PutItem", _CONNECTIONS)
# Finding the connections of the two of direct messages.
_READ_PEOPLE = _allow("dynamodb:GetItem", _PRESENCE)
# Beginning a conversation: is it known; if not, is there such a user; then into the lists of both.
_CONVERSE = (_allow("dynamodb:GetItem", _USERS, _PRESENCE), _allow("dynamodb:PutItem", _ROOMS))
# Posting to a room, and forgetting the connections that are found gone.
_POST = (
    _allow("dynamodb:Query dynamodb:DeleteItem", _CONNECTIONS),
    _allow("dynamodb:Query", _BY_CONNECTION),
    _allow("dynamodb:UpdateItem", _PRESENCE),
    _allow("execute-api:ManageConnections", _CALLBACKS % "POST"),
)
_CLOSE = _allow("execute-api:ManageConnections", _CALLBACKS % "DELETE")
# Batches of messages that fan out at a time; those of one room keep their order. One batch at a time, a busy room would
# hold up all others.
_ROOMS_AT_ONCE = 4


def _read_stream(table: str) -> tuple[Statement, ...]:
    """What Lambda itself needs, under the function's role, to read the table's stream."""
    return (
        _allow(
            "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator", f"${{table.{table}.stream_arn}}"
        ),
        # The one action that IAM does not limit to a stream.
        _allow("dynamodb:ListStreams", "*"),
    )


@dataclass(frozen=True, kw_only=True)
class _Spec:
    """What one function needs: names of environment variables, statements of its role, distributions, size."""

    name: str
    environment: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    requirements: tuple[str, ...] = ()
    memory_mb: int = 256
    timeout_s: int = 10

    @property
    def handler(self) -> str:
        return f"handlers.{self.name.replace('-', '_')}.handler"


_FILES = ("FILES_URL", "FILES_BUCKET")
_ROOM_TABLES = ("CONNECTIONS_TABLE", "PRESENCE_TABLE", "ROOMS_TABLE")

_FUNCTIONS = (
    _Spec(
        name="signup",
        environment=("USERS_TABLE", "ALLOWED_ORIGIN"),
        statements=(_allow("dynamodb:PutItem", _USERS),),
        requirements=("bcrypt",),
        memory_mb=512,
    ),
    _Spec(
        name="login",
        environment=("USERS_TABLE", "TOKEN_SECRET_PARAMETER", "TOKEN_TTL_S", "ALLOWED_ORIGIN"),
        statements=(_allow("dynamodb:GetItem", _USERS), _READ_SECRET),
        requirements=("bcrypt", "pyjwt"),
        memory_mb=512,
    ),
    _Spec(
        name="disconnect",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE"),
        statements=(
            _allow("dynamodb:GetItem dynamodb:DeleteItem", _CONNECTIONS),
            _allow("dynamodb:Query", _BY_CONNECTION),
            _allow("dynamodb:UpdateItem", _PRESENCE),
        ),
    ),
    _Spec(name="default", memory_mb=128),
    _Spec(
        name="get-messages",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, _allow("dynamodb:Query", _MESSAGES)),
    ),
    _Spec(
        name="search-messages",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, _allow("dynamodb:Query", _MESSAGES)),
        memory_mb=512,
    ),
    _Spec(
        name="create-upload",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "RATE_LIMIT", *_FILES),
        # What is signed beforehand may do what its signer may.
        statements=(_READ_CONNECTION, _COUNT_SENDS, _allow("s3:PutObject", _UPLOADED)),
    ),
    _Spec(
        name="get-file",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE", *_FILES),
        statements=(_READ_CONNECTION, _READ_ROOM, _allow("dynamodb:GetItem", _MESSAGES), _allow("s3:GetObject", _SENT)),
    ),
    _Spec(
        name="create-room",
        environment=_ROOM_TABLES,
        statements=(
            _allow("dynamodb:GetItem dynamodb:PutItem", _CONNECTIONS),
            _allow("dynamodb:GetItem dynamodb:ConditionCheckItem", _PRESENCE),
            _allow("dynamodb:PutItem dynamodb:ConditionCheckItem", _ROOMS),
        ),
    ),
    _Spec(
        name="join-room",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(
            _allow("dynamodb:GetItem dynamodb:PutItem", _CONNECTIONS),
            _allow("dynamodb:GetItem dynamodb:ConditionCheckItem", _PRESENCE),
            _allow(
                "dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
                " dynamodb:ConditionCheckItem",
                _ROOMS,
            ),
            *_POST,
        ),
    ),
    _Spec(
        name="leave-room",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(
            _allow("dynamodb:GetItem", _CONNECTIONS, _PRESENCE),
            _allow(
                "dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
                " dynamodb:ConditionCheckItem",
                _ROOMS,
            ),
            *_POST,
        ),
    ),
    _Spec(
        name="list-rooms",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE"),
        statements=(_READ_CONNECTION, _allow("dynamodb:Query", _ROOMS)),
    ),
    _Spec(
        name="get-members",
        environment=_ROOM_TABLES,
        statements=(
            _allow("dynamodb:GetItem dynamodb:Query", _CONNECTIONS),
            _allow("dynamodb:GetItem dynamodb:Query", _ROOMS),
            _READ_PEOPLE,
        ),
    ),
    _Spec(
        name="typing",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(_READ_CONNECTION, _READ_ROOM, _READ_PEOPLE, *_POST),
    ),
    _Spec(name="ping", memory_mb=128),
    _Spec(
        name="fan-out",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE", "CALLBACK_URL"),
        statements=(_READ_CONNECTION, _READ_PEOPLE, *_POST, _CLOSE, *_read_stream("Messages")),
        memory_mb=512,
        timeout_s=30,
    ),
    _Spec(
        name="presence",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE", "CALLBACK_URL"),
        statements=(*_POST, *_read_stream("Presence")),
        memory_mb=512,
        timeout_s=30,
    ),
)


_STORING_TABLES = ("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE", "RATE_LIMIT", "FANOUT")
_CHANGE = (_READ_CONNECTION, _READ_ROOM, _COUNT_SENDS, _allow("dynamodb:GetItem dynamodb:PutItem", _MESSAGES))

# They store a message, new or changed; where fan-out is direct they deliver it too.
_STORING_FUNCTIONS = (
    _Spec(
        name="send-message",
        environment=(*_STORING_TABLES, "PRESENCE_TABLE", "USERS_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, _COUNT_SENDS, *_CONVERSE, _allow("dynamodb:PutItem", _MESSAGES)),
    ),
    _Spec(
        name="send-file",
        environment=(*_STORING_TABLES, "PRESENCE_TABLE", "USERS_TABLE", *_FILES),
        statements=(
            _READ_CONNECTION,
            _READ_ROOM,
            _COUNT_SENDS,
            *_CONVERSE,
            _allow("dynamodb:PutItem", _MESSAGES),
            _allow("s3:GetObject", _UPLOADED),
            _allow("s3:PutObject", _SENT),
        ),
    ),
    _Spec(name="edit-message", environment=_STORING_TABLES, statements=_CHANGE),
    _Spec(name="react", environment=_STORING_TABLES, statements=_CHANGE),
    _Spec(
        name="delete-message",
        environment=(*_STORING_TABLES, *_FILES),
        statements=(*_CHANGE, _allow("s3:DeleteObject", _SENT)),
    ),
)


_CONNECT = _Spec(
    name="connect",
    environment=(*_ROOM_TABLES, "CONNECTION_TTL_S", "AUTH_MODES"),
    statements=(
        _allow("dynamodb:PutItem", _CONNECTIONS),
        _allow("dynamodb:UpdateItem dynamodb:ConditionCheckItem", _PRESENCE),
        _allow("dynamodb:Query dynamodb:ConditionCheckItem", _ROOMS),
    ),
    requirements=("pyjwt",),
)
_AUTHORIZE = _Spec(
    name="authorize",
    environment=("AUTH_MODES", "USER_POOL_ISSUER", "USER_POOL_KEYS_URL", "USER_POOL_CLIENT_ID"),
    requirements=("pyjwt",),
)


def _admission(auth_modes: tuple[str, ...]) -> tuple[_Spec, ...]:
    """`$connect`, and where there is a user pool its authorizer; who of them verifies tokens reads the secret."""
    specs = (_CONNECT, _AUTHORIZE) if "cognito" in auth_modes else (_CONNECT,)
    verifier = specs[-1]
    if "jwt" in auth_modes:
        verifier = replace(
            verifier,
            environment=(*verifier.environment, "TOKEN_SECRET_PARAMETER"),
            statements=(*verifier.statements, _READ_SECRET),
        )
    return (*specs[:-1], verifier)


def _functions(parameters: Parameters) -> tuple[_Spec, ...]:
    storing = map(_delivering, _STORING_FUNCTIONS) if parameters.fanout == "direct" else _STORING_FUNCTIONS
    return (*_FUNCTIONS, *_admission(parameters.auth_modes), *storing)


def _delivering(spec: _Spec) -> _Spec:
    """The function with all that it needs for posting."""
    return replace(
        spec,
        environment=tuple(dict.fromkeys((*spec.environment, "PRESENCE_TABLE", "CALLBACK_URL"))),
        statements=tuple(dict.fromkeys((*spec.statements, _READ_PEOPLE, *_POST, _CLOSE))),
        memory_mb=512,
        timeout_s=30,
    )


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
    return {spec.name: spec.requirements for spec in _functions(parameters)}


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
                for spec in _functions(parameters)
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


def _function(spec: _Spec, parameters: Parameters, package: Package) -> Iterator[Resource]:
    """The function with its log group and its role."""
    prefix = parameters.prefix
    log_group = f"/aws/lambda/{function_name(prefix, spec.name)}"
    values = _environment(parameters)
    yield LogGroup(id=spec.name, name=log_group, retention_days=parameters.log_retention_days)
    write_logs = _allow("logs:CreateLogStream logs:PutLogEvents", f"${{logs.{spec.name}.arn}}:*")
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
    function = "authorize"
    yield Authorizer(
        id="connect",
        name="connect",
        api_id="${websocket.chat.id}",
        function_arn=f"${{function.{function}.arn}}",
    )
    yield Permissions(
        id=function,
        function=f"${{function.{function}.name}}",
        sources={"connect": f"{_EXECUTE_API}:${{websocket.chat.id}}/authorizers/${{authorizer.connect.id}}"},
    )


def _permissions(api: str, functions: Mapping[str, str]) -> Iterator[Permissions]:
    """Each function may be called for its own routes; `functions`: the end of the source ARN → function."""
    for function in dict.fromkeys(functions.values()):
        yield Permissions(
            id=function,
            function=f"${{function.{function}.name}}",
            sources={
                re.sub(r"\W", "", route): f"{_EXECUTE_API}:${{{api}.chat.id}}/{STAGE}/{route}"
                for route, called in functions.items()
                if called == function
            },
        )


def _alarms(parameters: Parameters) -> Iterator[Resource]:
    """Functions that fail, streams that fall behind, tables that throttle."""
    prefix = parameters.prefix
    for spec in _functions(parameters):
        if spec.name == _AUTHORIZE.name:
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
