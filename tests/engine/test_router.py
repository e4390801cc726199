"""From request to service: data planes by host and path, operations by target or signature, the rest upstream."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.credentials import SignatureScope
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request
from cloudrig.engine.router import OperationRoute, PlaneRoute, Router, host_name, is_foreign, mount


@dataclass
class Named:
    """Answers to one path and one mount."""

    path: str = ""
    operations: dict[tuple[str, str], str] = field(default_factory=dict)

    def find(self, method: str, path: str, query: str) -> str | None:
        return self.operations.get((method, path))

    def locate(self, host: str, path: str) -> Mounted | None:
        return mount(host, path, prefix="/_aws/execute-api/", label="execute-api")

    call = serve = upgrade = start = close = None  # the router only chooses


def request(path: str, **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", path, headers=CIMultiDictProxy(CIMultiDict(given)))


plane: Any = Named()
tables: Any = Named()
functions: Any = Named(operations={("GET", "/2015-03-31/functions"): "ListFunctions"})
v2: Any = Named(operations={("GET", "/v2/apis"): "GetApis"})
v1: Any = Named(operations={("GET", "/restapis"): "GetRestApis"})
router = Router([plane], {"DynamoDB_20120810": tables}, {"lambda": [functions], "apigateway": [v2, v1]})


def signed(service: str) -> SignatureScope:
    return SignatureScope("test", "us-east-1", service)


def test_a_target_names_service_and_operation() -> None:
    route = router.route(request("/", X_Amz_Target="DynamoDB_20120810.PutItem"), signed("dynamodb"))
    assert route == OperationRoute(tables, "PutItem")


def test_the_signature_tells_services_of_like_paths_apart() -> None:
    assert router.route(request("/restapis"), signed("apigateway")) == OperationRoute(v1, "GetRestApis")
    assert router.route(request("/v2/apis"), signed("apigateway")) == OperationRoute(v2, "GetApis")
    assert router.route(request("/v2/apis"), signed("s3")) is None


def test_unsigned_requests_go_by_their_path() -> None:
    assert router.route(request("/2015-03-31/functions"), None) == OperationRoute(functions, "ListFunctions")


@pytest.mark.parametrize(
    ("given", "service"),
    [(request("/bucket/key"), "s3"), (request("/", X_Amz_Target="AmazonSSM.GetParameter"), "ssm")],
)
def test_what_nobody_keeps_is_the_upstreams(given: Request, service: str) -> None:
    assert router.route(given, signed(service)) is None


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1:4566", "/_aws/execute-api/abc/prod/x", Mounted("abc", "/prod/x", "/_aws/execute-api/abc")),
        ("127.0.0.1", "/_aws/execute-api/abc", Mounted("abc", "", "/_aws/execute-api/abc")),
        ("ABC.execute-api.localhost:4566", "/prod/x", Mounted("abc", "/prod/x")),
        ("abc.execute-api.eu-west-1.amazonaws.com", "/prod", Mounted("abc", "/prod")),
    ],
)
def test_data_planes_are_found_by_path_and_by_host(host: str, path: str, expected: Mounted) -> None:
    assert router.route(request(path, Host=host), signed("lambda")) == PlaneRoute(plane, expected)


@pytest.mark.parametrize(("host", "name"), [("A.b:80", "a.b"), ("[::1]:4566", "::1"), ("", "")])
def test_host_names_lose_case_and_port(host: str, name: str) -> None:
    assert host_name(request("/", Host=host)) == name


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({"Host": "127.0.0.1:4566"}, False),
        ({"Host": "[::1]:4566"}, False),
        ({"Host": "gateway:4566"}, False),
        ({"Host": "bucket.s3.localhost:4566", "Origin": "http://localhost:5173"}, False),
        ({"Host": "evil.example"}, True),
        ({"Host": "192.168.0.7:4566", "Origin": "http://192.168.0.7:4566"}, False),
        ({"Host": "b.s3.amazonaws.com", "Origin": "http://b.s3-website-eu-west-1.amazonaws.com"}, False),
        ({"Host": "127.0.0.1:4566", "Origin": "http://evil.example"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "null"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "http://203.0.113.5"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "http://[::1]:5173"}, False),
        ({"Host": "[2001:db8::1]:4566", "Origin": "http://[2001:db8::1]:4566"}, False),
        ({"Host": "127.0.0.1:4566", "Origin": "http://[2001:db8::1]"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "http://[127.0.0.1"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "http://evil.s3-website-us-east-1.amazonaws.com"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "http://127.0.0.1.evil.example"}, True),
    ],
)
def test_web_pages_of_elsewhere_are_told_apart(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(request("/", **headers)) is foreign
