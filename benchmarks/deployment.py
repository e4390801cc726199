"""The stack that is measured: each part is deployed when a measure first asks for it, and all are removed at the end.

So an endpoint that lacks one service can be measured by what it has. Names carry a random prefix: several may run.
"""

from __future__ import annotations

import io
import json
import secrets
import time
import zipfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from benchmarks.endpoints import Endpoint
from benchmarks.signing import signed_post
from cloudrig.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "us-east-1"
STAGE = "bench"
RUNTIME = "python3.13"
LOGS_SETTLE_S = 1.0
"""Logs of the last invocations may arrive so much later, and would make their group again."""
LOGS_ATTEMPTS = 10
_SOURCES = Path(__file__).with_name("functions")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["logs:*", "dynamodb:*"], "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """`url` is what clients connect to, `callback_url` comes before `/@connections/{id}`."""

    url: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class StreamedTable:
    """New items of `table` reach a function, which notes in `arrivals` when: `arrivedAt`, µs since the epoch."""

    table: str
    arrivals: str


class Deployment:
    """A context manager: left, nothing of what was deployed remains. Deploying raises ClientError."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._target = Target("endpoint", REGION, endpoint.url, endpoint.url)
        self._session = self._target.session()
        self._prefix = f"cloudrig-bench-{secrets.token_hex(3)}"
        self._undo = ExitStack()
        self._functions: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @cache  # noqa: B019  one deployment lives as long as the run
    def client(self, service: str) -> Any:
        return self._session.client(service)  # type: ignore[call-overload]

    # --- parts -------------------------------------------------------------------------------------------------------

    @cached_property
    def echo_api(self) -> WebSocketApi:
        """Anybody may connect; the routes `echo` and `whoami` answer from a function."""
        return self._websocket_api("echo", {"echo": "echo", "whoami": "echo"})

    @cached_property
    def door_api(self) -> WebSocketApi:
        """A function decides about each connection."""
        return self._websocket_api("door", {"$connect": "connect"})

    @cached_property
    def rest_url(self) -> str:
        """Where `POST` is answered by a function with the body it was sent."""
        client = self.client("apigateway")
        api_id = client.create_rest_api(name=self._name("rest"))["id"]
        self._undo.callback(client.delete_rest_api, restApiId=api_id)
        root = client.get_resources(restApiId=api_id)["items"][0]["id"]
        resource = client.create_resource(restApiId=api_id, parentId=root, pathPart="echo")["id"]
        method = {"restApiId": api_id, "resourceId": resource, "httpMethod": "POST"}
        client.put_method(**method, authorizationType="NONE")
        uri = self._invocation_uri("proxy", api_id)
        client.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.create_deployment(restApiId=api_id, stageName=STAGE)
        return f"{self._target.rest_url(api_id, STAGE)}/echo"

    @cached_property
    def streamed_table(self) -> StreamedTable:
        """A table whose new items reach a function by its stream."""
        arrivals = self._table("arrivals")["TableName"]
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        table = self._table("items", StreamSpecification=stream)
        self.function("stream", ARRIVALS_TABLE=arrivals)
        client = self.client("lambda")
        mapping = client.create_event_source_mapping(
            FunctionName=self._name("stream"),
            EventSourceArn=table["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            BatchSize=10,
        )
        self._undo.callback(client.delete_event_source_mapping, UUID=mapping["UUID"])
        return StreamedTable(table["TableName"], arrivals)

    def function(self, name: str, **variables: str) -> str:
        """The ARN of a function of `functions/`, deployed at the first call."""
        if name not in self._functions:
            self._functions[name] = self._create_function(name, variables)
        return self._functions[name]

    # --- what measures ask of it -------------------------------------------------------------------------------------

    def renew(self, name: str) -> None:
        """Change a function's configuration, so that its next event starts an environment."""
        self.function(name)
        client, settings = self.client("lambda"), {"FunctionName": self._name(name)}
        client.update_function_configuration(**settings, Environment={"Variables": {"RENEWED": secrets.token_hex(8)}})
        client.get_waiter("function_updated_v2").wait(**settings, WaiterConfig={"Delay": 1})

    def invoke_request(self, name: str, event: Mapping[str, str]) -> bytes:
        """A signed request that invokes a function."""
        self.function(name)
        url = f"{self._target.endpoint}/2015-03-31/functions/{self._name(name)}/invocations"
        return self._signed(url, json.dumps(event).encode(), "lambda")

    def post_request(self, connection_id: str, message: str) -> bytes:
        """A signed PostToConnection."""
        url = f"{self.echo_api.callback_url}/@connections/{connection_id.replace('=', '%3D')}"
        return self._signed(url, message.encode(), "execute-api")

    # --- how parts are made ------------------------------------------------------------------------------------------

    def _name(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _signed(self, url: str, body: bytes, service: str) -> bytes:
        credentials = self._session.get_credentials()
        assert credentials is not None
        return signed_post(url, body, service, REGION, credentials.get_frozen_credentials())

    @cached_property
    def _role(self) -> str:
        client, name = self.client("iam"), self._name("function")
        role: str = client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        self._undo.callback(client.delete_role, RoleName=name)
        client.put_role_policy(RoleName=name, PolicyName="bench", PolicyDocument=json.dumps(_POLICY))
        self._undo.callback(client.delete_role_policy, RoleName=name, PolicyName="bench")
        self._undo.callback(self._forget_logs)
        return role

    def _create_function(self, name: str, variables: Mapping[str, str]) -> str:
        client = self.client("lambda")
        made = client.create_function(
            FunctionName=self._name(name),
            Runtime=RUNTIME,
            Role=self._role,
            Handler=f"{name}.handler",
            Code={"ZipFile": _package()},
            Timeout=30,
            MemorySize=256,
            Environment={"Variables": dict(variables)},
        )
        self._undo.callback(client.delete_function, FunctionName=self._name(name))
        client.get_waiter("function_active_v2").wait(FunctionName=self._name(name), WaiterConfig={"Delay": 1})
        return str(made["FunctionArn"])

    def _websocket_api(self, name: str, routes: Mapping[str, str]) -> WebSocketApi:
        client = self.client("apigatewayv2")
        api_id = client.create_api(
            Name=self._name(name), ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )["ApiId"]
        self._undo.callback(client.delete_api, ApiId=api_id)
        for route, function in routes.items():
            self._route(api_id, route, function)
        deployment = client.create_deployment(ApiId=api_id)["DeploymentId"]
        client.create_stage(ApiId=api_id, StageName=STAGE, DeploymentId=deployment)
        return WebSocketApi(self._target.websocket_url(api_id, STAGE), self._target.callback_url(api_id, STAGE))

    def _route(self, api_id: str, route: str, function: str) -> None:
        client, uri = self.client("apigatewayv2"), self._invocation_uri(function, api_id)
        integration = client.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri)
        target = f"integrations/{integration['IntegrationId']}"
        if route.startswith("$"):
            client.create_route(ApiId=api_id, RouteKey=route, Target=target)
            return
        made = client.create_route(
            ApiId=api_id, RouteKey=route, Target=target, RouteResponseSelectionExpression="$default"
        )
        client.create_route_response(ApiId=api_id, RouteId=made["RouteId"], RouteResponseKey="$default")

    def _invocation_uri(self, function: str, api_id: str) -> str:
        """What an API's integration calls, with the permission to call it."""
        arn = self.function(function)
        account = arn.split(":")[4]
        with suppress(self.client("lambda").exceptions.ResourceConflictException):
            self.client("lambda").add_permission(
                FunctionName=self._name(function),
                StatementId=api_id,
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:{REGION}:{account}:{api_id}/*",
            )
        return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def _table(self, name: str, **settings: Any) -> dict[str, Any]:
        client, table = self.client("dynamodb"), self._name(name)
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **settings,
        )
        self._undo.callback(client.delete_table, TableName=table)
        client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
        described: dict[str, Any] = client.describe_table(TableName=table)["Table"]
        return described

    def _forget_logs(self) -> None:
        """Delete the functions' log groups, again while late logs make them again."""
        for _ in range(LOGS_ATTEMPTS):
            time.sleep(LOGS_SETTLE_S)
            if not sum(self._delete_log_group(name) for name in self._functions):
                return

    def _delete_log_group(self, name: str) -> bool:
        """Whether there was one."""
        try:
            self.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{self._name(name)}")
        except ClientError:
            return False
        return True


def _package() -> bytes:
    """The deployment package of all functions."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for source in sorted(_SOURCES.glob("*.py")):
            file.write(source, source.name)
    return packed.getvalue()
