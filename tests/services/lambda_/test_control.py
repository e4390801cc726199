"""Control plane of functions: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.services.lambda_.harness import ROLE, Api, Failed, archive, until

ECHO = "def handler(event, context): return event"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:chat"
MANY = 200
BASE: dict[str, Any] = {"Runtime": "python3.11", "Role": ROLE, "Handler": "m.handler"}


async def create(api: Api, name: str = "chat", source: str = ECHO, **members: Any) -> dict[str, Any]:
    return await api(
        "CreateFunction", **{"FunctionName": name, **BASE, "Code": {"ZipFile": archive(source)}, **members}
    )


async def test_create_answers_as_aws_does(api: Api) -> None:
    """Pending in the answer; the members and their order of importance from LocalStack's AWS-validated snapshots."""
    made = await create(api)
    del made["ResponseMetadata"], made["RevisionId"], made["RuntimeVersionConfig"]
    assert made == {
        "FunctionName": "chat",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:chat",
        "Runtime": "python3.11",
        "Role": ROLE,
        "Handler": "m.handler",
        "CodeSize": len(archive(ECHO)),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2026-11-18T11:06:40.000+0000",
        "CodeSha256": base64.b64encode(hashlib.sha256(archive(ECHO)).digest()).decode(),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/chat"},
    }


async def test_a_function_is_active_when_looked_at(api: Api) -> None:
    """What boto3's waiters wait for."""
    await create(api)
    shown = await api("GetFunctionConfiguration", FunctionName="chat")
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Successful")


async def test_get_function_shows_code_tags_and_concurrency(api: Api) -> None:
    await create(api, Tags={"team": "chat"})
    await api("PutFunctionConcurrency", FunctionName="chat", ReservedConcurrentExecutions=5)
    shown = await api("GetFunction", FunctionName="chat")
    assert re.fullmatch(r"http://127\.0\.0\.1:4566/_aws/lambda/code/[0-9a-f]{64}\.zip", shown["Code"]["Location"])
    assert shown["Code"]["RepositoryType"] == "S3"
    assert shown["Tags"] == {"team": "chat"}
    assert shown["Concurrency"] == {"ReservedConcurrentExecutions": 5}


async def test_a_name_is_taken_once(api: Api) -> None:
    await create(api)
    with pytest.raises(Failed, match="409 ResourceConflictException: Function already exist: chat"):
        await create(api)


async def test_code_from_s3(api: Api) -> None:
    api.upstream.objects["bucket", "chat.zip"] = archive(ECHO)
    await create(api, Code={"S3Bucket": "bucket", "S3Key": "chat.zip"})
    assert await api.run("arn:aws:lambda:us-east-1:000000000000:function:chat", 1) == 1
    with pytest.raises(Failed, match=r"InvalidParameterValueException: Error occurred while GetObject. S3 Error Code"):
        await create(api, "other", Code={"S3Bucket": "bucket", "S3Key": "absent"})


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"Code": {}}, "400 InvalidParameterValueException: Please provide a source"),
        ({"Code": {"ZipFile": b"no zip"}}, "400 InvalidParameterValueException: Could not unzip uploaded file"),
        ({"Role": "no-role"}, "400 ValidationException: 1 validation error detected: Value 'no-role' at 'role'"),
        ({"Runtime": "cobol85"}, "400 InvalidParameterValueException: Value cobol85 at 'runtime' failed to satisfy"),
        ({"Code": {"ZipFile": archive(), "S3Bucket": "bucket"}}, "400 InvalidParameterValueException: Please do not"),
        ({"Description": "x" * 257}, "400 ValidationException: .*at 'description'.*less than or equal to 256"),
        ({"Handler": "a b"}, "400 ValidationException: .*at 'handler' failed to satisfy"),
        ({"EphemeralStorage": {"Size": 511}}, "400 ValidationException: .*at 'ephemeralStorage.size'"),
        ({"Architectures": ["mips"]}, "400 ValidationException: .*at 'architectures"),
        ({"Code": {"ImageUri": "x"}, "PackageType": "Image"}, "501 NotImplemented: .*container images"),
    ],
)
async def test_what_create_refuses(api: Api, members: dict[str, Any], error: str) -> None:
    with pytest.raises(Failed, match=error):
        await create(api, **members)
    with pytest.raises(Failed, match="Function not found: arn:aws:lambda:us-east-1:000000000000:function:chat"):
        await api("GetFunction", FunctionName="chat")


