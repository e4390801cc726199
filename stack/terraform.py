"""The stack as Terraform, for its AWS provider: the JSON syntax of a configuration, made from the stack's `parts`.

The provider's arguments are CloudFormation's properties in another spelling, but for the kinds that have a function of
their own below. The prefix, and where things are found, stay variables; `terraform/main.tf` holds those.
Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from stack import chat
from stack.parameters import Parameters
from stack.parts import ATTRIBUTES, Part, parts
from stack.references import Facts, resolve
from stack.resources import Stack

PREFIX = "${var.prefix}"
"""Declare the stack with this as its prefix."""

Block = dict[str, Any]
Blocks = Iterator[tuple[str, str, Block]]
"""Type and name of a resource, and what it is configured with."""

_TYPES = {
    "alarm": "aws_cloudwatch_metric_alarm",
    "answer": "aws_apigatewayv2_route_response",
    "authorizer": "aws_apigatewayv2_authorizer",
    "bucket": "aws_s3_bucket",
    "deployment": "aws_api_gateway_deployment",
    "distribution": "aws_cloudfront_distribution",
    "function": "aws_lambda_function",
    "gatewayresponse": "aws_api_gateway_gateway_response",
    "headers": "aws_cloudfront_response_headers_policy",
    "integration": "aws_apigatewayv2_integration",
    "logs": "aws_cloudwatch_log_group",
    "mapping": "aws_lambda_event_source_mapping",
    "method": "aws_api_gateway_method",
    "originaccess": "aws_cloudfront_origin_access_control",
    "permission": "aws_lambda_permission",
    "policy": "aws_s3_bucket_policy",
    "poolclient": "aws_cognito_user_pool_client",
    "resource": "aws_api_gateway_resource",
    "rest": "aws_api_gateway_rest_api",
    "role": "aws_iam_role",
    "route": "aws_apigatewayv2_route",
    "routes": "aws_apigatewayv2_stage",
    "secret": "aws_ssm_parameter",
    "site": "aws_s3_object",
    "stage": "aws_api_gateway_stage",
    "table": "aws_dynamodb_table",
    "userpool": "aws_cognito_user_pool",
    "websocket": "aws_apigatewayv2_api",
}
_EXPRESSIONS = {
    "bucket.name": "${%s.bucket}",
    "bucket.url": "${local.files_url}",
    "function.name": "${%s.function_name}",
    "rest.root": "${%s.root_resource_id}",
    "rest.url": "${local.rest_url}",
    "userpool.endpoint": "${local.user_pools_url}",
    # What tokens say, wherever they were issued.
    "userpool.issuer": "https://cognito-idp.${local.region}.amazonaws.com/${%s.id}",
    "userpool.keys_url": "${local.user_pools_url}${%s.id}/.well-known/jwks.json",
    "websocket.callback_url": "${local.callback_url}",
    "websocket.url": "${local.websocket_url}",
}
"""How an attribute is found that the provider does not call the same."""
_ARGUMENTS = {
    "distribution": {
        "CacheBehaviors": "ordered_cache_behavior",
        "CustomErrorResponses": "custom_error_response",
        "IPV6Enabled": "is_ipv6_enabled",
        "Id": "origin_id",
        "Origins": "origin",
    },
    "logs": {"LogGroupName": "name"},
    "poolclient": {"ClientName": "name"},
    "routes": {"StageName": "name"},
    "userpool": {"RecoveryMechanisms": "recovery_mechanism", "UserPoolName": "name"},
}
"""Arguments that are not the property's name in Terraform's spelling."""
_UNWRAPPED = {"DistributionConfig", "OriginAccessControlConfig", "Policies", "ResponseHeadersPolicyConfig"}
_KEPT = {"RequestTemplates", "ResponseParameters", "ResponseTemplates", "Variables"}
"""Properties whose keys are not AWS's."""
_CONTENT_TYPES = '${lookup(local.content_types, regex("[^.]*$", each.value), "application/octet-stream")}'
_CACHE_CONTROL = '${startswith(each.value, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"}'
_BUCKET_SITE = (
    '${local.on_aws ? "http://${aws_s3_bucket.site.bucket}.s3-website-${local.region}.amazonaws.com/"'
    ' : "${var.endpoint}/_aws/s3-website/${aws_s3_bucket.site.bucket}/"}'
)
_CDN_SITE = (
    '${local.on_aws ? "https://${aws_cloudfront_distribution.site.domain_name}/"'
    ' : "${var.endpoint}/_aws/cloudfront/${aws_cloudfront_distribution.site.id}/"}'
)


def render(parameters: Parameters) -> str:
    """The chat, with the prefix left open, as the content of a `.tf.json` file. The site's files are Terraform's to
    find.
    """
    stack = chat.undeclared(replace(parameters, prefix=PREFIX))
    site_url = _CDN_SITE if parameters.site_cdn else _BUCKET_SITE
    return json.dumps({"locals": {"site_url": site_url}, "resource": _resources(stack)}, indent=2) + "\n"


