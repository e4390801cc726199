"""The stack as Terraform, for its AWS provider: the JSON syntax of a configuration, made from the declaration.

A reference of the declaration (`${table.Users.arn}`) becomes an expression of Terraform's; the prefix, and where things
are found, stay variables. Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stack import chat
from stack.adapters.cloudwatch import PERIOD_S
from stack.alarms import Alarm, Metric
from stack.parameters import Parameters
from stack.resources import (
    CORS_METHODS,
    Bucket,
    EventSourceMapping,
    Function,
    LogGroup,
    Permissions,
    PrivateBucket,
    Resource,
    RestApi,
    Role,
    Secret,
    Site,
    Stack,
    Table,
    WebSocketApi,
    WebSocketRoutes,
)

PREFIX = "${var.prefix}"
"""Declare the stack with this as its prefix."""

Block = dict[str, Any]
Blocks = Iterator[tuple[str, str, Block]]
"""Type and name of a resource, and what it is configured with."""

_REFERENCE = re.compile(r"\$\{([\w-]+)\.([\w-]+)\.(\w+)\}")
_INVOKE_URI = "arn:aws:apigateway:${local.region}:lambda:path/2015-03-31/functions/%s/invocations"
_CONTENT_TYPES = '${lookup(local.content_types, regex("[^.]*$", each.value), "application/octet-stream")}'
_CACHE_CONTROL = '${startswith(each.value, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"}'
_TERRAFORM_TYPES = {
    "table": "aws_dynamodb_table",
    "logs": "aws_cloudwatch_log_group",
    "secret": "aws_ssm_parameter",
    "role": "aws_iam_role",
    "function": "aws_lambda_function",
    "mapping": "aws_lambda_event_source_mapping",
    "rest": "aws_api_gateway_rest_api",
    "websocket": "aws_apigatewayv2_api",
    "bucket": "aws_s3_bucket",
}
_LOCALS = {
    ("aws", "account"): "local.account",
    ("aws", "region"): "local.region",
    ("rest", "url"): "local.rest_url",
    ("websocket", "url"): "local.websocket_url",
    ("websocket", "callback_url"): "local.callback_url",
    ("bucket", "url"): "local.files_url",
    ("bucket", "name"): "aws_s3_bucket.%s.bucket",
}


class Unsupported(ValueError):
    """The declaration has a kind of resource that has no Terraform form here."""


def configuration(stack: Stack) -> dict[str, Any]:
    """Every resource of the stack, as the content of a `.tf.json` file. Raises Unsupported."""
    resources: defaultdict[str, dict[str, Block]] = defaultdict(dict)
    for resource in stack:
        make = _MAKERS.get(type(resource))
        if make is None:
            raise Unsupported(f"{resource.key} has no Terraform form")
        for kind, name, block in make(resource):
            resources[kind][name] = _translated(block)
    return {"resource": {kind: dict(sorted(blocks.items())) for kind, blocks in sorted(resources.items())}}


def render(stack: Stack) -> str:
    """The same as text."""
    return json.dumps(configuration(stack), indent=2) + "\n"


def of_chat() -> str:
    """The chat with its default parameters but for the prefix. The site's files are Terraform's to find."""
    return render(chat.undeclared(Parameters(prefix=PREFIX)))


def _translated(value: Any) -> Any:
    """With Terraform's expressions for the declaration's references."""
    if isinstance(value, str):
        value = re.sub(r"\$\{aws\.(\w+)\}", r"${local.\1}", value)
        return _REFERENCE.sub(lambda found: _expression(*found.groups()), value)
    if isinstance(value, Mapping):
        return {key: _translated(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_translated(item) for item in value]
    return value


def _expression(kind: str, name: str, attribute: str) -> str:
    if kind not in _TERRAFORM_TYPES:  # Terraform's own already
        return f"${{{kind}.{name}.{attribute}}}"
    local = _LOCALS.get((kind, attribute))
    if local is not None:
        return f"${{{local % name if '%' in local else local}}}"
    return f"${{{_TERRAFORM_TYPES[kind]}.{_name(name)}.{attribute}}}"


def _name(text: str) -> str:
    """As Terraform names things: `$connect` is `connect`, `POST /login` is `POST_login`."""
    return re.sub(r"\W+", "_", text).strip("_").replace("-", "_") or "root"


def _policy(aspect: object) -> str:
    return json.dumps(aspect)


# --- one function per kind -------------------------------------------------------------------------------------------


def _table(table: Table) -> Blocks:
    keys = [table.hash_key, *([table.range_key] if table.range_key else []), *(each.hash_key for each in table.indexes)]
    block: Block = {
        "name": table.name,
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": table.hash_key,
        "attribute": [{"name": key, "type": "S"} for key in dict.fromkeys(keys)],
        "point_in_time_recovery": {"enabled": table.point_in_time_recovery},
    }
    block |= {"range_key": table.range_key} if table.range_key else {}
    block |= {"stream_enabled": True, "stream_view_type": table.stream_view} if table.stream_view else {}
    block |= {"ttl": {"attribute_name": table.ttl_attribute, "enabled": True}} if table.ttl_attribute else {}
    if table.indexes:
        indexes = [{"name": each.name, "hash_key": each.hash_key, "projection_type": "ALL"} for each in table.indexes]
        block["global_secondary_index"] = indexes
    yield "aws_dynamodb_table", _name(table.id), block


def _log_group(group: LogGroup) -> Blocks:
    block = {"name": group.name, "retention_in_days": group.retention_days}
    yield "aws_cloudwatch_log_group", _name(group.id), block


def _secret(secret: Secret) -> Blocks:
    block = {
        "name": secret.name,
        "type": "SecureString",
        "value": "${data.aws_secretsmanager_random_password.secret.random_password}",
        # Made at random once.
        "lifecycle": {"ignore_changes": ["value"]},
    }
    yield "aws_ssm_parameter", _name(secret.id), block


def _role(role: Role) -> Blocks:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    block = {"name": role.name, "path": role.path, "assume_role_policy": document}
    yield "aws_iam_role", _name(role.id), block
    policy = {
        "name": "function",
        "role": f"${{aws_iam_role.{_name(role.id)}.id}}",
        "policy": _policy(role.aspects()["policy"]),
    }
    yield "aws_iam_role_policy", _name(role.id), policy


def _function(function: Function) -> Blocks:
    package = f"${{var.packages}}/{function.id}.zip"
    block: Block = {
        "function_name": function.name,
        "role": function.role_arn,
        "runtime": function.runtime,
        "architectures": ["x86_64"],
        "handler": function.handler,
        "filename": package,
        "source_code_hash": f'${{filebase64sha256("{package}")}}',
        "memory_size": function.memory_mb,
        "timeout": function.timeout_s,
        # What it may do, and where it logs, is there before it runs.
        "depends_on": [
            f"aws_iam_role_policy.{_name(function.id)}",
            f"aws_cloudwatch_log_group.{_name(function.id)}",
        ],
    }
    if function.environment:
        block["environment"] = {"variables": dict(function.environment)}
    yield "aws_lambda_function", _name(function.id), block


def _permissions(permissions: Permissions) -> Blocks:
    for statement, source in permissions.sources.items():
        block = {
            "statement_id": statement,
            "function_name": permissions.function.replace(".name}", ".function_name}"),
            "action": "lambda:InvokeFunction",
            "principal": "apigateway.amazonaws.com",
            "source_arn": source,
        }
        yield "aws_lambda_permission", f"{_name(permissions.id)}_{statement}", block


def _mapping(mapping: EventSourceMapping) -> Blocks:
    block = {
        "function_name": mapping.function,
        "event_source_arn": mapping.stream_arn,
        "starting_position": "TRIM_HORIZON",
        "enabled": mapping.enabled,
        "batch_size": mapping.batch_size,
        "parallelization_factor": mapping.parallel,
        "maximum_retry_attempts": mapping.retries,
        "function_response_types": ["ReportBatchItemFailures"],
    }
    yield "aws_lambda_event_source_mapping", _name(mapping.id), block


def _rest_api(api: RestApi) -> Blocks:
    api_id = f"${{aws_api_gateway_rest_api.{_name(api.id)}.id}}"
    yield "aws_api_gateway_rest_api", _name(api.id), {"name": api.name}
    parts: list[str] = []
    for path in api.paths():
        root = f"${{aws_api_gateway_rest_api.{_name(api.id)}.root_resource_id}}"
        block = {"rest_api_id": api_id, "parent_id": root, "path_part": path.strip("/")}
        yield "aws_api_gateway_resource", _name(path), block
        for kind, name, each in (*_proxied(api, path, api_id), *_cors(api, path, api_id)):
            parts.append(f"{kind}.{name}")
            yield kind, name, each
    for response in ("DEFAULT_4XX", "DEFAULT_5XX"):
        parts.append(f"aws_api_gateway_gateway_response.{response}")
        yield "aws_api_gateway_gateway_response", response, _gateway_response(api, response, api_id)
    digest = str(api.aspects()["deployment"])
    deployment = {
        "rest_api_id": api_id,
        "triggers": {"configuration": digest},
        "lifecycle": {"create_before_destroy": True},
        "depends_on": parts,
    }
    yield "aws_api_gateway_deployment", _name(api.id), deployment
    deployed = f"${{aws_api_gateway_deployment.{_name(api.id)}.id}}"
    stage = {"rest_api_id": api_id, "deployment_id": deployed, "stage_name": api.stage}
    yield "aws_api_gateway_stage", _name(api.id), stage


def _gateway_response(api: RestApi, response: str, api_id: str) -> Block:
    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    return {
        "rest_api_id": api_id,
        "response_type": response,
        "response_parameters": {header: f"'{api.allowed_origin}'"},
        # API Gateway's own, which it shows as if it had been asked for.
        "response_templates": {"application/json": '{"message":$context.error.messageString}'},
    }


def _proxied(api: RestApi, path: str, api_id: str) -> Blocks:
    resource = f"${{aws_api_gateway_resource.{_name(path)}.id}}"
    for endpoint in api.endpoints:
        if endpoint.path != path:
            continue
        name = f"{endpoint.method}_{_name(path)}"
        at = {"rest_api_id": api_id, "resource_id": resource, "http_method": endpoint.method}
        yield "aws_api_gateway_method", name, {**at, "authorization": "NONE"}
        uri = _INVOKE_URI % endpoint.function_arn
        needed = [f"aws_api_gateway_method.{name}"]
        integration = {"type": "AWS_PROXY", "integration_http_method": "POST", "uri": uri, "depends_on": needed}
        yield "aws_api_gateway_integration", name, {**at, **integration}


def _cors(api: RestApi, path: str, api_id: str) -> Blocks:
    name = f"OPTIONS_{_name(path)}"
    resource = f"${{aws_api_gateway_resource.{_name(path)}.id}}"
    at = {"rest_api_id": api_id, "resource_id": resource, "http_method": "OPTIONS"}
    headers = {f"method.response.header.{header}": f"'{value}'" for header, value in api.cors_headers(path).items()}
    yield "aws_api_gateway_method", name, {**at, "authorization": "NONE"}
    mock = {"type": "MOCK", "request_templates": {"application/json": '{"statusCode": 200}'}}
    yield "aws_api_gateway_integration", name, {**at, **mock, "depends_on": [f"aws_api_gateway_method.{name}"]}
    answered = {**at, "status_code": "200", "response_parameters": dict.fromkeys(headers, False)}
    yield "aws_api_gateway_method_response", name, {**answered, "depends_on": [f"aws_api_gateway_method.{name}"]}
    parts = [f"aws_api_gateway_integration.{name}", f"aws_api_gateway_method_response.{name}"]
    yield (
        "aws_api_gateway_integration_response",
        name,
        {**at, "status_code": "200", "response_parameters": headers, "depends_on": parts},
    )


def _websocket_api(api: WebSocketApi) -> Blocks:
    block = {"name": api.name, "protocol_type": "WEBSOCKET", "route_selection_expression": api.route_selection}
    yield "aws_apigatewayv2_api", _name(api.id), block


def _websocket_routes(routes: WebSocketRoutes) -> Blocks:
    parts: list[str] = []
    for function in dict.fromkeys(route.function_arn for route in routes.routes):
        name = _name(function.split(".")[1])
        integration = {"integration_type": "AWS_PROXY", "integration_method": "POST"}
        uri = _INVOKE_URI % function
        yield "aws_apigatewayv2_integration", name, {"api_id": routes.api_id, **integration, "integration_uri": uri}
    for route in routes.routes:
        name = _name(route.key)
        integration_name = _name(route.function_arn.split(".")[1])
        block: Block = {
            "api_id": routes.api_id,
            "route_key": route.key,
            "target": f"integrations/${{aws_apigatewayv2_integration.{integration_name}.id}}",
        }
        block |= {"route_response_selection_expression": "$default"} if route.answers else {}
        parts.append(f"aws_apigatewayv2_route.{name}")
        yield "aws_apigatewayv2_route", name, block
        if route.answers:
            response = {"api_id": routes.api_id, "route_id": f"${{aws_apigatewayv2_route.{name}.id}}"}
            yield "aws_apigatewayv2_route_response", name, {**response, "route_response_key": "$default"}
    stage = {"api_id": routes.api_id, "name": routes.stage, "auto_deploy": True, "depends_on": parts}
    yield "aws_apigatewayv2_stage", _name(routes.id), stage


def _bucket(bucket: Bucket) -> Blocks:
    name = _name(bucket.id)
    here = f"${{aws_s3_bucket.{name}.id}}"
    yield "aws_s3_bucket", name, {"bucket": bucket.name, "force_destroy": True}
    yield "aws_s3_bucket_public_access_block", name, _access_block(here, closed=not bucket.public)
    if not bucket.public:
        return
    website = {
        "bucket": here,
        "index_document": {"suffix": bucket.index_document},
        "error_document": {"key": bucket.error_document},
    }
    yield "aws_s3_bucket_website_configuration", name, website
    policy = _policy(bucket.aspects()["policy"])
    opened = {"bucket": here, "policy": policy, "depends_on": [f"aws_s3_bucket_public_access_block.{name}"]}
    yield "aws_s3_bucket_policy", name, opened


def _access_block(bucket: str, *, closed: bool) -> Block:
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return {"bucket": bucket, **dict.fromkeys(switches, closed)}


def _private_bucket(bucket: PrivateBucket) -> Blocks:
    name = _name(bucket.id)
    here = f"${{aws_s3_bucket.{name}.id}}"
    yield "aws_s3_bucket", name, {"bucket": bucket.name, "force_destroy": True}
    yield "aws_s3_bucket_public_access_block", name, _access_block(here, closed=True)
    rule = {
        "allowed_origins": [bucket.allowed_origin],
        "allowed_methods": [*CORS_METHODS],
        "allowed_headers": ["*"],
        "max_age_seconds": 3600,
    }
    yield "aws_s3_bucket_cors_configuration", name, {"bucket": here, "cors_rule": [rule]}
    expiry = {
        "id": "expiry",
        "status": "Enabled",
        "filter": {"prefix": bucket.expiring_prefix},
        "expiration": {"days": bucket.expires_after_days},
    }
    yield "aws_s3_bucket_lifecycle_configuration", name, {"bucket": here, "rule": [expiry]}


def _site(site: Site) -> Blocks:
    bucket = site.bucket
    files = {
        "for_each": '${fileset(var.site, "**")}',
        "bucket": bucket,
        "key": "${each.value}",
        "source": "${var.site}/${each.value}",
        "etag": '${filemd5("${var.site}/${each.value}")}',
        "content_type": _CONTENT_TYPES,
        "cache_control": _CACHE_CONTROL,
    }
    yield "aws_s3_object", _name(site.id), files
    for key, text in site.documents.items():
        kept = {"content_type": "application/json", "cache_control": "no-cache"}
        yield "aws_s3_object", _name(key), {"bucket": bucket, "key": key, "content": text, **kept}


def _alarm(alarm: Alarm) -> Blocks:
    block = {
        "alarm_name": alarm.name,
        "alarm_description": alarm.description,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": alarm.threshold,
        "evaluation_periods": alarm.minutes,
        "treat_missing_data": "notBreaching",
        "metric_query": [_metric_query(each, alarm.metrics[-1]) for each in alarm.metrics],
    }
    yield "aws_cloudwatch_metric_alarm", _name(alarm.id), block


def _metric_query(metric: Metric, compared: Metric) -> Block:
    query: Block = {"id": metric.id, "return_data": metric is compared}
    if metric.expression:
        return {**query, "expression": metric.expression}
    read = {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": PERIOD_S,
        "stat": metric.statistic,
    }
    return {**query, "metric": read}


_MAKERS: Mapping[type[Resource], Callable[[Any], Blocks]] = {
    Alarm: _alarm,
    Bucket: _bucket,
    EventSourceMapping: _mapping,
    Function: _function,
    LogGroup: _log_group,
    Permissions: _permissions,
    PrivateBucket: _private_bucket,
    RestApi: _rest_api,
    Role: _role,
    Secret: _secret,
    Site: _site,
    Table: _table,
    WebSocketApi: _websocket_api,
    WebSocketRoutes: _websocket_routes,
}
