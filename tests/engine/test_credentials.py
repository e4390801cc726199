"""Who signed a request: the account is in the key, the region in the scope, a function is known by its credentials."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.credentials import Credentials, SignatureScope, signature_scope
from cloudrig.engine.names import Scope


def headers(**given: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(given))


def test_scope_is_read_from_the_authorization_header() -> None:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/eu-west-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=abc"
    )
    assert signature_scope(headers(Authorization=authorization), "") == SignatureScope(
        "AKIDEXAMPLE", "eu-west-1", "lambda"
    )


def test_scope_is_read_from_a_presigned_query() -> None:
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20261120%2Fus-west-2%2Fexecute-api%2Faws4_request"
    assert signature_scope(headers(), query) == SignatureScope("KEY", "us-west-2", "execute-api")


@pytest.mark.parametrize("authorization", ["Bearer x.y.z", "AWS4-HMAC-SHA256 Credential=broken", ""])
def test_other_authorization_is_no_signature(authorization: str) -> None:
    assert signature_scope(headers(Authorization=authorization), "") is None


def test_unsigned_caller_has_the_defaults() -> None:
    assert Credentials().caller(None).scope == Scope("000000000000", "us-east-1")


@pytest.mark.parametrize(("key", "account"), [("123456789012", "123456789012"), ("test", "000000000000")])
def test_account_is_the_access_key_where_it_is_twelve_digits(key: str, account: str) -> None:
    assert Credentials().caller(SignatureScope(key, "eu-west-1", "s3")).scope == Scope(account, "eu-west-1")


def test_issued_credentials_are_recognised_until_revoked() -> None:
    credentials = Credentials()
    issued = credentials.issue("arn:aws:iam::123456789012:role/service-role/chat", "connect")
    signed = SignatureScope(issued.access_key_id, "us-east-1", "dynamodb")
    assert credentials.caller(signed).role_arn == "arn:aws:iam::123456789012:role/service-role/chat"
    assert credentials.caller(signed).user_arn == "arn:aws:sts::123456789012:assumed-role/chat/connect"
    assert credentials.caller(signed).scope.account == "123456789012"
    credentials.revoke(issued.access_key_id)
    assert credentials.caller(signed).role_arn is None


def test_a_users_key_has_no_session_and_is_told_by_its_arn() -> None:
    credentials = Credentials(only_own=True)
    keys = credentials.issue_to_user("arn:aws:iam::000000000000:user/rehearsal")
    assert keys.access_key_id.startswith("AKIA")
    assert keys.session_token == ""
    caller = credentials.caller(SignatureScope(keys.access_key_id, "eu-west-1", "s3"))
    assert caller.role_arn == caller.user_arn == "arn:aws:iam::000000000000:user/rehearsal"