async def test_updates_change_what_they_name(api: Api) -> None:
    first = await create(api, Timeout=5, Environment={"Variables": {"AB": "1"}})
    api.clock.advance(60)
    answer = await api("UpdateFunctionConfiguration", FunctionName="chat", MemorySize=512)
    assert answer["LastUpdateStatus"] == "InProgress"
    assert (answer["MemorySize"], answer["Timeout"], answer["Environment"]) == (512, 5, {"Variables": {"AB": "1"}})
    assert answer["CodeSha256"] == first["CodeSha256"]
    assert answer["LastModified"] == "2026-11-18T11:07:40.000+0000"
    answer = await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive("new = True"))
    assert answer["CodeSha256"] != first["CodeSha256"]
    assert answer["MemorySize"] == 512


async def test_what_is_set_can_be_taken_back(api: Api) -> None:
    """As Terraform does: an empty key, an empty network."""
    await create(api, KMSKeyArn="arn:aws:kms:us-east-1:000000000000:key/k", VpcConfig={"SubnetIds": ["subnet-1"]})
    empty: dict[str, Any] = {"SubnetIds": [], "SecurityGroupIds": []}
    answer = await api("UpdateFunctionConfiguration", FunctionName="chat", KMSKeyArn="", VpcConfig=empty)
    assert "KMSKeyArn" not in answer
    assert answer["VpcConfig"]["SubnetIds"] == []


async def test_a_dry_run_changes_nothing(api: Api) -> None:
    first = await create(api)
    answer = await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive("new = True"), DryRun=True)
    assert answer["CodeSha256"] == first["CodeSha256"]


async def test_revisions_are_checked(api: Api) -> None:
    await create(api)
    revision = (await api("GetFunctionConfiguration", FunctionName="chat"))["RevisionId"]
    await api("UpdateFunctionConfiguration", FunctionName="chat", Timeout=4, RevisionId=revision)
    for operation, change in (
        ("UpdateFunctionConfiguration", {"Timeout": 5}),
        ("UpdateFunctionCode", {"ZipFile": archive()}),
        ("PublishVersion", {}),
    ):
        with pytest.raises(Failed, match="412 PreconditionFailedException: The Revision Id provided does not match"):
            await api(operation, FunctionName="chat", RevisionId=revision, **change)


async def test_a_function_has_another_revision_once_it_is_active(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots: after every change, publishing and tagging among them."""
    seen = [(await create(api))["RevisionId"]]

    async def follow() -> None:
        seen.append((await api("GetFunctionConfiguration", FunctionName="chat"))["RevisionId"])

    await follow()
    seen.append((await api("UpdateFunctionConfiguration", FunctionName="chat", Timeout=4))["RevisionId"])
    await follow()
    seen.append((await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive()))["RevisionId"])
    await follow()
    seen.append((await api("PublishVersion", FunctionName="chat"))["RevisionId"])
    await follow()
    await api("TagResource", Resource=ARN, Tags={"a": "1"})
    await follow()
    assert len(set(seen)) == len(seen)
    await api("PublishVersion", FunctionName="chat")
    await follow()
    assert seen[-1] == seen[-2]  # nothing was published


async def test_code_that_is_published_at_once_is_a_new_version_that_is_pending(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_publish_with_update`)."""
    await create(api)
    answer = await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive(), Publish=True)
    assert (answer["Version"], answer["State"], answer["StateReasonCode"]) == ("1", "Pending", "Creating")
    assert not [name for name in answer if name.startswith("LastUpdate")]


