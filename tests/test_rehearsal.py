"""A rehearsal, as boto3 meets it: AWS's own host names, true signatures, permissions of roles, quotas."""

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudrig import rehearsal
from cloudrig.engine.clock import Clock
from cloudrig.engine.config import Config
from cloudrig.rig import Rig

LAMBDA = {"Service": "lambda.amazonaws.com"}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"}]}
Make = Callable[..., Any]


class Stage:
    """A rig in rehearsal and clients as a program has them that is run in it."""

    def __init__(self, rig: Rig, environ: dict[str, str]) -> None:
        self.rig = rig
        self.environ = environ

    def client(self, service: str, **settings: Any) -> Any:
        """With the settings' keys in place of the true ones."""
        proxies = {"http": self.environ["HTTP_PROXY"], "https": self.environ["HTTPS_PROXY"]}
        keys = {
            "aws_access_key_id": self.environ["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.environ["AWS_SECRET_ACCESS_KEY"],
            "region_name": self.environ["AWS_REGION"],
        }
        config = ClientConfig(proxies=proxies, retries={"total_max_attempts": 1})
        session: Any = boto3.Session(**{**keys, **settings})
        return session.client(service, verify=self.environ["AWS_CA_BUNDLE"], config=config)


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("rehearsal")
    async with Rig(Config(folder, port=0, rehearsal=True), Clock()) as rig:
        yield Stage(rig, rehearsal.environment(folder, {}))


async def failing(call: Make, **members: Any) -> tuple[str, str]:
    """Code and message of the error that a call ends with."""
    with pytest.raises(ClientError) as failed:
        await asyncio.to_thread(call, **members)
    error = failed.value.response["Error"]
    return error["Code"], error["Message"]


async def test_awss_own_host_names_lead_to_the_rig(stage: Stage) -> None:
    dynamodb = stage.client("dynamodb")
    assert dynamodb.meta.endpoint_url == "https://dynamodb.eu-west-1.amazonaws.com"
    assert (await asyncio.to_thread(dynamodb.list_tables))["TableNames"] == []
    assert "AWS_ENDPOINT_URL" not in stage.environ


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "false"),
    [
        ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
        ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    ],
)
async def test_only_true_signatures_get_in(
    stage: Stage, service: str, operation: str, unknown: str, false: str
) -> None:
    stranger = stage.client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x")
    assert (await failing(getattr(stranger, operation)))[0] == unknown
    liar = stage.client(service, aws_secret_access_key="wrong")
    assert (await failing(getattr(liar, operation)))[0] == false
    await asyncio.to_thread(getattr(stage.client(service), operation))


async def test_an_object_is_put_and_read_by_its_signature(stage: Stage) -> None:
    """S3 signs paths and payloads in a way of its own."""
    s3 = stage.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    await asyncio.to_thread(s3.create_bucket, Bucket="rehearsed", CreateBucketConfiguration=where)
    await asyncio.to_thread(s3.put_object, Bucket="rehearsed", Key="a b/ü+.txt", Body=b"hello")
    found = await asyncio.to_thread(s3.get_object, Bucket="rehearsed", Key="a b/ü+.txt")
    assert found["Body"].read() == b"hello"


async def test_a_new_bucket_lets_no_public_policy_in_until_it_is_asked_to(stage: Stage) -> None:
    s3 = stage.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    await asyncio.to_thread(s3.create_bucket, Bucket="closed", CreateBucketConfiguration=where)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::closed/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    assert (await failing(s3.put_bucket_policy, Bucket="closed", Policy=policy))[0] == "AccessDenied"
    await asyncio.to_thread(s3.delete_public_access_block, Bucket="closed")
    await asyncio.to_thread(s3.put_bucket_policy, Bucket="closed", Policy=policy)


async def test_an_old_signature_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: _ago(3600))
    code, message = await failing(stage.client("dynamodb").list_tables)
    assert (code, "Signature expired" in message) == ("InvalidSignatureException", True)


def _ago(seconds: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time.time() - seconds, UTC).replace(tzinfo=None)


HANDLER = """
import boto3, os
from botocore.exceptions import ClientError
def handler(event, context):
    client = boto3.client("dynamodb")
    try:
        return [client.meta.endpoint_url, len(client.scan(TableName=event["table"])["Items"])]
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
"""


async def test_a_function_may_do_what_its_role_allows(stage: Stage) -> None:
    """It too knows no AWS_ENDPOINT_URL; its role cannot be assumed at once; what nothing allows is denied."""
    iam, functions, dynamodb = (stage.client(name) for name in ("iam", "lambda", "dynamodb"))
    for table in ("open", "shut"):
        await asyncio.to_thread(
            dynamodb.create_table,
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        )
    made = await asyncio.to_thread(iam.create_role, RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    allow = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "arn:aws:dynamodb:*:*:table/open"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    await asyncio.to_thread(iam.put_role_policy, RoleName="reader", PolicyName="p", PolicyDocument=document)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("m.py", HANDLER)
    function = {
        "FunctionName": "look",
        "Runtime": "python3.13",
        "Handler": "m.handler",
        "Role": made["Role"]["Arn"],
        "Timeout": 20,
        "Code": {"ZipFile": package.getvalue()},
    }
    code, message = await failing(functions.create_function, **function)
    assert (code, "cannot be assumed by Lambda" in message) == ("InvalidParameterValueException", True)
    stage.rig.clock.advance(10)
    await asyncio.to_thread(functions.create_function, **function)

    async def ask(table: str) -> list[Any]:
        payload = json.dumps({"table": table})
        answer = await asyncio.to_thread(functions.invoke, FunctionName="look", Payload=payload)
        result: list[Any] = json.loads(answer["Payload"].read())
        return result

    assert await ask("open") == ["https://dynamodb.eu-west-1.amazonaws.com", 0]
    code, message = await ask("shut")
    assert code == "AccessDeniedException"
    assert "assumed-role/reader/look is not authorized to perform: dynamodb:Scan on resource: arn:aws" in message


async def test_deployments_of_apis_are_throttled(stage: Stage) -> None:
    gateway = stage.client("apigateway")
    stage.rig.clock.advance(60)
    api = await asyncio.to_thread(gateway.create_rest_api, name="one")
    assert (await failing(gateway.create_rest_api, name="two"))[0] == "TooManyRequestsException"
    await asyncio.to_thread(gateway.delete_rest_api, restApiId=api["id"])


def test_a_rehearsal_inherits_nothing_of_a_real_account(stage: Stage, tmp_path: Path) -> None:
    mine = {"AWS_PROFILE": "production", "AWS_ENDPOINT_URL": "http://x", "CLOUDRIG_PORT": "1", "PATH": "/bin"}
    environ = rehearsal.environment(stage.rig.config.data_dir, mine)
    assert environ["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL", "CLOUDRIG_PORT"} & environ.keys()
