"""A moto server of its own, as the AWS that stacks are deployed to: it knows all control planes they need."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cloudrig.testing import rig
from stack import Clients, Deployment, Parameters, Platform, Sources
from stack.adapters import Adapters
from stack.adapters.base import Context
from tests.stack.fakes import FakeAddresses, Wire

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The address of a moto server that this session started, as rigs start theirs."""
    command = [sys.executable, "-m", "cloudrig.services.upstream.moto_server"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def clients(endpoint: str) -> Clients:
    """Clients of the server; boto3 reads the address when a client is made, and only then."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", endpoint)
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        return Clients.of(session)


@pytest.fixture(scope="session")
def rig_clients() -> Iterator[Clients]:
    """Clients of a rig of this session's own, for what moto does not know."""
    with rig() as aws:
        yield Clients.of(aws.session())


@pytest.fixture
def rig_adapters(rig_clients: Clients, prefix: str) -> Adapters:
    """The adapters for a stack of that name on the rig."""
    account = rig_clients.sts.get_caller_identity()["Account"]
    return Adapters(Context(prefix, account, rig_clients, FakeAddresses()))


@pytest.fixture
def wire(clients: Clients) -> Iterator[Wire]:
    """A tap on all clients for the time of one test."""
    wire = Wire(clients)
    yield wire
    wire.close()


@pytest.fixture
def prefix() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def adapters(clients: Clients, prefix: str) -> Adapters:
    """The adapters for a stack of that name."""
    account = clients.sts.get_caller_identity()["Account"]
    return Adapters(Context(prefix, account, clients, FakeAddresses()))


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """The checkout's functions with a small site; fetched dependencies are those of the checkout."""
    (tmp_path / "handlers").symlink_to(ROOT / "handlers")
    (tmp_path / "uv.lock").symlink_to(ROOT / "uv.lock")
    site = tmp_path / "frontend" / "dist"
    (site / "assets").mkdir(parents=True)
    (site / "index.html").write_text("<title>chat</title>")
    (site / "assets" / "app-1.js").write_text("run()")
    return Sources(tmp_path, build=ROOT / ".cloudrig" / "build", platform=Platform.LOCAL)


@pytest.fixture
def deployment(clients: Clients, prefix: str) -> Deployment:
    """The chat, under a prefix of its own."""
    return Deployment(Parameters(prefix=prefix), clients, FakeAddresses())
