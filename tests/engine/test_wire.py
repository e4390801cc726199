"""The wire layer against botocore itself: what its serializer sends we read, what we answer its parser reads."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.messages import Caller, Members, Request, Response
from cloudrig.engine.wire import OperationTable, error_response, service_model


class Teapot(ServiceError):
    code = "TeapotException"
    status = 418


def as_sent(service: str, operation: str, **members: Any) -> Request:
    """The request that boto3 would send."""
    model = service_model(service)
    serializer = create_serializer(model.metadata["protocol"], include_validation=False)
    sent = serializer.serialize_to_request(members, model.operation_model(operation))
    prepare_request_dict(sent, "http://rig")
    path, _, query = sent["url"].removeprefix("http://rig").partition("?")
    body = sent["body"]
    return Request(
        method=sent["method"],
        path=path,
        query=query,
        headers=CIMultiDictProxy(CIMultiDict(sent["headers"])),
        body=body.encode() if isinstance(body, str) else body,
    )


def as_read(service: str, operation: str, response: Response) -> Any:
    """What boto3 would make of the response."""
    model = service_model(service)
    parser = create_parser(model.metadata["protocol"])
    content = {"status_code": response.status, "headers": response.headers, "body": response.body}
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    return parser.parse(content, shape)


async def call(service: str, operation: str, implementation: Callable[[Caller, Members], Any], **members: Any) -> Any:
    table = OperationTable(service, {operation: implementation})
    request = as_sent(service, operation, **members)
    assert table.find(request.method, request.path, request.query) == operation
    return as_read(service, operation, await table.call(operation, request))


async def test_members_travel_in_path_query_header_and_body() -> None:
    seen: list[Members] = []

    def invoke(caller: Caller, members: Members) -> Members:
        seen.append(members)
        return {"StatusCode": 200, "Payload": b"pong", "FunctionError": "Unhandled"}

    answer = await call(
        "lambda", "Invoke", invoke, FunctionName="a:b", Qualifier="live", InvocationType="Event", Payload=b"ping"
    )
    assert seen == [{"FunctionName": "a:b", "Qualifier": "live", "InvocationType": "Event", "Payload": b"ping"}]
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")


async def test_structures_lists_maps_and_times_survive_both_ways() -> None:
    created = datetime(2026, 11, 20, 8, 4, 1, tzinfo=UTC)

    def create_api(caller: Caller, members: Members) -> Members:
        return {**members, "ApiId": "abc", "CreatedDate": created}

    answer = await call(
        "apigatewayv2",
        "CreateApi",
        create_api,
        Name="chat",
        ProtocolType="HTTP",
        Tags={"a": "b"},
        CorsConfiguration={"AllowOrigins": ["x", "y"], "MaxAge": 5, "AllowCredentials": True},
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["CorsConfiguration"] == {"AllowOrigins": ["x", "y"], "MaxAge": 5, "AllowCredentials": True}
    assert (answer["Tags"], answer["CreatedDate"]) == ({"a": "b"}, created)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
async def test_any_text_survives_as_a_path_label(name: str) -> None:
    seen: list[Members] = []

    def get(caller: Caller, members: Members) -> Members:
        seen.append(members)
        return {}

    table = OperationTable("apigatewayv2", {"GetApi": get})
    request = as_sent("apigatewayv2", "GetApi", ApiId=name)
    if table.find(request.method, request.path, request.query) == "GetApi":  # `.` and `..` are no names
        await table.call("GetApi", request)
        assert seen == [{"ApiId": name}]


async def test_literal_paths_win_over_labels() -> None:
    table = OperationTable("apigateway", {})
    assert table.find("GET", "/restapis/abc", "") == "GetRestApi"
    assert table.find("POST", "/restapis", "mode=import") == "ImportRestApi"
    assert table.find("POST", "/restapis", "") == "CreateRestApi"
    assert table.find("GET", "/nothing/here", "") is None


async def test_a_service_error_has_code_message_and_modelled_members() -> None:
    def fail(caller: Caller, members: Members) -> Members:
        raise Teapot("short and stout", Type="User")

    table = OperationTable("lambda", {"GetFunction": fail})
    response = await table.call("GetFunction", as_sent("lambda", "GetFunction", FunctionName="f"))
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (418, "TeapotException")
    assert json.loads(response.body) == {"Type": "User", "message": "short and stout"}


async def test_an_operation_may_name_its_request_id() -> None:
    """Lambda's Invoke: the id in the answer's header is the one the function saw."""
    metadata = {"ResponseMetadata": {"RequestId": "the-id"}, "StatusCode": 200}
    answer = await call("lambda", "Invoke", lambda caller, members: metadata, FunctionName="f")
    assert answer["ResponseMetadata"]["RequestId"] == "the-id"


async def test_an_unbuilt_operation_is_refused_by_name() -> None:
    table = OperationTable("lambda", {})
    response = await table.call("GetFunction", as_sent("lambda", "GetFunction", FunctionName="f"))
    assert response.status == 501
    assert b"GetFunction" in response.body


async def test_a_bug_in_an_operation_is_one_500_without_its_text() -> None:
    def broken(caller: Caller, members: Members) -> Members:
        raise KeyError("secret")

    table = OperationTable("lambda", {"GetFunction": broken})
    response = await table.call("GetFunction", as_sent("lambda", "GetFunction", FunctionName="f"))
    assert response.status == 500
    assert b"secret" not in response.body


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"MemorySize": "much"}', b'{"Environment": []}', b"[" * 10**5])
async def test_malformed_bodies_are_serialization_errors(body: bytes) -> None:
    table = OperationTable("lambda", {"CreateFunction": lambda caller, members: {}})
    request = as_sent("lambda", "CreateFunction", FunctionName="f", Role="r", Code={})
    request.body = body
    response = await table.call("CreateFunction", request)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (400, "SerializationException")


async def test_constraints_of_the_model_are_checked_in_awss_words() -> None:
    table = OperationTable("lambda", {"CreateFunction": lambda caller, members: {}})
    request = as_sent("lambda", "CreateFunction", FunctionName="f", Role="r", Code={}, MemorySize=64)
    response = await table.call("CreateFunction", request)
    message = json.loads(response.body)["message"]
    assert response.status == 400
    assert message.startswith("2 validation errors detected: ")
    assert "Value 'r' at 'role' failed to satisfy constraint" in message
    assert (
        "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal"
        in message
    )


async def test_constraints_of_maps_are_told_together_and_secrets_not_shown() -> None:
    """Texts: LocalStack's AWS-validated snapshots of CreateAlias and CreateFunction."""
    table = OperationTable("lambda", dict.fromkeys(("CreateAlias", "CreateFunction"), lambda caller, members: {}))
    weights = {"AdditionalVersionWeights": {"2": 2.0}}
    request = as_sent("lambda", "CreateAlias", FunctionName="f", Name="a", FunctionVersion="1", RoutingConfig=weights)
    assert json.loads((await table.call("CreateAlias", request)).body)["message"] == (
        "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
        "constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
        "have value greater than or equal to 0.0, Member must not be null]"
    )
    role, environment = "arn:aws:iam::000000000000:role/r", {"Variables": {"1A": "secret"}}
    request = as_sent("lambda", "CreateFunction", FunctionName="f", Role=role, Code={}, Environment=environment)
    message = json.loads((await table.call("CreateFunction", request)).body)["message"]
    assert "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("json", b'{"__type": "TeapotException", "message": "<tea>"}'),
        ("rest-json", b'{"message": "<tea>"}'),
        ("query", b"<Code>TeapotException</Code><Message>&lt;tea&gt;</Message>"),
        ("rest-xml", b"<Error><Code>TeapotException</Code><Message>&lt;tea&gt;</Message>"),
    ],
)
def test_errors_in_each_protocol(protocol: str, expected: bytes) -> None:
    response = error_response(Teapot("<tea>"), protocol)
    assert response.status == 418
    assert expected in response.body
