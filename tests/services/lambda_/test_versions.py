"""Published versions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.services.lambda_.harness import Api, Failed, archive, until

TELLS = "def handler(event, context): return [context.function_version, context.invoked_function_arn]"


async def published(api: Api, count: int = 1) -> str:
    """A function with `count` versions that differ in their timeout."""
    arn = await api.deploy(source=TELLS)
    for number in range(count):
        await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=10 + number)
        await api("PublishVersion", FunctionName=arn)
    return arn


async def test_a_version_keeps_code_and_settings(api: Api) -> None:
    arn = await published(api)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=99)
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=archive("def handler(event, context): return 'new'"))
    assert (await api("GetFunctionConfiguration", FunctionName=arn, Qualifier="1"))["Timeout"] == 10
    assert await api.run(f"{arn}:1") == ["1", f"{arn}:1"]
    assert await api.run(arn) == "new"


async def test_publishing_answers_the_version(api: Api) -> None:
    arn = await api.deploy()
    one = await api("PublishVersion", FunctionName=arn, Description="first")
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{arn}:1", "first")
    assert (one["State"], one["LastUpdateStatus"]) == ("Active", "Successful")


async def test_nothing_changed_nothing_published(api: Api) -> None:
    arn = await api.deploy()
    await api("PublishVersion", FunctionName=arn, Description="first")
    again = await api("PublishVersion", FunctionName=arn, Description="second")
    assert (again["Version"], again["Description"]) == ("1", "first")


async def test_numbers_are_given_once(api: Api) -> None:
    arn = await published(api, 2)
    await api("DeleteFunction", FunctionName=arn, Qualifier="2")
    assert (await api("PublishVersion", FunctionName=arn))["Version"] == "3"


async def test_creating_and_updating_publish(api: Api) -> None:
    made = await api(
        "CreateFunction",
        FunctionName="chat",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/functions",
        Handler="m.handler",
        Code={"ZipFile": archive()},
        Publish=True,
    )
    assert (made["Version"], made["FunctionArn"][-5:], made["State"]) == ("1", ":chat", "Pending")
    updated = await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive("x = 1"), Publish=True)
    assert (updated["Version"], updated["FunctionArn"][-7:]) == ("2", ":chat:2")


async def test_lists_begin_with_the_newest_code(api: Api) -> None:
    """ListVersionsByFunction: `$LATEST`, then by number; without states, as LocalStack's AWS-validated snapshots."""
    arn = await published(api, 11)
    first = await api("ListVersionsByFunction", FunctionName=arn, MaxItems=3)
    rest = await api("ListVersionsByFunction", FunctionName=arn, Marker=first["NextMarker"])
    listed = first["Versions"] + rest["Versions"]
    assert [one["Version"] for one in listed] == ["$LATEST", *map(str, range(1, 12))]
    assert listed[0]["FunctionArn"] == f"{arn}:$LATEST"
    assert "State" not in listed[0]


async def test_the_arn_is_as_qualified_as_the_question(api: Api) -> None:
    arn = await published(api)
    for qualifier, number in (("$LATEST", "$LATEST"), ("1", "1")):
        shown = await api("GetFunction", FunctionName=arn, Qualifier=qualifier)
        assert shown["Configuration"]["FunctionArn"] == f"{arn}:{qualifier}"
        assert shown["Configuration"]["Version"] == number
    assert (await api("GetFunction", FunctionName=arn))["Configuration"]["FunctionArn"] == arn


async def test_deleting_a_version(api: Api, tmp_path: Path) -> None:
    """One that is not there: 204, measured by floci-io/floci#2824."""
    arn = await published(api)
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=archive("new = 1"))
    await api("DeleteFunction", FunctionName=arn, Qualifier="1")
    with pytest.raises(Failed, match=r"Function not found: .*:1"):
        await api("GetFunction", FunctionName=arn, Qualifier="1")
    await until(lambda: len(list((tmp_path / "functions").iterdir())) == 2, "that the version's code was removed")
    await api("DeleteFunction", FunctionName=arn, Qualifier="99")
    with pytest.raises(Failed, match=r"InvalidParameterValueException: \$LATEST version cannot be deleted without"):
        await api("DeleteFunction", FunctionName=arn, Qualifier="$LATEST")


async def test_snap_start_as_it_is_shown(api: Api) -> None:
    """LocalStack's AWS-validated snapshots (`TestLambdaSnapStart`): `$LATEST` has no snapshot, versions have."""
    arn = await api.deploy(Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
    shown = await api("GetFunctionConfiguration", FunctionName=arn)
    assert shown["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    version = await api("PublishVersion", FunctionName=arn)
    assert version["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}


async def test_errors_have_the_members_of_the_service_model(api: Api) -> None:
    """`Message` of what is not found, `message` of the rest, and who is to blame in `Type`."""
    with pytest.raises(Failed) as missing:
        await api("GetFunction", FunctionName="absent")
    assert missing.value.answer["Message"].startswith("Function not found")
    with pytest.raises(Failed) as invalid:
        await api("PublishVersion", FunctionName=await api.deploy(), CodeSha256="other")
    assert invalid.value.answer["message"].startswith("CodeSHA256")
    assert (missing.value.answer["Type"], invalid.value.answer["Type"]) == ("User", "User")


async def test_publishing_checks_the_code_and_the_revision(api: Api) -> None:
    arn = await api.deploy()
    with pytest.raises(Failed, match="is different from current CodeSHA256 in"):
        await api("PublishVersion", FunctionName=arn, CodeSha256="other")
    with pytest.raises(Failed, match="412 PreconditionFailedException: The Revision Id provided does not match"):
        await api("PublishVersion", FunctionName=arn, RevisionId="other")


async def test_operations_that_take_no_version(api: Api) -> None:
    arn = await published(api)
    for operation, members in (
        ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 1}),
        ("UpdateFunctionConfiguration", {"Timeout": 4}),
        ("PublishVersion", {}),
    ):
        with pytest.raises(Failed, match="400 InvalidParameterValueException: This operation is permitted on Lambda f"):
            await api(operation, FunctionName=f"{arn}:1", **members)
    with pytest.raises(Failed, match="400 InvalidParameterValueException: Tags on function aliases and versions"):
        await api("TagResource", Resource=f"{arn}:1", Tags={"a": "b"})


async def test_invoking_tells_what_ran(api: Api) -> None:
    arn = await published(api)
    for name, qualifier in ((arn, "1"), (f"{arn}:1", None), (arn.rpartition(":")[2] + ":1", None)):
        members = {"Qualifier": qualifier} if qualifier else {}
        answer = await api("Invoke", FunctionName=name, **members)
        assert (answer["ExecutedVersion"], json.loads(answer["Payload"])) == ("1", ["1", f"{arn}:1"])
    with pytest.raises(Failed, match=r"404 ResourceNotFoundException: Function not found: .*:7"):
        await api("Invoke", FunctionName=arn, Qualifier="7")