def _resources(stack: Stack) -> dict[str, dict[str, Block]]:
    made: dict[str, list[str]] = {}
    resources: defaultdict[str, dict[str, Block]] = defaultdict(dict)
    consists_of = parts(stack)
    facts = _facts(consists_of)
    for part in consists_of:
        blocks = list(_MAKERS.get(part.kind, _plain)(resolve(part, facts)))
        if part.needs:
            blocks[-1][2]["depends_on"] = [each for need in part.needs for each in made[need]]
        made[part.key] = [f"{kind}.{name}" for kind, name, _ in blocks]
        for kind, name, block in blocks:
            resources[kind][name] = block
    return {kind: dict(sorted(blocks.items())) for kind, blocks in sorted(resources.items())}


def _facts(consists_of: list[Part]) -> Facts:
    """Terraform's expression for whatever may be referred to."""
    facts = {"aws.account": "${local.account}", "aws.region": "${local.region}"}
    for part in consists_of:
        for attribute in ATTRIBUTES:
            expression = _EXPRESSIONS.get(f"{part.kind}.{attribute}", f"${{%s.{attribute}}}")
            facts[f"{part.key}.{attribute}"] = expression.replace("%s", _address(part))
    return facts


def _address(part: Part) -> str:
    """`aws_lambda_function.send_message`."""
    return f"{_TYPES[part.kind]}.{_name(part)}"


def _name(part: Part) -> str:
    return part.name.replace("-", "_")


# --- one function per kind that is not spelled alike -----------------------------------------------------------------


def _plain(part: Part) -> Blocks:
    yield _TYPES[part.kind], _name(part), _spelled(part.properties, _ARGUMENTS.get(part.kind, {}))


def _spelled(value: Any, arguments: Mapping[str, str]) -> Any:
    """In Terraform's spelling: `RetentionInDays` is `retention_in_days`."""
    if isinstance(value, list):
        return [_spelled(item, arguments) for item in value]
    if not isinstance(value, Mapping):
        return value
    block: Block = {}
    for name, item in value.items():
        if name in _UNWRAPPED:
            block |= _spelled(item, arguments)
        else:
            argument = arguments.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            block[argument] = item if name in _KEPT else _spelled(item, arguments)
    return block


def _table(part: Part) -> Blocks:
    properties = part.properties
    attributes = [{"name": each["AttributeName"], "type": "S"} for each in properties["AttributeDefinitions"]]
    recovery = properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    block = {
        "name": properties["TableName"],
        "billing_mode": properties["BillingMode"],
        **_keys(properties),
        "attribute": attributes,
        "point_in_time_recovery": {"enabled": recovery},
    }
    if stream := properties.get("StreamSpecification"):
        block |= {"stream_enabled": True, "stream_view_type": stream["StreamViewType"]}
    if expiry := properties.get("TimeToLiveSpecification"):
        block["ttl"] = _spelled(expiry, {})
    if indexes := properties.get("GlobalSecondaryIndexes"):
        block["global_secondary_index"] = [
            {"name": each["IndexName"], **_keys(each), "projection_type": each["Projection"]["ProjectionType"]}
            for each in indexes
        ]
    yield _TYPES["table"], _name(part), block


def _keys(properties: Mapping[str, Any]) -> dict[str, str]:
    return {f"{each['KeyType'].lower()}_key": each["AttributeName"] for each in properties["KeySchema"]}


def _secret(part: Part) -> Blocks:
    block = {
        **_spelled(part.properties, {}),
        "value": "${data.aws_secretsmanager_random_password.secret.random_password}",
        # Made at random once.
        "lifecycle": {"ignore_changes": ["value"]},
    }
    yield _TYPES["secret"], _name(part), block


def _role(part: Part) -> Blocks:
    properties = part.properties
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    block = {"name": properties["RoleName"], "path": properties["Path"], "assume_role_policy": trust}
    yield _TYPES["role"], _name(part), block
    (inline,) = properties["Policies"]
    policy = {
        "name": inline["PolicyName"],
        "role": f"${{{_address(part)}.id}}",
        "policy": json.dumps(inline["PolicyDocument"]),
    }
    yield "aws_iam_role_policy", _name(part), policy


def _function(part: Part) -> Blocks:
    properties = dict(part.properties)
    package = f"${{var.packages}}/{properties.pop('Code').removeprefix('packages/')}"
    block = {
        **_spelled(properties, {}),
        "filename": package,
        "source_code_hash": f'${{filebase64sha256("{package}")}}',
        # What it may do, and where it logs, is there before it runs.
        "depends_on": [f"aws_iam_role_policy.{_name(part)}", f"aws_cloudwatch_log_group.{_name(part)}"],
    }
    yield _TYPES["function"], _name(part), block


def _permission(part: Part) -> Blocks:
    statement = part.name.rpartition("_")[2]
    yield _TYPES["permission"], _name(part), {"statement_id": statement, **_spelled(part.properties, {})}


