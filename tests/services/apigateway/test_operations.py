"""Every operation of botocore's models answers as modelled, or says that it is not built."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import RestJSONSerializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Members, Request
from cloudrig.engine.wire import OperationTable, service_model
from cloudrig.services.apigateway.service import ApiGateway
from tests.services.apigateway.fakes import FakeInvoker, surroundings
from tests.services.apigateway.harness import INVOCATION_URI, call_operation
from tests.services.apigateway.rest.fakes import ADDRESSES, FUNCTION

UNMODELLED = {"DeleteIntegration": "ConflictException"}
"""Errors that AWS answers and the model leaves out: an integration that a route still targets."""
ALWAYS = {"ValidationException", "SerializationException"}
"""Errors of the protocol itself, which no model lists."""

SERVICES = ("apigateway", "apigatewayv2")
OPERATIONS = [(service, operation) for service in SERVICES for operation in service_model(service).operation_names]
PATCH_PATHS = [
    "/name",
    "/description",
    "/policy",
    "/minimumCompressionSize",
    "/binaryMediaTypes/a~1b",
    "/endpointConfiguration/types/EDGE",
    "/*/*/throttling/rateLimit",
    "/~1a/GET/logging/loglevel",
    "/variables/a",
    "/variables",
    "/deploymentId",
    "/accessLogSettings",
    "/*/*/caching/enabled",
    "/accessLogSettings/format",
    "/canarySettings",
    "/canarySettings/percentTraffic",
    "/cacheClusterSize",
    "/canarySettings/deploymentId",
    "/canarySettings/stageVariableOverrides/a",
    "/apiStages",
    "/throttle",
    "/throttle/rateLimit",
    "/quota/limit",
    "/quota/period",
    "/remaining",
    "/requestParameters/method.request.header.a",
    "/timeoutInMillis",
    "/features",
    "/requestTemplates/application~1json",
    "/authorizationScopes",
    "/uri",
    "/requestModels/a",
    "/authorizerId",
    "/pathPart",
    "/basePath",
    "/authorizationType",
    "/responseParameters/a",
    "/statusCode",
    "/parentId",
    "/stage",
    "/schema",
    "/validateRequestBody",
    "/identitySource",
    "/authorizerResultTtlInSeconds",
    "/providerARNs/a",
    "/cloudwatchRoleArn",
]


class World:
    """A gateway with one of everything, and the identifiers of all that."""

    def __init__(self) -> None:
        clock = Clock(source=lambda: 1795176000.0)
        gateway = ApiGateway(surroundings(clock, Events(clock.now), FakeInvoker(), ADDRESSES))
        self.tables = {"apigateway": gateway.v1, "apigatewayv2": gateway.v2}
        self.ids: dict[str, list[str]] = {}

    async def fill(self) -> World:
        rest, v2 = self._call("apigateway"), self._call("apigatewayv2")
        api = await rest("CreateRestApi", name="r")
        ids = {"restApiId": api["id"]}
        resource = await rest("CreateResource", **ids, parentId=api["rootResourceId"], pathPart="a")
        method = ids | {"resourceId": resource["id"], "httpMethod": "GET"}
        await rest("PutMethod", **method, authorizationType="NONE")
        await rest("PutMethodResponse", **method, statusCode="200")
        await rest("PutIntegration", **method, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'})
        await rest("PutIntegrationResponse", **method, statusCode="200")
        deployment = await rest("CreateDeployment", **ids, stageName="prod")
        key, plan = await rest("CreateApiKey", name="k"), await rest("CreateUsagePlan", name="p")
        await rest("CreateDomainName", domainName="a.example.com")
        self.ids = {
            "restApiId": [api["id"]],
            "resourceId": [resource["id"]],
            "parentId": [api["rootResourceId"]],
            "deploymentId": [deployment["id"]],
            "stageName": ["prod"],
            "apiKey": [key["id"]],
            "keyId": [key["id"]],
            "usagePlanId": [plan["id"]],
            "modelName": ["Empty"],
            "httpMethod": ["GET"],
            "statusCode": ["200"],
            "domainName": ["a.example.com"],
            "DomainName": ["a.example.com"],
            "uri": [INVOCATION_URI.format(FUNCTION)],
            "IntegrationUri": [INVOCATION_URI.format(FUNCTION), "https://a.example"],
            "Target": [FUNCTION],
            "path": PATCH_PATHS,
        }
        for protocol, route in (("WEBSOCKET", "$default"), ("HTTP", "GET /")):
            selection = {"RouteSelectionExpression": "$request.body.a"} if protocol == "WEBSOCKET" else {}
            made = await v2("CreateApi", Name="v", ProtocolType=protocol, **selection)
            where = {"ApiId": made["ApiId"]}
            kind = {"IntegrationType": "AWS_PROXY", "IntegrationUri": INVOCATION_URI.format(FUNCTION)}
            integration = await v2("CreateIntegration", **where, **kind, PayloadFormatVersion="1.0")
            target = f"integrations/{integration['IntegrationId']}"
            found = await v2("CreateRoute", **where, RouteKey=route, Target=target)
            await v2("CreateStage", **where, StageName="prod", AutoDeploy=True)
            for name, value in (("ApiId", made), ("IntegrationId", integration), ("RouteId", found)):
                self.ids.setdefault(name, []).append(value[name])
        self.ids |= {"StageName": ["prod"], "RouteKey": ["$default", "GET /"]}
        return self

    def _call(self, service: str) -> Any:
        return lambda operation, **members: call_operation(self.tables[service], operation, members, service=service)


def values(name: str, shape: Shape, ids: dict[str, list[str]], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape: identifiers of what is there, members of enums, and anything of the type."""
    if isinstance(shape, StructureShape):
        members = {key: values(key, member, ids, depth + 1) for key, member in shape.members.items()}
        required = {key: members[key] for key in shape.required_members}
        optional = {} if depth > 3 else {key: value for key, value in members.items() if key not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if isinstance(shape, ListShape):
        return st.lists(values(name, shape.member, ids, depth + 1), max_size=2)
    if isinstance(shape, MapShape):
        return st.dictionaries(text(), values(name, shape.value, ids, depth + 1), max_size=2)
    scalar: st.SearchStrategy[Any] = {
        "integer": st.integers(-1, 40_000),
        "long": st.integers(-1, 40_000),
        "double": st.floats(-1, 20_000),
        "boolean": st.booleans(),
        "timestamp": st.just("2026-11-20T00:00:00Z"),
        "blob": st.sampled_from([b"", b"{}", b"name,key\nk,v", b'{"openapi":"3.0.1","info":{"title":"t"},"paths":{}}']),
    }.get(shape.type_name, text())
    if shape.metadata.get("enum"):
        return st.sampled_from(shape.metadata["enum"])
    return st.one_of(st.sampled_from(ids[name]), scalar) if name in ids else scalar


def text() -> st.SearchStrategy[str]:
    known = [
        "GET",
        "prod",
        "/a",
        "{}",
        "$default",
        "arn:aws:x:y:z:a:b",
        "GET /",
        "application/json",
        "*/*/metrics/enabled",
    ]
    return st.one_of(st.sampled_from(known), st.text("abc/{}$.'*:~1é", min_size=1, max_size=8))


async def answer(table: OperationTable, model: OperationModel, members: Members) -> tuple[int, str, str]:
    """Status, error code and message of a call, as it would come over the wire."""
    sent = RestJSONSerializer().serialize_to_request(members, model)
    body = sent["body"].encode() if isinstance(sent["body"], str) else sent["body"] or b""
    query = urlencode(sent["query_string"], doseq=True)
    request = Request(sent["method"], sent["url_path"], query, body=body)
    response = await table.call(model.name, request)
    content = json.loads(response.body) if response.status >= 300 else {}
    return response.status, response.headers.get("x-amzn-ErrorType", ""), str(content.get("message"))


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=lambda value: str(value))
async def test_answers_as_modelled(service: str, operation: str) -> None:
    """With arbitrary input of the model's types: a modelled answer or error, or NotImplemented that names something."""
    model = service_model(service).operation_model(operation)
    world = await World().fill()
    shape = model.input_shape
    strategy: st.SearchStrategy[Any] = values("", shape, world.ids) if shape is not None else st.just({})
    modelled = {error.name for error in model.error_shapes} | ALWAYS | {UNMODELLED.get(operation, "")}
    calls: list[Members] = []

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(members: Members) -> None:
        calls.append(members)

    collect()
    for members in calls:
        status, code, message = await answer(world.tables[service], model, members)
        if status == 501:
            assert code == "NotImplemented"
            assert message.startswith("cloudrig does not implement ")
        elif status >= 300:
            assert code in modelled, f"{operation} answered {status} {code} {message} to {members}"
        else:
            assert status == model.http.get("responseCode", 200)
