"""What a function finds in its environment: aws-behaviour §10.3; Lambda guide `configuration-envvars.html`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloudrig.engine.clock import Clock
from tests.services.lambda_.conftest import ADDRESSES, lambda_service
from tests.services.lambda_.harness import ROLE, Api, archive, fork_server

SOURCE = """
import os, sys, importlib, importlib.metadata

def variables(event, context):
    return dict(os.environ)

def paths(event, context):
    return [sys.path, os.getcwd(), exit.__class__.__name__]

def can_import(names, context):
    found = []
    for name in names:
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            pass
    return found

def distributions(event, context):
    return sorted(one.metadata["Name"] for one in importlib.metadata.distributions())

def where(event, context):
    import six
    return six.__file__
"""

OFFERED = ["boto3", "botocore", "awslambdaric", "jmespath", "s3transfer", "dateutil", "six", "urllib3"]


@pytest.fixture(params=["a process of its own", "a fork"])
async def api(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Api]:
    """Functions find the same however their environment is started."""
    forks = request.param == "a fork"
    async with lambda_service(tmp_path, clock, forks=forks) as api:
        if forks:
            await fork_server(api).ready()
        yield api


async def test_variables_are_awss_and_nothing_of_the_hosts(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "x")
    monkeypatch.setenv("AWS_PROFILE", "x")
    arn = await api.deploy("m.variables", SOURCE, MemorySize=256, Environment={"Variables": {"TABLE": "t", "TZ": "X"}})
    found = await api.run(arn)
    name = arn.rpartition(":")[2]
    expected = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_CA_BUNDLE": ADDRESSES.ca_bundle,
        "LANG": "en_US.UTF-8",
        "SHLVL": "0",
        "TABLE": "t",
        "TZ": "X",
        "_HANDLER": "m.variables",
    }
    assert {key: found.get(key) for key in expected} == expected
    measured = {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME", "PATH"),
        *("AWS_LAMBDA_RUNTIME_API", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PWD", "HOME"),
        *("LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR", "_X_AMZN_TRACE_ID"),
    }
    assert found.keys() - expected.keys() - {"LC_CTYPE"} == measured


async def test_credentials_are_the_roles(api: Api) -> None:
    """The engine tells whose they are by the access key, until the environment is gone."""
    arn = await api.deploy("m.variables", SOURCE)
    key_id = (await api.run(arn))["AWS_ACCESS_KEY_ID"]
    credentials = api.service._fleet._host.credentials
    issued = credentials.find(key_id)
    assert issued is not None
    assert (issued.role_arn, issued.session) == (ROLE, arn.rpartition(":")[2])
    await api.service.close()
    assert credentials.find(key_id) is None


async def test_paths_are_the_task_root_then_the_runtime(api: Api) -> None:
    arn = await api.deploy("m.paths", SOURCE)
    path, directory, exit_type = await api.run(arn)
    root = (await api.run(await api.deploy("m.variables", SOURCE)))["LAMBDA_TASK_ROOT"]
    assert (path[0], directory, exit_type) == (root, root, "Quitter")
    assert path[1].endswith("/runtime")
    assert not any("site-packages" in part for part in path)


async def test_it_offers_what_awss_runtime_has_and_nothing_of_the_rigs(api: Api) -> None:
    arn = await api.deploy("m.can_import", SOURCE)
    rigs = ["aiohttp", "moto", "uvloop", "cryptography", "pytest", "cloudrig", "jwt", "bcrypt", "multidict"]
    assert await api.run(arn, OFFERED + rigs) == OFFERED
    installed = await api.run(await api.deploy("m.distributions", SOURCE))
    assert {"boto3", "awslambdaric"} < set(installed)
    assert "aiohttp" not in installed


async def test_what_a_function_brings_comes_first(api: Api) -> None:
    arn = await api.deploy("m.where", Code={"ZipFile": archive(SOURCE, {"six.py": ""})})
    variables = await api.run(await api.deploy("m.variables", Code={"ZipFile": archive(SOURCE, {"six.py": ""})}))
    assert await api.run(arn) == variables["LAMBDA_TASK_ROOT"] + "/six.py"


async def test_another_python_is_noticed_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "cloudrig.services.lambda_.python_runtime")
    other = "python3.13" if sys.version_info[:2] != (3, 13) else "python3.12"
    for _ in range(2):
        assert await api.run(await api.deploy("m.can_import", SOURCE, Runtime=other), ["json"]) == ["json"]
    assert [record.message for record in caplog.records].count(
        f"functions of runtime {other} run on the rig's own python{sys.version_info[0]}.{sys.version_info[1]}"
    ) == 1
