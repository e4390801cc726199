"""CloudFormation's properties in the spelling of Terraform's AWS provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stack.parts import Part

Block = dict[str, Any]
Blocks = Iterator[tuple[str, str, Block]]
"""Type and name of a resource, and what it is configured with."""

TYPES = {
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


def address_of(part: Part) -> str:
    """`aws_lambda_function.send_message`."""
    return f"{TYPES[part.kind]}.{name_of(part)}"


def name_of(part: Part) -> str:
    return part.name.replace("-", "_")


def plain(part: Part) -> Blocks:
    yield TYPES[part.kind], name_of(part), spelled(part.properties, _ARGUMENTS.get(part.kind, {}))


def spelled(value: Any, arguments: Mapping[str, str]) -> Any:
    """In Terraform's spelling: `RetentionInDays` is `retention_in_days`."""
    if isinstance(value, list):
        return [spelled(item, arguments) for item in value]
    if not isinstance(value, Mapping):
        return value
    block: Block = {}
    for name, item in value.items():
        if name in _UNWRAPPED:
            block |= spelled(item, arguments)
        else:
            argument = arguments.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            block[argument] = item if name in _KEPT else spelled(item, arguments)
    return block
