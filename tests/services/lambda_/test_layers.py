"""Layers: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html; errors as in LocalStack's AWS-validated
snapshots (`TestLambdaLayer`).
"""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed, archive, until

ACCOUNT = "arn:aws:lambda:us-east-1:000000000000"
IMPORTS = "import shared\ndef handler(event, context): return shared.VALUE"


async def publish(api: Api, name: str = "shared", value: str = "1", **members: Any) -> dict[str, Any]:
    files = {"python/shared.py": f"VALUE = {value}"}
    return await api("PublishLayerVersion", LayerName=name, Content={"ZipFile": archive(files=files)}, **members)


async def test_a_layer_version_as_aws_shows_it(api: Api) -> None:
    content = archive(files={"python/shared.py": "VALUE = 1"})
    made = await publish(
        api, Description="d", LicenseInfo="MIT", CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["x86_64"]
    )
    shown = await api("GetLayerVersion", LayerName="shared", VersionNumber=1)
    for answer in (made, shown):
        assert answer["Content"].pop("Location").endswith(".zip")
        del answer["ResponseMetadata"]
    assert made == shown
    assert shown == {
        "Content": {
            "CodeSha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
            "CodeSize": len(content),
        },
        "LayerArn": f"{ACCOUNT}:layer:shared",
        "LayerVersionArn": f"{ACCOUNT}:layer:shared:1",
        "Version": 1,
        "Description": "d",
        "CreatedDate": "2026-11-18T11:06:40.000+0000",
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
        "LicenseInfo": "MIT",
    }
    by_arn = await api("GetLayerVersionByArn", Arn=f"{ACCOUNT}:layer:shared:1")
    assert by_arn["LayerVersionArn"] == f"{ACCOUNT}:layer:shared:1"


async def test_functions_find_their_layers(api: Api) -> None:
    """Of a module in several layers the last layer's is found; a function's own comes first."""
    first = (await publish(api, "first", "'first'"))["LayerVersionArn"]
    second = (await publish(api, "second", "'second'"))["LayerVersionArn"]
    arn = await api.deploy(source=IMPORTS, Layers=[first, second])
    assert await api.run(arn) == "second"
    shown = await api("UpdateFunctionConfiguration", FunctionName=arn, Layers=[second, first])
    assert [layer["Arn"] for layer in shown["Layers"]] == [second, first]
    assert await api.run(arn) == "first"
    files = {"shared.py": "VALUE = 'own'"}
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=archive(IMPORTS, files))
    assert await api.run(arn) == "own"
    assert "Layers" not in await api("UpdateFunctionConfiguration", FunctionName=arn, Layers=[])


async def test_packages_for_the_functions_runtime_come_before_those_for_any(api: Api) -> None:
    files = {"python/shared.py": "VALUE = 'any'", "python/lib/python3.12/site-packages/shared.py": "VALUE = '3.12'"}
    layer = await api("PublishLayerVersion", LayerName="both", Content={"ZipFile": archive(files=files)})
    arn = await api.deploy(source=IMPORTS, Runtime="python3.12", Layers=[layer["LayerVersionArn"]])
    assert await api.run(arn) == "3.12"
    await api("UpdateFunctionConfiguration", FunctionName=arn, Runtime="python3.13")
    assert await api.run(arn) == "any"


async def test_programs_and_libraries_of_layers_are_on_their_paths(api: Api) -> None:
    content = archive(files={"bin/tool": "", "lib/liba.so": ""})
    layer = await api("PublishLayerVersion", LayerName="tools", Content={"ZipFile": content})
    source = """
import os
def handler(event, context):
    found = [p for name in ("PATH", "LD_LIBRARY_PATH") for p in os.environ[name].split(":")]
    return [name for p in found for name in (os.listdir(p) if os.path.isdir(p) else []) if name in ("tool", "liba.so")]
"""
    assert await api.run(await api.deploy(source=source, Layers=[layer["LayerVersionArn"]])) == ["tool", "liba.so"]


async def test_numbers_grow_and_lists_show_the_newest(api: Api) -> None:
    await publish(api, CompatibleRuntimes=["python3.11"])
    await publish(api, CompatibleRuntimes=["python3.12"])
    await publish(api, "other")
    layers = (await api("ListLayers"))["Layers"]
    assert [(one["LayerName"], one["LatestMatchingVersion"]["Version"]) for one in layers] == [
        ("other", 1),
        ("shared", 2),
    ]
    fitting = (await api("ListLayers", CompatibleRuntime="python3.11"))["Layers"]
    assert [one["LatestMatchingVersion"]["Version"] for one in fitting] == [1]
    first = await api("ListLayerVersions", LayerName="shared", MaxItems=1)
    rest = await api("ListLayerVersions", LayerName="shared", Marker=first["NextMarker"])
    assert [one["Version"] for one in first["LayerVersions"] + rest["LayerVersions"]] == [2, 1]


