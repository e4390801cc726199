"""What a request needs, by what is on the wire."""

import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.services.access.actions import Need, is_callback, needs

ACCOUNT = "arn:aws:%s:eu-west-1:000000000000:"


def asked(
    service: str,
    operation: str | None = None,
    *,
    method: str = "POST",
    path: str = "/",
    host: str = "",
    copied: str = "",
    **members: Any,
) -> list[Need]:
    body = json.dumps(members).encode() if members else b""
    headers = CIMultiDictProxy(CIMultiDict({"Host": host, "X-Amz-Copy-Source": copied}))
    caller = Caller(Scope("000000000000", "eu-west-1"))
    return needs(Request(method, path, headers=headers, body=body, caller=caller), service, operation)


def dynamodb(operation: str, **members: Any) -> list[Need]:
    return asked("dynamodb", operation, **members)


def test_a_table_and_its_index() -> None:
    table = ACCOUNT % "dynamodb" + "table/t"
    assert dynamodb("GetItem", TableName="t") == [("dynamodb:GetItem", table)]
    assert dynamodb("Query", TableName=table, IndexName="i") == [("dynamodb:Query", f"{table}/index/i")]


def test_a_transaction_needs_what_its_parts_need() -> None:
    items = [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]
    assert dynamodb("TransactWriteItems", TransactItems=items) == [
        ("dynamodb:PutItem", ACCOUNT % "dynamodb" + "table/a"),
        ("dynamodb:ConditionCheckItem", ACCOUNT % "dynamodb" + "table/b"),
    ]


def test_a_batch_needs_every_table() -> None:
    needed = dynamodb("BatchGetItem", RequestItems={"a": {}, "b": {}})
    assert [resource for _, resource in needed] == [ACCOUNT % "dynamodb" + f"table/{name}" for name in "ab"]


def test_a_parameter_with_and_without_a_slash() -> None:
    assert asked("ssm", "GetParameter", Name="/a/b") == [("ssm:GetParameter", ACCOUNT % "ssm" + "parameter/a/b")]
    assert asked("ssm", "GetParameters", Names=["c"]) == [("ssm:GetParameters", ACCOUNT % "ssm" + "parameter/c")]


@pytest.mark.parametrize(
    ("host", "path"),
    [("abc.execute-api.eu-west-1.amazonaws.com", ""), ("127.0.0.1", "/_aws/execute-api/abc")],
)
@pytest.mark.parametrize("rest", ["@connections/Q%3D", "%40connections/Q%3D", "@connections/Q=/"])
def test_posting_to_a_connection(host: str, path: str, rest: str) -> None:
    """However the path is written that the data plane takes."""
    needed = asked("execute-api", path=f"{path}/prod/{rest}", host=host)
    arn = ACCOUNT % "execute-api" + "abc/prod/POST/@connections/Q="
    assert needed == [("execute-api:ManageConnections", arn)]
    assert is_callback(f"{path}/prod/{rest}")


def test_invoking_a_function() -> None:
    needed = asked("lambda", "Invoke", path="/2015-03-31/functions/f/invocations")
    assert needed == [("lambda:InvokeFunction", ACCOUNT % "lambda" + "function:f")]


@pytest.mark.parametrize(
    ("method", "path", "host", "need"),
    [
        ("GET", "/k/x", "b.s3.eu-west-1.amazonaws.com", ("s3:GetObject", "arn:aws:s3:::b/k/x")),
        ("GET", "/b/k/x", "s3.eu-west-1.amazonaws.com", ("s3:GetObject", "arn:aws:s3:::b/k/x")),
        ("PUT", "/b/k", "", ("s3:PutObject", "arn:aws:s3:::b/k")),
        ("GET", "/b", "", ("s3:ListBucket", "arn:aws:s3:::b")),
    ],
)
def test_objects_and_buckets(method: str, path: str, host: str, need: Need) -> None:
    assert asked("s3", method=method, path=path, host=host) == [need]


@pytest.mark.parametrize(
    ("source", "action"),
    [("a/k%20x", "s3:GetObject"), ("/a/k%20x", "s3:GetObject"), ("a/k%20x?versionId=v1", "s3:GetObjectVersion")],
)
def test_what_copies_an_object_reads_it_too(source: str, action: str) -> None:
    needed = asked("s3", method="PUT", path="/b/k", copied=source)
    assert needed == [("s3:PutObject", "arn:aws:s3:::b/k"), (action, "arn:aws:s3:::a/k x")]


def test_of_other_services_the_action_is_known() -> None:
    assert asked("events", "PutEvents", Entries=[]) == [("events:PutEvents", None)]
    form = Request("POST", "/", body=b"Action=Publish&Version=2010-03-31")
    assert needs(form, "sns", None) == [("sns:Publish", None)]
