"""Clients of other makers, as docs/clients.md shows them: the AWS CLI, boto3, the AWS SDK for JavaScript v3, wscat.

They are fetched into a throw-away folder; where they cannot be, the tests are skipped and say so.
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint

from cloudrig.deployment import ROOT, sources_for
from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios import protocol
from stack import Parameters

AWSCLI = "awscli==1.46.3"
CLIENTS = Path(__file__).with_name("clients")
TOOLS = ROOT / ".tools" / "bin"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the npm packages of tests/clients installed."""
    folder = tmp_path_factory.mktemp("clients")
    for file in CLIENTS.iterdir():
        shutil.copy(file, folder)
    done = subprocess.run(
        [TOOLS / "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the npm packages cannot be had: {done.stderr.strip()[-200:]}")
    return folder


def environ(target: Target) -> dict[str, str]:
    """What a shell has that is to talk to the target."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "PATH": f"{TOOLS}{os.pathsep}{kept['PATH']}",
        **target.sdk_variables(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def run(target: Target, *command: str | Path, cwd: Path | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=environ(target), input=stdin, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def aws_cli(target: Target) -> Any:
    """`aws_cli("dynamodb", "list-tables")`: its answer, parsed."""
    command: list[str | Path] = [TOOLS / "uv", "tool", "run", "--quiet", "--from", AWSCLI, "aws"]
    version = subprocess.run([*command, "--version"], env=environ(target), capture_output=True, text=True, check=False)
    if version.returncode:
        pytest.skip(f"the AWS CLI cannot be had: {version.stderr.strip()[-200:]}")

    def call(*arguments: str, stdin: str | None = None) -> Any:
        said = run(target, *command, *arguments, "--output", "json", stdin=stdin)
        return json.loads(said) if said.strip().startswith(("{", "[")) else said

    return call


def test_the_aws_cli(aws_cli: Any, outputs: dict[str, Any]) -> None:
    table, bucket = f"cli-{uuid.uuid4().hex[:8]}", f"cli-{uuid.uuid4().hex[:8]}"
    aws_cli(
        *("dynamodb", "create-table", "--table-name", table, "--billing-mode", "PAY_PER_REQUEST"),
        *("--key-schema", "AttributeName=room,KeyType=HASH"),
        *("--attribute-definitions", "AttributeName=room,AttributeType=S"),
    )
    aws_cli("dynamodb", "wait", "table-exists", "--table-name", table)
    aws_cli("dynamodb", "put-item", "--table-name", table, "--item", '{"room": {"S": "tea"}}')
    assert aws_cli("dynamodb", "scan", "--table-name", table)["Items"] == [{"room": {"S": "tea"}}]
    aws_cli("s3", "mb", f"s3://{bucket}")
    aws_cli("s3", "cp", "-", f"s3://{bucket}/hello.txt", stdin="hello")
    assert aws_cli("s3", "cp", f"s3://{bucket}/hello.txt", "-") == "hello"
    function = outputs["functions"]["ping"]
    names = [each["FunctionName"] for each in aws_cli("lambda", "list-functions")["Functions"]]
    assert function in names
    apis = [api["ApiId"] for api in aws_cli("apigatewayv2", "get-apis")["Items"]]
    assert outputs["websocket_url"].split("/")[-2] in apis


def test_the_aws_cli_packages_the_cloudformation_template(
    aws_cli: Any, target: Target, aws: Clients, tmp_path: Path
) -> None:
    """Every function's code is uploaded, and the template that comes out names it there, as cfn-lint wants it."""
    shutil.copy(ROOT / "cloudformation" / "chat.yaml", tmp_path)
    packages = sources_for(target.platform).packages(Parameters())
    (tmp_path / "packages").mkdir()
    for name, package in packages.items():
        (tmp_path / "packages" / f"{name}.zip").write_bytes(package.content)
    bucket, packaged = f"cfn-{uuid.uuid4().hex[:8]}", tmp_path / "packaged.yaml"
    aws_cli("s3", "mb", f"s3://{bucket}")
    files = ("--template-file", str(tmp_path / "chat.yaml"), "--output-template-file", str(packaged))
    aws_cli("cloudformation", "package", *files, "--s3-bucket", bucket)
    assert len(aws("s3").list_objects_v2(Bucket=bucket)["Contents"]) == len({each.sha256 for each in packages.values()})
    assert packaged.read_text().count(f"S3Bucket: {bucket}") == len(packages)
    assert lint(packaged.read_text(), regions=["us-east-1"]) == []


def test_boto3(target: Target, outputs: dict[str, Any]) -> None:
    """It needs nothing but the environment."""
    function = outputs["functions"]["ping"]
    event = (ROOT / "docs" / "events" / "ping.json").read_text()
    call = f"boto3.client('lambda').invoke(FunctionName={function!r}, Payload={event!r})"
    program = f"import boto3; print({call}['Payload'].read().decode())"
    answer = json.loads(run(target, sys.executable, "-c", program))
    assert json.loads(answer["body"]).items() >= {"type": "pong", "requestId": "r1"}.items()


def test_the_sdk_for_javascript(target: Target, folder: Path) -> None:
    said = run(target, "node", "sdk.mjs", f"js-{uuid.uuid4().hex[:8]}", cwd=folder)
    assert json.loads(said) == [{"room": {"S": "tea"}, "text": {"S": "hello"}}]


def test_wscat_talks_to_the_chat_and_the_sdk_posts_to_connections(
    target: Target, folder: Path, outputs: dict[str, Any], aws: Clients
) -> None:
    guest = f"cat{uuid.uuid4().hex[:8]}"
    url = protocol.connect_url(outputs["websocket_url"], username=guest)
    words = protocol.request("ping", requestId="r1")
    with subprocess.Popen(
        [folder / "node_modules" / ".bin" / "wscat", "--connect", url, "--execute", words, "--wait", "15"],
        env=environ(target),
        stdin=subprocess.PIPE,  # at whose end wscat would leave
        stdout=subprocess.PIPE,
        text=True,
    ) as wscat:
        assert wscat.stdout is not None
        assert '"pong"' in _line_with(wscat.stdout, "pong")
        rows = aws("dynamodb").scan(
            TableName=outputs["tables"]["Connections"],
            FilterExpression="username = :name",
            ExpressionAttributeValues={":name": {"S": f"~{guest}"}},
        )["Items"]
        connection = rows[0]["connectionId"]["S"]
        run(target, "node", "post.mjs", outputs["callback_url"], connection, "from outside", cwd=folder)
        assert "from outside" in _line_with(wscat.stdout, "from outside")
        wscat.terminate()


def _line_with(lines: Any, word: str) -> str:
    """The first line with the word; wscat ends by itself after a while, and the lines with it."""
    return next((line for line in lines if word in line), "")