async def test_a_deleted_version_stays_with_its_functions(api: Api, tmp_path: Path) -> None:
    layer = (await publish(api))["LayerVersionArn"]
    arn = await api.deploy(source=IMPORTS, Layers=[layer])
    await api("DeleteLayerVersion", LayerName="shared", VersionNumber=1)
    await api("DeleteLayerVersion", LayerName="shared", VersionNumber=1)
    with pytest.raises(Failed, match="404 ResourceNotFoundException: The resource you requested does not exist"):
        await api("GetLayerVersion", LayerName="shared", VersionNumber=1)
    assert (await api("ListLayers"))["Layers"] == []
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=9, Layers=[layer])
    assert await api.run(arn) == 1
    with pytest.raises(Failed, match=f"InvalidParameterValueException: Layer version {layer} does not exist"):
        await api.deploy(Layers=[layer])
    assert (await publish(api))["Version"] == 2
    await api("DeleteLayerVersion", LayerName="shared", VersionNumber=2)
    await api("DeleteFunction", FunctionName=arn)
    await until(lambda: list((tmp_path / "functions").iterdir()) == [], "that all code was removed")


async def test_what_functions_may_not_name(api: Api) -> None:
    first, second = [(await publish(api))["LayerVersionArn"] for _ in range(2)]
    others = [(await publish(api, f"layer{number}"))["LayerVersionArn"] for number in range(5)]
    with pytest.raises(Failed, match="InvalidParameterValueException: Two different versions of the same layer"):
        await api.deploy(Layers=[first, second])
    with pytest.raises(Failed, match="InvalidParameterValueException: Cannot reference more than 5 layers"):
        await api.deploy(Layers=[first, *others])
    elsewhere = first.replace("us-east-1", "eu-west-1")
    with pytest.raises(Failed, match="Layers are expected to be in region us-east-1"):
        await api.deploy(Layers=[elsewhere])
    with pytest.raises(Failed, match=r"400 ValidationException: .*at 'layers' failed to satisfy"):
        await api.deploy(Layers=["shared"])


async def test_another_accounts_layer_needs_its_permission(api: Api) -> None:
    other = api.elsewhere("111122223333", "us-east-1")
    layer = await publish(other)
    with pytest.raises(Failed, match=r"403 AccessDeniedException: .*not authorized to perform: lambda:GetLayer"):
        await api.deploy(Layers=[layer["LayerVersionArn"]])
    await other(
        "AddLayerVersionPermission",
        LayerName="shared",
        VersionNumber=1,
        StatementId="all",
        Action="lambda:GetLayerVersion",
        Principal="000000000000",
    )
    assert await api.run(await api.deploy(source=IMPORTS, Layers=[layer["LayerVersionArn"]])) == 1


def linking() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        link = zipfile.ZipInfo("python/passwd")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"no zip", archive(files={"../x.py": ""}), archive(files={"/x": ""}), linking()])
async def test_archives_that_are_refused(api: Api, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="400 InvalidParameterValueException: Could not unzip uploaded file"):
        await api("PublishLayerVersion", LayerName="bad", Content={"ZipFile": content})
    assert (await api("ListLayers"))["Layers"] == []
    assert not (tmp_path / "x.py").exists()


async def test_a_function_and_its_layers_have_a_size_together(api: Api) -> None:
    """250 MB unzipped: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("zeros", bytes(140_000_000))
    layer = await api("PublishLayerVersion", LayerName="large", Content={"ZipFile": buffer.getvalue()})
    with pytest.raises(Failed, match="Function code combined with layers exceeds the maximum allowed size of 262144"):
        await api.deploy(Code={"ZipFile": buffer.getvalue()}, Layers=[layer["LayerVersionArn"]])


async def test_versions_count_from_one(api: Api) -> None:
    for operation in ("GetLayerVersion", "DeleteLayerVersion"):
        with pytest.raises(Failed, match="400 InvalidParameterValueException: Layer Version Cannot be less than 1"):
            await api(operation, LayerName="shared", VersionNumber=0)