async def test_what_else_is_refused(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots."""
    await create(api)
    with pytest.raises(
        Failed, match=r"400 InvalidParameterValueException: Please don't provide ImageUri when updating"
    ):
        await api("UpdateFunctionCode", FunctionName="chat", ImageUri="x")
    with pytest.raises(Failed, match="403 AccessDeniedException"):
        await create(api, ARN.replace("000000000000", "111111111111"))
    with pytest.raises(
        Failed, match="413 RequestEntityTooLargeException: Zipped size must be smaller than 52428800"
    ) as e:
        await create(api, "large", Code={"ZipFile": bytes(52_428_801)})
    assert "Type" not in e.value.answer


async def test_a_deleted_function_is_gone_with_its_code(api: Api, tmp_path: Path) -> None:
    await create(api, Publish=True)
    await api.run("arn:aws:lambda:us-east-1:000000000000:function:chat", 1)
    await api("DeleteFunction", FunctionName="chat")
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("DeleteFunction", FunctionName="chat")
    await until(lambda: list((tmp_path / "functions").iterdir()) == [], "that the code was removed")
    await until(lambda: list((tmp_path / "environments").iterdir()) == [], "that the environment was removed")


async def test_code_of_an_update_replaces_the_old_on_disk(api: Api, tmp_path: Path) -> None:
    await create(api)
    for number in range(3):
        await api("UpdateFunctionCode", FunctionName="chat", ZipFile=archive(f"x = {number}"))
    await until(lambda: len(list((tmp_path / "functions").iterdir())) == 2)


async def test_lists_come_in_pages_by_name(api: Api) -> None:
    for name in ("b", "a", "c"):
        await create(api, name, Publish=name == "a")
    first = await api("ListFunctions", MaxItems=2)
    second = await api("ListFunctions", MaxItems=2, Marker=first["NextMarker"])
    assert [one["FunctionName"] for one in first["Functions"] + second["Functions"]] == ["a", "b", "c"]
    assert "NextMarker" not in second
    every = await api("ListFunctions", FunctionVersion="ALL")
    assert [(one["FunctionName"], one["Version"]) for one in every["Functions"]] == [
        ("a", "1"),
        ("a", "$LATEST"),
        ("b", "$LATEST"),
        ("c", "$LATEST"),
    ]


async def test_an_operation_that_is_not_built_says_so(api: Api) -> None:
    with pytest.raises(Failed, match=r"501 NotImplemented: .*GetDurableExecution"):
        await api(
            "GetDurableExecution",
            DurableExecutionArn="arn:aws:lambda:us-east-1:000000000000:function:f:1/durable-execution/a/b",
        )


async def test_any_form_of_the_name_is_taken(api: Api) -> None:
    arn = (await create(api))["FunctionArn"]
    for name in (arn, "function:chat", "000000000000:function:chat", "chat:$LATEST", f"{arn}:$LATEST"):
        assert (await api("GetFunction", FunctionName=name))["Configuration"]["FunctionName"] == "chat"


async def test_names_have_64_characters_at_the_most(api: Api) -> None:
    await create(api, "x" * 64)
    with pytest.raises(Failed, match=r"400 InvalidParameterValueException: .*at 'functionName'.*or equal to 64"):
        await create(api, "x" * 65)


async def test_many_functions_leave_nothing_behind(api: Api, tmp_path: Path) -> None:
    """Versions, aliases, URLs, policies and layers go with their functions, and all code with them."""
    content = {"ZipFile": archive(files={"python/shared.py": ""})}
    layer = (await api("PublishLayerVersion", LayerName="shared", Content=content))["LayerVersionArn"]
    statement = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    for number in range(MANY):
        name = f"f{number}"
        await create(api, name, source=f"x = {number % 10}", Publish=True, Layers=[layer])
        await api("CreateAlias", FunctionName=name, Name="live", FunctionVersion="1")
        await api("CreateFunctionUrlConfig", FunctionName=name, Qualifier="live", AuthType="NONE")
        await api("AddPermission", FunctionName=name, Qualifier="live", **statement)
    assert (await api("GetAccountSettings"))["AccountUsage"]["FunctionCount"] == MANY
    for number in range(MANY):
        await api("DeleteFunction", FunctionName=f"f{number}")
    await api("DeleteLayerVersion", LayerName="shared", VersionNumber=1)
    assert (await api("GetAccountSettings"))["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    await until(lambda: list((tmp_path / "functions").iterdir()) == [], "that all code was removed")
