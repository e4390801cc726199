"""The real parts that the handlers run against: dynoxide as DynamoDB, moto as SSM, an HTTP server as callback API."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest
from moto.server import ThreadedMotoServer

from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.chat.rooms import Connection
from tests.fakes import FakeCallbackApi
from tests.handlers import events
from tests.handlers.chat.pool import CLIENT_ID, ISSUER
from tests.handlers.pool_server import PoolServer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import CreateGlobalSecondaryIndexActionTypeDef
    from types_boto3_s3 import S3Client
    from types_boto3_ssm import SSMClient

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-the-tests-that-is-long-enough-for-HS256"
FILES_BUCKET = "chat-files"
KEYS = {
    "Users": ("userId",),
    "Connections": ("roomId", "connectionId"),
    "Presence": ("userId",),
    "Rooms": ("roomId", "username"),
    "Messages": ("roomId", "messageId"),
}

_BY_CONNECTION: CreateGlobalSecondaryIndexActionTypeDef = {
    "IndexName": "byConnection",
    "KeySchema": [{"AttributeName": "connectionId", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture(scope="session")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBClient]:
    """A client of a dynoxide process of this session's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("dynoxide") / "data.db"
    command = [_dynoxide(), "serve", "--port", str(port), "--db-path", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_port(process, port)
        yield boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="AKIATEST",
            aws_secret_access_key="secret",
        )
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def ssm() -> Iterator[SSMClient]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client(
        "ssm",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
    )
    server.stop()


@pytest.fixture(scope="session")
def s3(ssm: SSMClient) -> S3Client:
    """The same server that is SSM, with the bucket of files."""
    client = boto3.client(
        "s3",
        endpoint_url=ssm.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=FILES_BUCKET)
    return client


@pytest.fixture
def callbacks() -> Iterator[FakeCallbackApi]:
    with FakeCallbackApi() as fake:
        yield fake


@pytest.fixture
def pool() -> Iterator[PoolServer]:
    with PoolServer() as server:
        yield server


@dataclass(frozen=True)
class Tables:
    users: str
    connections: str
    presence: str
    rooms: str
    messages: str


@pytest.fixture
def tables(dynamodb: DynamoDBClient) -> Tables:
    """The chat's tables, empty and this test's own."""
    prefix = f"test-{uuid.uuid4().hex[:8]}"
    for table, keys in KEYS.items():
        _create(dynamodb, f"{prefix}-{table}", keys)
    return Tables(*(f"{prefix}-{table}" for table in KEYS))


Load = Callable[..., ModuleType]


@pytest.fixture
def load(
    monkeypatch: pytest.MonkeyPatch,
    dynamodb: DynamoDBClient,
    ssm: SSMClient,
    tables: Tables,
    callbacks: FakeCallbackApi,
) -> Load:
    """Imports a function's module anew, as a cold start does, in the environment that the stack gives it."""
    parameter = f"/{tables.users}/token-secret"
    ssm.put_parameter(Name=parameter, Value=SECRET, Type="SecureString")
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.meta.endpoint_url,
        "AWS_ENDPOINT_URL_SSM": ssm.meta.endpoint_url,
        "USERS_TABLE": tables.users,
        "CONNECTIONS_TABLE": tables.connections,
        "PRESENCE_TABLE": tables.presence,
        "ROOMS_TABLE": tables.rooms,
        "MESSAGES_TABLE": tables.messages,
        "TOKEN_SECRET_PARAMETER": parameter,
        "TOKEN_TTL_S": "3600",
        "CONNECTION_TTL_S": "7800",
        "AUTH_MODES": "jwt,guest",
        "USER_POOL_ISSUER": ISSUER,
        "USER_POOL_CLIENT_ID": CLIENT_ID,
        "USER_POOL_KEYS_URL": "http://127.0.0.1:9/no-pool/.well-known/jwks.json",
        "RATE_LIMIT": "60",
        "FANOUT": "stream",
        "CALLBACK_URL": callbacks.url,
        "FILES_URL": f"{ssm.meta.endpoint_url}/{FILES_BUCKET}",
        "FILES_BUCKET": FILES_BUCKET,
        "ALLOWED_ORIGIN": "https://chat.example",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def load(function: str, **changes: str) -> ModuleType:
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        sys.modules.pop(f"handlers.{function}", None)
        return importlib.import_module(f"handlers.{function}")

    return load


Enter = Callable[..., None]


@pytest.fixture
def enter(dynamodb: DynamoDBClient, tables: Tables) -> Enter:
    """Puts a connection into a room, as `$connect` and joining do, opened a minute ago if not said otherwise."""
    connections = ConnectionTable(dynamodb, tables.connections)
    presence = PresenceTable(dynamodb, tables.presence)

    def enter(
        connection_id: str, username: str, room_id: str = "lobby", expires_in_s: int = 60, opened_s_ago: int = 60
    ) -> None:
        now_s = int(time.time())
        connected_at_ms = (now_s - opened_s_ago) * 1000
        connection = Connection(room_id, connection_id, username, connected_at_ms, now_s + expires_in_s)
        connections.add(connection)
        if room_id == "lobby":
            presence.arrive(connection, connected_at_ms)

    return enter


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(load: Load) -> Ask:
    """Sends a frame to a function, loaded once, and returns its answer."""
    modules: dict[str, ModuleType] = {}

    def ask(function: str, connection_id: str, **fields: object) -> dict[str, Any]:
        module = modules.get(function) or modules.setdefault(function, load(function))
        response = module.handler(events.frame(fields, connection_id), events.Context())
        answer: dict[str, Any] = json.loads(response["body"])
        return answer

    return ask


def _dynoxide() -> str:
    named = os.environ.get("CLOUDRIG_DYNOXIDE")
    found = [named] if named else [str(path) for path in ROOT.glob("tools/node_modules/@dynoxide/*/dynoxide")]
    if not found or not shutil.which(found[0]):
        pytest.fail("no dynoxide binary: run `make setup`, or name one in CLOUDRIG_DYNOXIDE", pytrace=False)
    return found[0]


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    pytest.fail(f"dynoxide does not answer on port {port} (exit status {process.poll()})", pytrace=False)


def _create(client: DynamoDBClient, table: str, keys: tuple[str, ...]) -> None:
    roles: list[Literal["HASH", "RANGE"]] = ["HASH", "RANGE"]
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": role} for key, role in zip(keys, roles, strict=False)],
    )
    if "connectionId" in keys:
        client.update_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[{"Create": _BY_CONNECTION}],
        )
