"""What the provider has for each kind of part: a function for each that it does not spell as CloudFormation does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stack.parts import Part
from stack.terraform.spelling import TYPES, Block, Blocks, address_of, name_of, plain, spelled

_CONTENT_TYPES = '${lookup(local.content_types, regex("[^.]*$", each.value), "application/octet-stream")}'
_CACHE_CONTROL = '${startswith(each.value, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"}'


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
        block["ttl"] = spelled(expiry, {})
    if indexes := properties.get("GlobalSecondaryIndexes"):
        block["global_secondary_index"] = [
            {"name": each["IndexName"], **_keys(each), "projection_type": each["Projection"]["ProjectionType"]}
            for each in indexes
        ]
    yield TYPES["table"], name_of(part), block


def _keys(properties: Mapping[str, Any]) -> dict[str, str]:
    return {f"{each['KeyType'].lower()}_key": each["AttributeName"] for each in properties["KeySchema"]}


def _secret(part: Part) -> Blocks:
    block = {
        **spelled(part.properties, {}),
        "value": "${data.aws_secretsmanager_random_password.secret.random_password}",
        # Made at random once.
        "lifecycle": {"ignore_changes": ["value"]},
    }
    yield TYPES["secret"], name_of(part), block


def _role(part: Part) -> Blocks:
    properties = part.properties
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    block = {"name": properties["RoleName"], "path": properties["Path"], "assume_role_policy": trust}
    yield TYPES["role"], name_of(part), block
    (inline,) = properties["Policies"]
    policy = {
        "name": inline["PolicyName"],
        "role": f"${{{address_of(part)}.id}}",
        "policy": json.dumps(inline["PolicyDocument"]),
    }
    yield "aws_iam_role_policy", name_of(part), policy


def _function(part: Part) -> Blocks:
    properties = dict(part.properties)
    package = f"${{var.packages}}/{properties.pop('Code').removeprefix('packages/')}"
    block = {
        **spelled(properties, {}),
        "filename": package,
        "source_code_hash": f'${{filebase64sha256("{package}")}}',
        # What it may do, and where it logs, is there before it runs.
        "depends_on": [f"aws_iam_role_policy.{name_of(part)}", f"aws_cloudwatch_log_group.{name_of(part)}"],
    }
    yield TYPES["function"], name_of(part), block


def _permission(part: Part) -> Blocks:
    statement = part.name.rpartition("_")[2]
    yield TYPES["permission"], name_of(part), {"statement_id": statement, **spelled(part.properties, {})}


def _method(part: Part) -> Blocks:
    """The method, its integration, and what either answers: four resources."""
    properties = dict(part.properties)
    integration, answers = dict(properties.pop("Integration")), properties.pop("MethodResponses", [])
    answered = integration.pop("IntegrationResponses", [])
    method = spelled(properties, {"AuthorizationType": "authorization"})
    at, name = {key: method[key] for key in ("rest_api_id", "resource_id", "http_method")}, name_of(part)
    yield TYPES["method"], name, method
    needed = {"depends_on": [f"aws_api_gateway_method.{name}"]}
    yield "aws_api_gateway_integration", name, {**at, **spelled(integration, {}), **needed}
    for answer in answers:
        yield "aws_api_gateway_method_response", name, {**at, **spelled(answer, {}), **needed}
    for answer in answered:
        needed = {"depends_on": [f"aws_api_gateway_integration.{name}", f"aws_api_gateway_method_response.{name}"]}
        yield "aws_api_gateway_integration_response", name, {**at, **spelled(answer, {}), **needed}


def _deployment(part: Part) -> Blocks:
    block = {
        "rest_api_id": part.properties["RestApiId"],
        "triggers": {"configuration": part.properties["Description"]},
        "lifecycle": {"create_before_destroy": True},
    }
    yield TYPES["deployment"], name_of(part), block


def _bucket(part: Part) -> Blocks:
    """The bucket, and a resource for each of its settings."""
    properties, name = part.properties, name_of(part)
    here = {"bucket": f"${{{address_of(part)}.id}}"}
    yield TYPES["bucket"], name, {"bucket": properties["BucketName"], "force_destroy": True}
    block = spelled(properties["PublicAccessBlockConfiguration"], {})
    yield "aws_s3_bucket_public_access_block", name, {**here, **block}
    if website := properties.get("WebsiteConfiguration"):
        pages = {
            "index_document": {"suffix": website["IndexDocument"]},
            "error_document": {"key": website["ErrorDocument"]},
        }
        yield "aws_s3_bucket_website_configuration", name, {**here, **pages}
    if cors := properties.get("CorsConfiguration"):
        rules = [{**spelled(rule, {"MaxAge": "max_age_seconds"})} for rule in cors["CorsRules"]]
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
        "depends_on": [f"aws_s3_bucket_public_access_block.{name_of(part)}"],
    }
    yield TYPES["policy"], name_of(part), block


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
    yield TYPES["site"], name_of(part), files
    for key, text in part.properties["Documents"].items():
        kept = {"content_type": "application/json", "cache_control": "no-cache"}
        yield TYPES["site"], key.replace(".", "_"), {"bucket": bucket, "key": key, "content": text, **kept}


def _distribution(part: Part) -> Blocks:
    (kind, name, block), *_ = plain(part)
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
    yield TYPES["alarm"], name_of(part), {**spelled(properties, {}), "metric_query": queries}


def _metric_query(query: Mapping[str, Any]) -> Block:
    block: Block = spelled(query, {})
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


def blocks_of(part: Part) -> Blocks:
    """The resources that a part becomes, the one that depends on others last."""
    return _MAKERS.get(part.kind, plain)(part)
