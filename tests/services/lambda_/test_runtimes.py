"""Which runtimes there are."""

from __future__ import annotations

import re

import pytest

from cloudrig.services.lambda_.runtimes import runtime_version
from tests.services.lambda_.harness import Api, Failed, archive


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.3"])
async def test_runtimes_that_are_not_built_are_refused_by_name(api: Api, runtime: str) -> None:
    with pytest.raises(Failed, match=f"501 NotImplemented: .*python3, nodejs and provided runtimes; {runtime}"):
        await api.deploy(Runtime=runtime)
    arn = await api.deploy()
    with pytest.raises(Failed, match="501 NotImplemented"):
        await api("UpdateFunctionConfiguration", FunctionName=arn, Runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "error"),
    [
        ("PYTHON3.9", "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: .*python3.12, .* or be a valid ARN"),
        (
            "python3.7",
            r"The runtime parameter of python3.7 is no longer supported.*the new runtime \(python3.12\) while",
        ),
        ("provided", r"The runtime parameter of provided is no longer.*the new runtime \(provided.al2023\) while"),
    ],
)
async def test_runtimes_that_aws_refuses(api: Api, runtime: str, error: str) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    with pytest.raises(Failed, match=f"400 InvalidParameterValueException: {error}"):
        await api.deploy(Runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "name"),
    [("python3.12", "python:3.12"), ("nodejs22.x", "nodejs:22"), ("provided.al2023", "provided:al2023")],
)
def test_names_of_versions(runtime: str, name: str) -> None:
    assert re.fullmatch(rf"{re.escape(name)}\.v[\w.+]+", runtime_version(runtime))


async def test_extensions_are_told_of_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    content = archive(files={"extensions/agent": "#!/bin/sh"})
    layer = await api("PublishLayerVersion", LayerName="agent", Content={"ZipFile": content})
    for _ in range(2):
        arn = await api.deploy(source="def handler(event, context): return 1", Layers=[layer["LayerVersionArn"]])
        await api.run(arn)
    assert caplog.text.count("has extensions, which cloudrig does not start") == 1