def _method(part: Part) -> Blocks:
    """The method, its integration, and what either answers: four resources."""
    properties = dict(part.properties)
    integration, answers = dict(properties.pop("Integration")), properties.pop("MethodResponses", [])
    answered = integration.pop("IntegrationResponses", [])
    method = _spelled(properties, {"AuthorizationType": "authorization"})
    at, name = {key: method[key] for key in ("rest_api_id", "resource_id", "http_method")}, _name(part)
    yield _TYPES["method"], name, method
    needed = {"depends_on": [f"aws_api_gateway_method.{name}"]}
    yield "aws_api_gateway_integration", name, {**at, **_spelled(integration, {}), **needed}
    for answer in answers:
        yield "aws_api_gateway_method_response", name, {**at, **_spelled(answer, {}), **needed}
    for answer in answered:
        needed = {"depends_on": [f"aws_api_gateway_integration.{name}", f"aws_api_gateway_method_response.{name}"]}
        yield "aws_api_gateway_integration_response", name, {**at, **_spelled(answer, {}), **needed}


def _deployment(part: Part) -> Blocks:
    block = {
        "rest_api_id": part.properties["RestApiId"],
        "triggers": {"configuration": part.properties["Description"]},
        "lifecycle": {"create_before_destroy": True},
    }
    yield _TYPES["deployment"], _name(part), block


def _bucket(part: Part) -> Blocks:
    """The bucket, and a resource for each of its settings."""
    properties, name = part.properties, _name(part)
    here = {"bucket": f"${{{_address(part)}.id}}"}
    yield _TYPES["bucket"], name, {"bucket": properties["BucketName"], "force_destroy": True}
    block = _spelled(properties["PublicAccessBlockConfiguration"], {})
    yield "aws_s3_bucket_public_access_block", name, {**here, **block}
    if website := properties.get("WebsiteConfiguration"):
        pages = {
            "index_document": {"suffix": website["IndexDocument"]},
            "error_document": {"key": website["ErrorDocument"]},
        }
        yield "aws_s3_bucket_website_configuration", name, {**here, **pages}
    if cors := properties.get("CorsConfiguration"):
        rules = [{**_spelled(rule, {"MaxAge": "max_age_seconds"})} for rule in cors["CorsRules"]]
        yield "aws_s3_bucket_cors_configuration", name, {**here, "cors_rule": rules}
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [
            {
                "id": rule["Id"],
                "status": rule["Status"],
                "filter": {"prefix": rule["Prefix"]},
                "expiration": {"days": rule["ExpirationInDays"]},
            }
            for rule in lifecycle["Rules"]
        ]
        yield "aws_s3_bucket_lifecycle_configuration", name, {**here, "rule": rules}


def _bucket_policy(part: Part) -> Blocks:
    block = {
        "bucket": part.properties["Bucket"],
        "policy": json.dumps(part.properties["PolicyDocument"]),
        "depends_on": [f"aws_s3_bucket_public_access_block.{_name(part)}"],
    }
    yield _TYPES["policy"], _name(part), block


def _site(part: Part) -> Blocks:
    bucket = part.properties["Bucket"]
    files = {
        "for_each": '${fileset(var.site, "**")}',
        "bucket": bucket,
        "key": "${each.value}",
        "source": "${var.site}/${each.value}",
        "etag": '${filemd5("${var.site}/${each.value}")}',
        "content_type": _CONTENT_TYPES,
        "cache_control": _CACHE_CONTROL,
    }
    yield _TYPES["site"], _name(part), files
    for key, text in part.properties["Documents"].items():
        kept = {"content_type": "application/json", "cache_control": "no-cache"}
        yield _TYPES["site"], key.replace(".", "_"), {"bucket": bucket, "key": key, "content": text, **kept}


def _distribution(part: Part) -> Blocks:
    (kind, name, block), *_ = _plain(part)
    for origin in block["origin"]:
        del origin["s3_origin_config"]  # the provider's is for identities of the older kind
    required = {
        "restrictions": {"geo_restriction": {"restriction_type": "none"}},
        "viewer_certificate": {"cloudfront_default_certificate": True},
    }
    yield kind, name, {**block, **required}


def _alarm(part: Part) -> Blocks:
    properties = dict(part.properties)
    queries = [_metric_query(each) for each in properties.pop("Metrics")]
    yield _TYPES["alarm"], _name(part), {**_spelled(properties, {}), "metric_query": queries}


def _metric_query(query: Mapping[str, Any]) -> Block:
    block: Block = _spelled(query, {})
    if read := block.pop("metric_stat", None):
        dimensions = {each["name"]: each["value"] for each in read["metric"]["dimensions"]}
        block["metric"] = {**read.pop("metric"), **read, "dimensions": dimensions}
    return block


_MAKERS: Mapping[str, Callable[[Part], Blocks]] = {
    "alarm": _alarm,
    "bucket": _bucket,
    "deployment": _deployment,
    "distribution": _distribution,
    "function": _function,
    "method": _method,
    "permission": _permission,
    "policy": _bucket_policy,
    "role": _role,
    "secret": _secret,
    "site": _site,
    "table": _table,
}
