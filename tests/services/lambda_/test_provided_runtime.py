"""Runtimes that functions bring along: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest

from tests.services.lambda_.harness import Api

SHELL = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "$api/invocation/next")
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '\\r' | cut -d' ' -f2)
  echo "handling by $_HANDLER"
  {answer}
done
"""
RESPOND = 'curl -sS -X POST "$api/invocation/$id/response" {options} > /dev/null'


def package(bootstrap: str | None, mode: int = 0o755) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if bootstrap is not None:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = mode << 16
            archive.writestr(entry, bootstrap)
        archive.writestr("other", "x")
    return buffer.getvalue()


def shell(answer: str) -> str:
    return SHELL.replace("{answer}", answer)


async def deploy(api: Api, bootstrap: str | None, mode: int = 0o755, **members: Any) -> str:
    code = {"ZipFile": package(bootstrap, mode)}
    return await api.deploy("some.handler", Runtime="provided.al2023", Code=code, **members)


@pytest.mark.parametrize(
    "options",
    ['-d "{\\"got\\": $event}"', '-H "Transfer-Encoding: chunked" -d "{\\"got\\": $event}"'],
    ids=["with a length", "in chunks"],
)
async def test_any_executable_that_speaks_the_runtime_api(api: Api, options: str) -> None:
    arn = await deploy(api, shell(RESPOND.replace("{options}", options)))
    assert await api.run(arn, [1]) == {"got": [1]}
    assert await api.run(arn, [2]) == {"got": [2]}
    assert "handling by some.handler\n" in api.log(arn)


async def test_errors_are_its_own(api: Api) -> None:
    error = '{\\"errorType\\": \\"Sad\\", \\"errorMessage\\": \\"no\\", \\"stackTrace\\": []}'
    arn = await deploy(api, shell(f'curl -sS -X POST "$api/invocation/$id/error" -d "{error}" > /dev/null'))
    assert await api.failing(arn) == {"errorType": "Sad", "errorMessage": "no", "stackTrace": []}


async def test_initialisation_that_fails(api: Api) -> None:
    report = (
        '#!/bin/sh\ncurl -sS -X POST -H "Lambda-Runtime-Function-Error-Type: Own.Reason" '
        '"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error" '
        '-d \'{"errorType": "Own.Reason", "errorMessage": "no"}\'\nexit 1\n'
    )
    assert await api.failing(await deploy(api, report)) == {"errorType": "Own.Reason", "errorMessage": "no"}
    error = await api.failing(await deploy(api, "#!/bin/sh\nexit 3\n"))
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: exit status 3")


@pytest.mark.parametrize(("bootstrap", "mode"), [(None, 0), ("#!/bin/sh", 0o644)], ids=["none", "not executable"])
async def test_no_bootstrap(api: Api, bootstrap: str | None, mode: int) -> None:
    error = await api.failing(await deploy(api, bootstrap, mode))
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in error["errorMessage"]


@pytest.mark.parametrize(
    ("bootstrap", "reason"),
    [("no program", "exec format error"), ("#!/no/such/interpreter\n", "no such file or directory")],
)
async def test_a_bootstrap_for_another_machine(api: Api, bootstrap: str, reason: str) -> None:
    error = await api.failing(await deploy(api, bootstrap))
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert re.fullmatch(rf"RequestId: \S+ Error: fork/exec \S+/bootstrap: {reason}", error["errorMessage"])


async def test_a_layer_may_bring_the_bootstrap(api: Api) -> None:
    content = package(shell(RESPOND.replace("{options}", '-d "$event"')))
    layer = await api("PublishLayerVersion", LayerName="runtime", Content={"ZipFile": content})
    assert await api.run(await deploy(api, None, Layers=[layer["LayerVersionArn"]]), "x") == "x"


async def test_no_execution_environment_is_named(api: Api) -> None:
    """OS-only runtimes have no AWS_EXECUTION_ENV: configuration-envvars.html"""
    arn = await deploy(api, shell(RESPOND.replace("{options}", '-d "\\"env: $AWS_EXECUTION_ENV\\""')))
    assert await api.run(arn) == "env: "
