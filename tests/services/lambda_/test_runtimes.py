"""Which runtimes there are."""

from __future__ import annotations

import re

import pytest

from cloudrig.engine.wire import service_model
from cloudrig.services.lambda_.runtimes import hash_set, runtime_version
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


def test_runtimes_stand_in_the_order_of_a_java_set() -> None:
    """The list of June 2024: recorded from AWS in LocalStack's test snapshots (`test_create_lambda_exceptions`)."""
    recorded = (
        "nodejs20.x, provided.al2023, python3.12, java17, nodejs16.x, dotnet8, python3.10, java11, python3.11, "
        "dotnet6, java21, nodejs18.x, provided.al2, ruby3.3, java8.al2, ruby3.2, python3.8, python3.9"
    )
    known = service_model("lambda").shape_for("Runtime").metadata["enum"]
    assert ", ".join(hash_set([one for one in known if one in recorded.split(", ")])) == recorded


async def test_enum_values_stand_in_that_order_too(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_lambda_url_invalid_invoke_mode`)."""
    with pytest.raises(Failed, match=r"at 'invokeMode' .* enum value set: \[RESPONSE_STREAM, BUFFERED\]"):
        await api("CreateFunctionUrlConfig", FunctionName="f", AuthType="NONE", InvokeMode="UNKNOWN")
    source = {"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:q", "StartingPosition": "0"}
    with pytest.raises(Failed, match=r"enum value set: \[LATEST, AT_TIMESTAMP, TRIM_HORIZON\]"):
        await api("CreateEventSourceMapping", FunctionName="f", **source)


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
