"""How each operation says that there is no such function, version or alias.

Recorded from AWS in LocalStack's test snapshots (`test_lambda_api`), but for operations on a function itself that are
not in them, which say it like most.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed, archive

NONE = "arn:aws:lambda:us-east-1:000000000000:function:none"
STATEMENT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
PROVISION = {"ProvisionedConcurrentExecutions": 1}
NOT_FOUND = f"Function not found: {NONE}"
NO_RESOURCE = "The resource you requested does not exist."


@pytest.mark.parametrize(
    ("operation", "members", "error"),
    [
        ("GetFunction", {}, NOT_FOUND),
        ("GetFunction", {"Qualifier": "$LATEST"}, f"{NOT_FOUND}:$LATEST"),
        ("GetFunctionConfiguration", {}, NOT_FOUND),
        ("DeleteFunction", {}, NOT_FOUND),
        ("DeleteFunction", {"Qualifier": "1"}, NOT_FOUND),
        ("UpdateFunctionConfiguration", {}, NOT_FOUND),
        ("UpdateFunctionCode", {"ZipFile": archive()}, NOT_FOUND),
        ("Invoke", {}, f"{NOT_FOUND}:$LATEST"),
        ("Invoke", {"Qualifier": "live"}, f"{NOT_FOUND}:live"),
        ("GetFunctionConcurrency", {}, NOT_FOUND),
        ("PutFunctionConcurrency", {"ReservedConcurrentExecutions": 1}, f"{NOT_FOUND}:$LATEST"),
        ("GetFunctionCodeSigningConfig", {}, NOT_FOUND),
        ("CreateAlias", {"Name": "live", "FunctionVersion": "1"}, f"{NOT_FOUND}:1"),
        ("ListProvisionedConcurrencyConfigs", {}, NOT_FOUND),
        ("GetProvisionedConcurrencyConfig", {"Qualifier": "live"}, f"Cannot find alias arn: {NONE}:live"),
        ("PutProvisionedConcurrencyConfig", {"Qualifier": "1", **PROVISION}, f"{NOT_FOUND}:1"),
        ("GetPolicy", {}, NOT_FOUND),
        ("AddPermission", STATEMENT, NOT_FOUND),
        ("RemovePermission", {"StatementId": "s"}, f"No policy found for: {NONE}"),
        ("CreateFunctionUrlConfig", {"AuthType": "NONE"}, "Function does not exist"),
        ("ListFunctionUrlConfigs", {}, "Function does not exist"),
        ("UpdateFunctionUrlConfig", {}, "Function does not exist"),
        ("GetFunctionUrlConfig", {}, NO_RESOURCE),
        ("DeleteFunctionUrlConfig", {}, NO_RESOURCE),
        ("GetFunctionEventInvokeConfig", {}, f"The function {NONE}:$LATEST doesn't have an EventInvokeConfig"),
        ("PutFunctionEventInvokeConfig", {"MaximumRetryAttempts": 1}, "The function doesn't exist."),
    ],
)
async def test_no_function(api: Api, operation: str, members: dict[str, Any], error: str) -> None:
    with pytest.raises(Failed) as failed:
        await api(operation, FunctionName="none", **members)
    assert (failed.value.code, failed.value.status) == ("ResourceNotFoundException", 404)
    assert failed.value.message == error


@pytest.mark.parametrize(
    ("operation", "members", "error"),
    [
        ("GetFunction", {"Qualifier": "absent"}, "Function not found: {arn}:absent"),
        ("AddPermission", {**STATEMENT, "Qualifier": "absent"}, "Cannot find alias arn: {arn}:absent"),
        ("AddPermission", {**STATEMENT, "Qualifier": "42"}, "Function not found: {arn}:42"),
        ("AddPermission", {**STATEMENT, "Qualifier": "a-$-b"}, "Function not found: {arn}:a-$-b"),
        ("RemovePermission", {"StatementId": "s", "Qualifier": "absent"}, "Cannot find alias arn: {arn}:absent"),
        ("GetPolicy", {"Qualifier": "42"}, NO_RESOURCE),
        ("GetProvisionedConcurrencyConfig", {"Qualifier": "42"}, "Function not found: {arn}:42"),
        ("DeleteProvisionedConcurrencyConfig", {"Qualifier": "absent"}, "Cannot find alias arn: {arn}:absent"),
        (
            "PutProvisionedConcurrencyConfig",
            {"Qualifier": "absent", **PROVISION},
            "Cannot find alias arn: {arn}:absent",
        ),
        ("CreateFunctionUrlConfig", {"AuthType": "NONE", "Qualifier": "absent"}, "Function does not exist"),
        ("GetFunctionUrlConfig", {"Qualifier": "absent"}, NO_RESOURCE),
    ],
)
async def test_no_version_or_alias(api: Api, operation: str, members: dict[str, Any], error: str) -> None:
    arn = await api.deploy(Publish=True)
    with pytest.raises(Failed) as failed:
        await api(operation, FunctionName=arn, **members)
    assert (failed.value.status, failed.value.message) == (404, error.format(arn=arn))


@pytest.mark.parametrize("operation", ["GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"])
async def test_the_newest_state_is_never_provisioned(api: Api, operation: str) -> None:
    arn = await api.deploy()
    with pytest.raises(
        Failed, match="400 InvalidParameterValueException: The function resource provided must be an alias"
    ):
        await api(operation, FunctionName=arn, Qualifier="$LATEST")
