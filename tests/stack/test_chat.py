import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest

from stack import chat
from stack.apis import WebSocketRoutes
from stack.buckets import Site
from stack.packages import Platform, build_packages
from stack.parameters import Parameters
from stack.references import resolve
from stack.resources import EventSourceMapping, Function, Permissions, Role, Stack
from tests.stack.conftest import ROOT


def declared(parameters: Parameters | None = None) -> Stack:
    return chat.undeclared(parameters or Parameters(prefix="x"))


WITH_POOL = Parameters(prefix="x", auth_modes=("jwt", "cognito", "guest"))


def test_every_handler_of_the_checkout_is_deployed() -> None:
    entry_point = re.compile(r"^(def handler\(|handler = )", re.MULTILINE)
    handlers = {path.stem for path in (ROOT / "handlers").glob("*.py") if entry_point.search(path.read_text())}
    functions = [resource for resource in declared(WITH_POOL) if isinstance(resource, Function)]
    assert {function.handler for function in functions} == {f"handlers.{module}.handler" for module in handlers}


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        *((function, Parameters()) for function in chat.requirements(Parameters())),
        ("send-message", Parameters(fanout="direct")),
        ("connect", WITH_POOL),
        ("authorize", WITH_POOL),
    ],
    ids=[*chat.requirements(Parameters()), "send-message, direct", "connect, authorized", "authorize"],
)
def test_a_function_starts_with_the_package_and_the_environment_it_is_declared_with(
    function: str, parameters: Parameters, tmp_path: Path
) -> None:
    """Beside its package is only what Lambda brings: boto3, what that needs, credentials and a region."""
    packages = build_packages(
        chat.requirements(parameters),
        ROOT / "handlers",
        ROOT / "uv.lock",
        ROOT / ".cloudrig" / "build",
        Platform.LOCAL,
    )
    resource = chat.declare(parameters, packages, {})[f"function.{function}"]
    assert isinstance(resource, Function)
    zipfile.ZipFile(io.BytesIO(resource.package.content)).extractall(tmp_path)
    site_packages = Path(boto3.__path__[0]).parent
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"):
        (tmp_path / name).symlink_to(site_packages / name)
    brought = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    brought |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    known = {"websocket.chat.callback_url": "http://a/b", "userpool.users.keys_url": "http://a/c"}
    environment = {**resolve(dict(resource.environment), known), **brought}
    module = resource.handler.rpartition(".")[0]
    # -S: without the environment that the tests run in.
    command = [sys.executable, "-S", "-c", f"import {module} as module; module.handler"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_role_may_write_to_its_own_log_group_and_touch_only_what_is_named() -> None:
    for role in declared():
        if isinstance(role, Role):
            for statement in role.statements:
                assert not [action for action in statement.actions if "*" in action]
                named = statement.resources != ("*",) or statement.actions == ("dynamodb:ListStreams",)
                assert named, f"{role.key} {statement}"
            assert role.statements[0].resources == (f"${{logs.{role.id}.arn}}:*",)


@pytest.mark.parametrize(
    ("auth_modes", "readers"),
    [
        (("jwt", "guest"), ("connect", "login")),
        (("jwt", "cognito"), ("authorize", "login")),
        (("cognito", "guest"), ("login",)),
        (("guest",), ("login",)),
    ],
    ids=",".join,
)
def test_only_those_who_need_it_read_the_token_secret(auth_modes: tuple[str, ...], readers: tuple[str, ...]) -> None:
    found = {
        role.id
        for role in declared(Parameters(prefix="x", auth_modes=auth_modes))
        if isinstance(role, Role) and any("ssm:GetParameter" in each.actions for each in role.statements)
    }
    assert found == set(readers)


def test_with_a_user_pool_an_authorizer_decides_about_the_handshake_alone() -> None:
    routes = declared(WITH_POOL)["routes.chat"]
    assert isinstance(routes, WebSocketRoutes)
    authorized = {route.key: route.authorizer_id for route in routes.routes if route.authorizer_id}
    assert authorized == {"$connect": "${authorizer.connect.id}"}
    permissions = declared(WITH_POOL)["permissions.authorize"]
    assert isinstance(permissions, Permissions)
    (source,) = permissions.sources.values()
    assert source.endswith(":${websocket.chat.id}/authorizers/${authorizer.connect.id}")


def test_the_site_is_told_of_the_pool_where_there_is_one() -> None:
    def config(stack: Stack) -> dict[str, object]:
        site = stack["site.site"]
        assert isinstance(site, Site)
        told: dict[str, object] = json.loads(site.documents["config.json"])
        return told

    assert "cognito" not in config(declared())
    assert config(declared(WITH_POOL))["cognito"] == {
        "endpoint": "${userpool.users.endpoint}",
        "region": "${aws.region}",
        "userPoolId": "${userpool.users.id}",
        "clientId": "${poolclient.site.id}",
    }


def test_every_route_answers_but_those_of_the_connection_itself() -> None:
    routes = declared()["routes.chat"]
    assert isinstance(routes, WebSocketRoutes)
    assert {route.key for route in routes.routes if not route.answers} == {"$connect", "$disconnect"}
    assert {route.key for route in routes.routes if route.answers} == {
        "$default",
        "sendMessage",
        "sendmessage",
        "getMessages",
        "searchMessages",
        "editMessage",
        "deleteMessage",
        "react",
        "createUpload",
        "sendFile",
        "getFile",
        "createRoom",
        "joinRoom",
        "leaveRoom",
        "listRooms",
        "getMembers",
        "typing",
        "ping",
    }


def test_api_gateway_may_call_each_function_for_its_own_routes_only() -> None:
    sources = {
        resource.id: set(resource.sources.values()) for resource in declared() if isinstance(resource, Permissions)
    }
    api = "arn:aws:execute-api:${aws.region}:${aws.account}"
    assert sources["send-message"] == {
        f"{api}:${{websocket.chat.id}}/prod/sendMessage",
        f"{api}:${{websocket.chat.id}}/prod/sendmessage",
    }
    assert sources["connect"] == {f"{api}:${{websocket.chat.id}}/prod/$connect"}
    assert sources["signup"] == {f"{api}:${{rest.chat.id}}/prod/POST/signup"}
    assert not {"fan-out", "presence"} & set(sources), "they are called by event source mappings"


def mapping(stack: Stack, name: str) -> EventSourceMapping:
    found = stack[f"mapping.{name}"]
    assert isinstance(found, EventSourceMapping)
    return found


def actions(stack: Stack, function: str) -> set[str]:
    role = stack[f"role.{function}"]
    assert isinstance(role, Role)
    return {action for statement in role.statements for action in statement.actions}


def test_fan_out_is_by_the_stream_or_direct_and_never_both() -> None:
    by_stream, direct = declared(), declared(Parameters(prefix="x", fanout="direct"))
    assert (mapping(by_stream, "fan-out").enabled, mapping(direct, "fan-out").enabled) == (True, False)
    assert "execute-api:ManageConnections" not in actions(by_stream, "send-message")
    assert "execute-api:ManageConnections" in actions(direct, "send-message")
    for stack, fanout in ((by_stream, "stream"), (direct, "direct")):
        function = stack["function.send-message"]
        assert isinstance(function, Function)
        assert function.environment["FANOUT"] == fanout


def test_presence_can_be_switched_off() -> None:
    stack = declared(Parameters(prefix="x", presence=False))
    assert not mapping(stack, "presence").enabled
    assert mapping(stack, "fan-out").enabled


def test_any_parameters_declare_the_same_resources() -> None:
    """So that whatever is switched off is found when it is switched on again, and removed with the rest."""
    other = declared(Parameters(prefix="x", fanout="direct", presence=False))
    assert {each.key for each in other} == {each.key for each in declared()}


def test_parameters_reach_the_functions_and_the_site() -> None:
    stack = declared(
        Parameters(prefix="x", auth_modes=("guest",), token_ttl_s=5, rate_limit=0, allowed_origin="http://a")
    )
    environments = {each.id: each.environment for each in stack if isinstance(each, Function)}
    assert environments["connect"]["AUTH_MODES"] == "guest"
    assert environments["login"]["TOKEN_TTL_S"] == "5"
    assert environments["send-message"]["RATE_LIMIT"] == "0"
    assert environments["signup"]["ALLOWED_ORIGIN"] == "http://a"
    site = stack["site.site"]
    assert isinstance(site, Site)
    assert json.loads(site.documents["config.json"]) == {
        "restUrl": "${rest.chat.url}",
        "websocketUrl": "${websocket.chat.url}",
        "filesUrl": "${bucket.files.url}",
        "authModes": ["guest"],
    }


def test_two_prefixes_share_no_name() -> None:
    one, two = declared(Parameters(prefix="one")), declared(Parameters(prefix="two"))
    names = [{each.name for each in stack if each.name and "${" not in each.name} for stack in (one, two)]
    assert names[0]
    assert not names[0] & names[1]
