"""What the conformance tests talk to, deployed by boto3 alone: functions, a table, WebSocket APIs and a REST API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.config import Config as ClientConfig

from cloudrig.targets import Target
from scenarios.conformance.parts import Parts, package

STAGE = "prod"
KEY = uuid.uuid4().hex
"""The value of an API key with a plan, and of one whose quota is used up after a request."""
SPENT_KEY = uuid.uuid4().hex

_PATIENT = ClientConfig(retries={"mode": "standard", "total_max_attempts": 12})
"""Control planes throttle hard: ten requests a second, one deployment of a REST API in five seconds."""

HANDLERS = {
    "handler": "handler",
    "authorizer": "authorizer",
    "private": "handler",
    "broken": "no_such_handler",
    "hasty": "authorizer",
}
"""Functions and their handlers in `puppet.py`. The gateway may invoke all but `private`, `broken` cannot initialise,
`hasty` has a second.
"""
MODEL = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["name"]}


@dataclass(kw_only=True)
class Deployment(Parts):
    """Addresses and ids."""

    target: Target
    functions: dict[str, str] = field(default_factory=dict)
    apis: dict[str, str] = field(default_factory=dict)

    # --- addresses ---------------------------------------------------------------------------------------------------

    def websocket(self, kind: str) -> str:
        """`plain`, `authorized`, `hasty`, `signed`, `keyed`, `slow` or `broken`.

        The authorizer of `hasty` has a second, `$connect` of `slow` half a second.
        """
        return self.target.websocket_url(self.apis[kind], STAGE)

    @property
    def rest(self) -> str:
        return self.target.rest_url(self.apis["rest"], STAGE)

    def callbacks(self, kind: str = "plain", stage: str = STAGE) -> Any:
        """A boto3 client for `@connections`."""
        url = self.target.callback_url(self.apis[kind], stage)
        return self.target.session().client("apigatewaymanagementapi", endpoint_url=url)

    def disconnected(self, connection_id: str) -> dict[str, Any] | None:
        """The `$disconnect` event of a connection, once it has come."""
        found = self.aws("dynamodb").get_item(TableName=self.name, Key={"connectionId": {"S": connection_id}})
        return dict(json.loads(found["Item"]["event"]["S"])) if "Item" in found else None

    # --- deploying ---------------------------------------------------------------------------------------------------

    def deploy(self) -> Deployment:
        self._add_table()
        role = self.add_role("dynamodb:PutItem", "execute-api:ManageConnections", "logs:*")
        for name in HANDLERS:
            self.functions[name] = self._add_handler(name, role)
        for kind, connect in self._websocket_kinds().items():
            self._add_websocket_api(kind, connect)
        self._add_rest_api()
        self._add_keys()
        return self

    @cached_property
    def _rest(self) -> Any:
        return self.target.session().client("apigateway", config=_PATIENT)

    @cached_property
    def _v2(self) -> Any:
        return self.target.session().client("apigatewayv2", config=_PATIENT)

    def _add_table(self) -> None:
        client = self.aws("dynamodb")
        client.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.undo.append(lambda: client.delete_table(TableName=self.name))
        client.get_waiter("table_exists").wait(TableName=self.name)

    def _add_handler(self, short_name: str, role: str) -> str:
        name, environment = f"{self.name}-{short_name}", {"Variables": {"EVENTS": self.name}}
        settings = {"Timeout": 1} if short_name == "hasty" else {}
        handler, code = f"puppet.{HANDLERS[short_name]}", package(puppet="puppet.py")
        arn = self.add_function(name, role, handler, code, Environment=environment, **settings)
        if short_name != "private":
            self.aws("lambda").add_permission(
                FunctionName=name,
                StatementId="gateway",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
            )
        return arn

    def _invocation_uri(self, name: str) -> str:
        """`missing` is a function that does not exist."""
        region = self.target.region
        arn = self.functions.get(name) or self.functions["handler"].replace("-handler", f"-{name}")
        return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def _websocket_kinds(self) -> Mapping[str, Mapping[str, Any]]:
        """What `$connect` asks for, by kind of API."""
        return {
            "plain": {},
            "authorized": {"AuthorizationType": "CUSTOM"},
            "hasty": {"AuthorizationType": "CUSTOM"},
            "signed": {"AuthorizationType": "AWS_IAM"},
            "keyed": {"ApiKeyRequired": True},
            "slow": {},
            "broken": {},
        }

    def _add_websocket_api(self, kind: str, connect: Mapping[str, Any]) -> None:
        client = self._v2
        selection = "$request.body.action"
        made = client.create_api(
            Name=f"{self.name}-{kind}", ProtocolType="WEBSOCKET", RouteSelectionExpression=selection
        )
        api_id = self.apis[kind] = made["ApiId"]
        self.undo.append(lambda: client.delete_api(ApiId=api_id))
        target, slow = self._integration(api_id), self._integration(api_id, TimeoutInMillis=500)
        broken = self._integration(api_id, "broken")
        connect = {"Target": {"slow": slow, "broken": broken}.get(kind, target), **connect}
        if connect.get("AuthorizationType") == "CUSTOM":
            connect["AuthorizerId"] = client.create_authorizer(
                ApiId=api_id,
                Name="puppet",
                AuthorizerType="REQUEST",
                AuthorizerUri=self._invocation_uri("hasty" if kind == "hasty" else "authorizer"),
                IdentitySource=["route.request.querystring.auth"],
            )["AuthorizerId"]
        client.create_route(ApiId=api_id, RouteKey="$connect", **connect)
        client.create_route(ApiId=api_id, RouteKey="$disconnect", Target=target)
        self._answering(api_id, "do", target)
        self._answering(api_id, "slow", slow)
        client.create_route(ApiId=api_id, RouteKey="mute", Target=target)
        unreachable = {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://conformance.invalid/"}
        for key, failing in (
            ("private", self._integration(api_id, "private")),
            ("missing", self._integration(api_id, "missing")),
            ("unreachable", self._integration(api_id, **unreachable)),
        ):
            client.create_route(ApiId=api_id, RouteKey=key, Target=failing)
        client.create_model(ApiId=api_id, Name="named", ContentType="application/json", Schema=json.dumps(MODEL))
        models = {"RequestModels": {"$default": "named"}, "ModelSelectionExpression": "$default"}
        client.create_route(ApiId=api_id, RouteKey="checked", Target=target, **models)
        deployment = client.create_deployment(ApiId=api_id)["DeploymentId"]
        client.create_stage(ApiId=api_id, StageName=STAGE, DeploymentId=deployment)

    def _integration(self, api_id: str, function: str = "handler", **members: Any) -> str:
        described = {"IntegrationType": "AWS_PROXY", "IntegrationUri": self._invocation_uri(function), **members}
        made = self._v2.create_integration(ApiId=api_id, IntegrationMethod="POST", **described)
        return f"integrations/{made['IntegrationId']}"

    def _answering(self, api_id: str, key: str, target: str) -> None:
        client = self._v2
        route = client.create_route(
            ApiId=api_id, RouteKey=key, Target=target, RouteResponseSelectionExpression="$default"
        )
        client.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")

    def _add_rest_api(self) -> None:
        client = self._rest
        api = client.create_rest_api(name=self.name, endpointConfiguration={"types": ["REGIONAL"]})
        ids = {"restApiId": api["id"]}
        self.apis["rest"] = api["id"]
        self.undo.append(lambda: client.delete_rest_api(**ids))
        authorizers = {
            name: client.create_authorizer(
                **ids,
                name=name,
                type="REQUEST",
                authorizerUri=uri,
                identitySource="method.request.querystring.auth",
                authorizerResultTtlInSeconds=0,
            )["id"]
            for name, uri in (
                ("good", self._invocation_uri("authorizer")),
                ("gone", self._invocation_uri("missing")),
            )
        }
        client.create_model(**ids, name="named", contentType="application/json", schema=json.dumps(MODEL))
        validator = client.create_request_validator(
            **ids, name="all", validateRequestBody=True, validateRequestParameters=True
        )["id"]
        checked = {
            "requestValidatorId": validator,
            "requestModels": {"application/json": "named"},
            "requestParameters": {"method.request.querystring.page": True},
        }
        method = self._rest_methods(api)
        method("GET", "ok")
        method("GET", "keyed", apiKeyRequired=True)
        for name, authorizer_id in authorizers.items():
            method("GET", name, authorizationType="CUSTOM", authorizerId=authorizer_id)
        method("POST", "checked", **checked)
        method("GET", "slow", integration={"timeoutInMillis": 500})
        method("POST", "typed", integration={"type": "AWS", "passthroughBehavior": "NEVER"})
        method("GET", "got", integration={"integrationHttpMethod": "GET"})
        for name in ("private", "missing"):
            method("GET", name, integration={"uri": self._invocation_uri(name)})
        client.create_deployment(**ids, stageName=STAGE)

    def _rest_methods(self, api: Mapping[str, Any]) -> Callable[..., None]:
        client, ids = self._rest, {"restApiId": api["id"]}

        def method(verb: str, part: str, integration: Mapping[str, Any] | None = None, **members: Any) -> None:
            resource = client.create_resource(**ids, parentId=api["rootResourceId"], pathPart=part)
            where = {**ids, "resourceId": resource["id"], "httpMethod": verb}
            client.put_method(**where, **{"authorizationType": "NONE", **members})
            uri = self._invocation_uri("handler")
            described = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri, **(integration or {})}
            client.put_integration(**where, **described)

        return method

    def _add_keys(self) -> None:
        """A key whose plan allows everything, one for a request a day, for the APIs that ask for keys."""
        client = self._rest
        stages = [{"apiId": self.apis[kind], "stage": STAGE} for kind in ("keyed", "rest")]
        for value, plan in ((KEY, {}), (SPENT_KEY, {"quota": {"limit": 1, "period": "DAY"}})):
            key = client.create_api_key(name=self.name, value=value, enabled=True)["id"]
            self.undo.append(lambda key=key: client.delete_api_key(apiKey=key))  # type: ignore[misc]
            usage_plan = client.create_usage_plan(name=f"{self.name}-{key}", apiStages=stages, **plan)["id"]
            self.undo.append(lambda plan=usage_plan: self._delete_plan(plan))  # type: ignore[misc]
            client.create_usage_plan_key(usagePlanId=usage_plan, keyId=key, keyType="API_KEY")

    def _delete_plan(self, plan: str) -> None:
        """Its stages have to go first."""
        client = self._rest
        stages = [f"{self.apis[kind]}:{STAGE}" for kind in ("keyed", "rest")]
        operations = [{"op": "remove", "path": "/apiStages", "value": stage} for stage in stages]
        client.update_usage_plan(usagePlanId=plan, patchOperations=operations)
        client.delete_usage_plan(usagePlanId=plan)
