"""Wrapper scripts: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper"""

from __future__ import annotations

import io
import shutil
import zipfile

import pytest

from tests.services.lambda_.harness import Api, archive

WRAPPER = '#!/bin/sh\nexport WRAPPED="by $(basename $0)"\nexec "$@"\n'
TELLS = "import os\ndef handler(event, context): return os.environ.get('WRAPPED')"
NODE_TELLS = "exports.handler = async () => process.env.WRAPPED"


def package(name: str, **files: str) -> bytes:
    """An archive with an executable wrapper of that name among its files."""
    buffer = io.BytesIO(archive(files={file.replace("__", "."): text for file, text in files.items()}))
    with zipfile.ZipFile(buffer, "a") as zipped:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        zipped.writestr(entry, WRAPPER)
    return buffer.getvalue()


def variables(wrapper: str) -> dict[str, dict[str, str]]:
    return {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}}


async def test_a_layer_wraps(api: Api) -> None:
    layer = await api("PublishLayerVersion", LayerName="w", Content={"ZipFile": package("bin/wrap")})
    arn = await api.deploy(source=TELLS, Layers=[layer["LayerVersionArn"]], Environment=variables("/opt/bin/wrap"))
    assert await api.run(arn) == "by wrap"


async def test_the_package_wraps(api: Api) -> None:
    code = {"ZipFile": package("wrap", w__py=TELLS)}
    arn = await api.deploy("w.handler", Code=code, Environment=variables("/var/task/wrap"))
    assert await api.run(arn) == "by wrap"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
async def test_node_functions_too(api: Api) -> None:
    code = {"ZipFile": package("wrap", index__js=NODE_TELLS)}
    arn = await api.deploy("index.handler", Runtime="nodejs20.x", Code=code, Environment=variables("/var/task/wrap"))
    assert await api.run(arn) == "by wrap"


async def test_a_wrapper_that_is_not_there(api: Api) -> None:
    error = await api.failing(await api.deploy(source=TELLS, Environment=variables("/opt/absent")))
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "AWS_LAMBDA_EXEC_WRAPPER is /opt/absent" in error["errorMessage"]
