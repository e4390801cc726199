"""What each of the chat's functions needs: environment variables, permissions, packages, size.

`handlers/__init__.py` tells what a function does with each; functions may do what they need, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stack.parameters import Parameters
from stack.resources import Statement

STAGE = "prod"
EXECUTE_API = "arn:aws:execute-api:${aws.region}:${aws.account}"
AUTHORIZER = "authorize"
"""The function that decides about handshakes where there is a user pool."""

_USERS = "${table.Users.arn}"
_CONNECTIONS = "${table.Connections.arn}"
_BY_CONNECTION = "${table.Connections.arn}/index/byConnection"
_PRESENCE = "${table.Presence.arn}"
_ROOMS = "${table.Rooms.arn}"
_MESSAGES = "${table.Messages.arn}"
_UPLOADED = "arn:aws:s3:::${bucket.files.name}/uploads/*"
_SENT = "arn:aws:s3:::${bucket.files.name}/files/*"
_SECRET = "${secret.token-secret.arn}"  # noqa: S105  # where it is, not what it is
_CALLBACKS = f"{EXECUTE_API}:${{websocket.chat.id}}/{STAGE}/%s/@connections/*"


def allow(actions: str, *resources: str) -> Statement:
    return Statement(tuple(actions.split()), resources)


_READ_SECRET = allow("ssm:GetParameter", _SECRET)
_READ_CONNECTION = allow("dynamodb:GetItem", _CONNECTIONS)
_READ_ROOM = allow("dynamodb:GetItem", _ROOMS)
_CHANGE_MEMBERS = allow(
    "dynamodb:GetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
    " dynamodb:ConditionCheckItem",
    _ROOMS,
)
_COUNT_SENDS = allow("dynamodb:UpdateItem dynamodb:PutItem", _CONNECTIONS)
# Finding the connections of the two of direct messages.
_READ_PEOPLE = allow("dynamodb:GetItem", _PRESENCE)
# Beginning a conversation: is it known; if not, is there such a user; then into the lists of both.
_CONVERSE = (allow("dynamodb:GetItem", _USERS, _PRESENCE), allow("dynamodb:PutItem", _ROOMS))
# Posting to a room, and forgetting the connections that are found gone.
_POST = (
    allow("dynamodb:Query dynamodb:DeleteItem", _CONNECTIONS),
    allow("dynamodb:Query", _BY_CONNECTION),
    allow("dynamodb:UpdateItem", _PRESENCE),
    allow("execute-api:ManageConnections", _CALLBACKS % "POST"),
)
_CLOSE = allow("execute-api:ManageConnections", _CALLBACKS % "DELETE")


def _read_stream(table: str) -> tuple[Statement, ...]:
    """What Lambda itself needs, under the function's role, to read the table's stream."""
    return (
        allow(
            "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator", f"${{table.{table}.stream_arn}}"
        ),
        # The one action that IAM does not limit to a stream.
        allow("dynamodb:ListStreams", "*"),
    )


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
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
    FunctionSpec(
        name="signup",
        environment=("USERS_TABLE", "ALLOWED_ORIGIN"),
        statements=(allow("dynamodb:PutItem", _USERS),),
        requirements=("bcrypt",),
        memory_mb=512,
    ),
    FunctionSpec(
        name="login",
        environment=("USERS_TABLE", "TOKEN_SECRET_PARAMETER", "TOKEN_TTL_S", "ALLOWED_ORIGIN"),
        statements=(allow("dynamodb:GetItem", _USERS), _READ_SECRET),
        requirements=("bcrypt", "pyjwt"),
        memory_mb=512,
    ),
    FunctionSpec(
        name="disconnect",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE"),
        statements=(
            allow("dynamodb:GetItem dynamodb:DeleteItem", _CONNECTIONS),
            allow("dynamodb:Query", _BY_CONNECTION),
            allow("dynamodb:UpdateItem", _PRESENCE),
        ),
    ),
    FunctionSpec(name="default", memory_mb=128),
    FunctionSpec(
        name="get-messages",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, allow("dynamodb:Query", _MESSAGES)),
    ),
    FunctionSpec(
        name="search-messages",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, allow("dynamodb:Query", _MESSAGES)),
        memory_mb=512,
    ),
    FunctionSpec(
        name="create-upload",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "RATE_LIMIT", *_FILES),
        # What is signed beforehand may do what its signer may.
        statements=(_READ_CONNECTION, _COUNT_SENDS, allow("s3:PutObject", _UPLOADED)),
    ),
    FunctionSpec(
        name="get-file",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE", *_FILES),
        statements=(_READ_CONNECTION, _READ_ROOM, allow("dynamodb:GetItem", _MESSAGES), allow("s3:GetObject", _SENT)),
    ),
    FunctionSpec(
        name="create-room",
        environment=_ROOM_TABLES,
        statements=(
            allow("dynamodb:GetItem dynamodb:PutItem", _CONNECTIONS),
            allow("dynamodb:GetItem dynamodb:ConditionCheckItem", _PRESENCE),
            allow("dynamodb:PutItem dynamodb:ConditionCheckItem", _ROOMS),
        ),
    ),
    FunctionSpec(
        name="join-room",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(
            allow("dynamodb:GetItem dynamodb:PutItem", _CONNECTIONS),
            allow("dynamodb:GetItem dynamodb:ConditionCheckItem", _PRESENCE),
            _CHANGE_MEMBERS,
            *_POST,
        ),
    ),
    FunctionSpec(
        name="leave-room",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(
            allow("dynamodb:GetItem", _CONNECTIONS, _PRESENCE),
            _CHANGE_MEMBERS,
            *_POST,
        ),
    ),
    FunctionSpec(
        name="list-rooms",
        environment=("CONNECTIONS_TABLE", "ROOMS_TABLE"),
        statements=(_READ_CONNECTION, allow("dynamodb:Query", _ROOMS)),
    ),
    FunctionSpec(
        name="get-members",
        environment=_ROOM_TABLES,
        statements=(
            allow("dynamodb:GetItem dynamodb:Query", _CONNECTIONS),
            allow("dynamodb:GetItem dynamodb:Query", _ROOMS),
            _READ_PEOPLE,
        ),
    ),
    FunctionSpec(
        name="typing",
        environment=(*_ROOM_TABLES, "CALLBACK_URL"),
        statements=(_READ_CONNECTION, _READ_ROOM, _READ_PEOPLE, *_POST),
    ),
    FunctionSpec(name="ping", memory_mb=128),
    FunctionSpec(
        name="fan-out",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE", "CALLBACK_URL"),
        statements=(_READ_CONNECTION, _READ_PEOPLE, *_POST, _CLOSE, *_read_stream("Messages")),
        memory_mb=512,
        timeout_s=30,
    ),
    FunctionSpec(
        name="presence",
        environment=("CONNECTIONS_TABLE", "PRESENCE_TABLE", "CALLBACK_URL"),
        statements=(*_POST, *_read_stream("Presence")),
        memory_mb=512,
        timeout_s=30,
    ),
)


_STORING_TABLES = ("CONNECTIONS_TABLE", "ROOMS_TABLE", "MESSAGES_TABLE", "RATE_LIMIT", "FANOUT")
_CHANGE = (_READ_CONNECTION, _READ_ROOM, _COUNT_SENDS, allow("dynamodb:GetItem dynamodb:PutItem", _MESSAGES))

# They store a message, new or changed; where fan-out is direct they deliver it too.
_STORING_FUNCTIONS = (
    FunctionSpec(
        name="send-message",
        environment=(*_STORING_TABLES, "PRESENCE_TABLE", "USERS_TABLE"),
        statements=(_READ_CONNECTION, _READ_ROOM, _COUNT_SENDS, *_CONVERSE, allow("dynamodb:PutItem", _MESSAGES)),
    ),
    FunctionSpec(
        name="send-file",
        environment=(*_STORING_TABLES, "PRESENCE_TABLE", "USERS_TABLE", *_FILES),
        statements=(
            _READ_CONNECTION,
            _READ_ROOM,
            _COUNT_SENDS,
            *_CONVERSE,
            allow("dynamodb:PutItem", _MESSAGES),
            allow("s3:GetObject", _UPLOADED),
            allow("s3:PutObject", _SENT),
        ),
    ),
    FunctionSpec(name="edit-message", environment=_STORING_TABLES, statements=_CHANGE),
    FunctionSpec(name="react", environment=_STORING_TABLES, statements=_CHANGE),
    FunctionSpec(
        name="delete-message",
        environment=(*_STORING_TABLES, *_FILES),
        statements=(*_CHANGE, allow("s3:DeleteObject", _SENT)),
    ),
)


_CONNECT = FunctionSpec(
    name="connect",
    environment=(*_ROOM_TABLES, "CONNECTION_TTL_S", "AUTH_MODES"),
    statements=(
        allow("dynamodb:PutItem", _CONNECTIONS),
        allow("dynamodb:UpdateItem dynamodb:ConditionCheckItem", _PRESENCE),
        allow("dynamodb:Query dynamodb:ConditionCheckItem", _ROOMS),
    ),
    requirements=("pyjwt",),
)
_AUTHORIZE = FunctionSpec(
    name=AUTHORIZER,
    environment=("AUTH_MODES", "USER_POOL_ISSUER", "USER_POOL_KEYS_URL", "USER_POOL_CLIENT_ID"),
    requirements=("pyjwt",),
)


def _admission(auth_modes: tuple[str, ...]) -> tuple[FunctionSpec, ...]:
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


def functions(parameters: Parameters) -> tuple[FunctionSpec, ...]:
    storing = map(_delivering, _STORING_FUNCTIONS) if parameters.fanout == "direct" else _STORING_FUNCTIONS
    return (*_FUNCTIONS, *_admission(parameters.auth_modes), *storing)


def _delivering(spec: FunctionSpec) -> FunctionSpec:
    """The function with all that it needs for posting."""
    return replace(
        spec,
        environment=tuple(dict.fromkeys((*spec.environment, "PRESENCE_TABLE", "CALLBACK_URL"))),
        statements=tuple(dict.fromkeys((*spec.statements, _READ_PEOPLE, *_POST, _CLOSE))),
        memory_mb=512,
        timeout_s=30,
    )
