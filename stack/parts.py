"""What a stack consists of in CloudFormation's terms: every resource of AWS's, its type and its properties.

`cloudformation` writes these parts down as they are. `terraform` makes its configuration from them: its AWS provider
calls most of them the same in another spelling.
Texts refer to other parts as declarations do (`${table.Users.arn}`); `references` puts in what either tool says for it.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.adapters.cloudfront import policy_config
from stack.adapters.cloudwatch import query
from stack.alarms import Alarm
from stack.cdn import (
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    BucketReader,
    Distribution,
    OriginAccessControl,
    ResponseHeadersPolicy,
)
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
from stack.user_pools import Authorizer, UserPool, UserPoolClient

Properties = dict[str, Any]
ATTRIBUTES = (
    *("arn", "callback_url", "endpoint", "id", "issuer", "keys_url", "name", "root", "stream_arn", "url", "website"),
)
"""What parts may be referred to by; which of them a part has is its kind's."""

_INVOKE_URI = "arn:aws:apigateway:${aws.region}:lambda:path/2015-03-31/functions/%s/invocations"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass(frozen=True)
class Part:
    """One resource of AWS's.

    Attributes:
        kind: what references call it; `cloudformation.TYPES` and `terraform.TYPES` say its types.
        name: unique in its kind, of letters, digits, `-` and `_`.
        needs: keys of those that have to be there before and that no property refers to.
    """

    kind: str
    name: str
    properties: Properties
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`table.Users`."""
        return f"{self.kind}.{self.name}"


Parts = Iterator[Part]


def parts(stack: Stack) -> list[Part]:
    """All that the stack consists of, each part after those it refers to."""
    return [part for resource in stack for part in _MAKERS[type(resource)](resource)]


def _named(text: str) -> str:
    """`$connect` is `connect`, `POST /login` is `POST_login`."""
    return re.sub(r"\W+", "_", text).strip("_")


def _called(function_arn: str) -> str:
    """The function's name, of `${function.signup.arn}`."""
    return function_arn.split(".")[1]


# --- one function per kind -------------------------------------------------------------------------------------------


def _table(table: Table) -> Parts:
    keys = [table.hash_key, *([table.range_key] if table.range_key else []), *(each.hash_key for each in table.indexes)]
    properties: Properties = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in dict.fromkeys(keys)],
        "KeySchema": _key_schema(table.hash_key, table.range_key),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": table.point_in_time_recovery},
    }
    if table.indexes:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": each.name,
                "KeySchema": _key_schema(each.hash_key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for each in table.indexes
        ]
    if table.stream_view:
        properties["StreamSpecification"] = {"StreamViewType": table.stream_view}
    if table.ttl_attribute:
        properties["TimeToLiveSpecification"] = {"AttributeName": table.ttl_attribute, "Enabled": True}
    yield Part("table", table.id, properties)


def _key_schema(hash_key: str, range_key: str = "") -> list[Properties]:
    keys = [(hash_key, "HASH"), (range_key, "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys if name]


def _log_group(group: LogGroup) -> Parts:
    yield Part("logs", group.id, {"LogGroupName": group.name, "RetentionInDays": group.retention_days})


def _secret(secret: Secret) -> Parts:
    yield Part("secret", secret.id, {"Name": secret.name, "Type": "SecureString"})


def _role(role: Role) -> Parts:
    properties = {
        "RoleName": role.name,
        "Path": role.path,
        "AssumeRolePolicyDocument": _TRUST,
        "Policies": [{"PolicyName": "function", "PolicyDocument": role.aspects()["policy"]}],
    }
    yield Part("role", role.id, properties)


def _function(function: Function) -> Parts:
    properties: Properties = {
        "FunctionName": function.name,
        "Role": function.role_arn,
        "Runtime": function.runtime,
        "Architectures": [function.architecture],
        "Handler": function.handler,
        "Code": f"packages/{function.id}.zip",
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_s,
    }
    if function.environment:
        properties["Environment"] = {"Variables": dict(function.environment)}
    yield Part("function", function.id, properties)


def _permissions(permissions: Permissions) -> Parts:
    for statement, source in permissions.sources.items():
        properties = {
            "FunctionName": permissions.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source,
        }
        yield Part("permission", f"{permissions.id}_{statement}", properties)


def _mapping(mapping: EventSourceMapping) -> Parts:
    properties = {
        "FunctionName": mapping.function,
        "EventSourceArn": mapping.stream_arn,
        "StartingPosition": "TRIM_HORIZON",
        "Enabled": mapping.enabled,
        "BatchSize": mapping.batch_size,
        "ParallelizationFactor": mapping.parallel,
        "MaximumRetryAttempts": mapping.retries,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    yield Part("mapping", mapping.id, properties)


def _rest_api(api: RestApi) -> Parts:
    api_id = f"${{rest.{api.id}.id}}"
    yield Part("rest", api.id, {"Name": api.name})
    deployed = []
    for part in (*_methods(api, api_id), *_gateway_responses(api, api_id)):
        deployed.append(part.key)
        yield part
    description = str(api.aspects()["deployment"])
    yield Part("deployment", api.id, {"RestApiId": api_id, "Description": description}, tuple(deployed))
    stage = {"RestApiId": api_id, "DeploymentId": f"${{deployment.{api.id}.id}}", "StageName": api.stage}
    yield Part("stage", api.id, stage)


def _methods(api: RestApi, api_id: str) -> Parts:
    for path in api.paths():
        name = _named(path)
        root = f"${{rest.{api.id}.root}}"
        yield Part("resource", name, {"RestApiId": api_id, "ParentId": root, "PathPart": path.strip("/")})
        at = {"RestApiId": api_id, "ResourceId": f"${{resource.{name}.id}}", "AuthorizationType": "NONE"}
        for endpoint in api.endpoints:
            if endpoint.path == path:
                uri = _INVOKE_URI % endpoint.function_arn
                proxied = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
                method = {**at, "HttpMethod": endpoint.method, "Integration": proxied}
                yield Part("method", f"{endpoint.method}_{name}", method)
        yield Part("method", f"OPTIONS_{name}", {**at, "HttpMethod": "OPTIONS", **_preflight(api, path)})


def _preflight(api: RestApi, path: str) -> Properties:
    """What answers a browser that asks before it calls from another origin."""
    headers = {f"method.response.header.{header}": f"'{value}'" for header, value in api.cors_headers(path).items()}
    return {
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 200}'},
            "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": headers}],
        },
        "MethodResponses": [{"StatusCode": "200", "ResponseParameters": dict.fromkeys(headers, False)}],
    }


def _gateway_responses(api: RestApi, api_id: str) -> Parts:
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        properties = {
            "RestApiId": api_id,
            "ResponseType": kind,
            "ResponseParameters": {header: f"'{api.allowed_origin}'"},
            # API Gateway's own, which it shows as if it had been asked for.
            "ResponseTemplates": {"application/json": '{"message":$context.error.messageString}'},
        }
        yield Part("gatewayresponse", kind, properties)


def _websocket_api(api: WebSocketApi) -> Parts:
    properties = {"Name": api.name, "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": api.route_selection}
    yield Part("websocket", api.id, properties)


def _websocket_routes(routes: WebSocketRoutes) -> Parts:
    at = {"ApiId": routes.api_id}
    for function in dict.fromkeys(route.function_arn for route in routes.routes):
        proxied = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": _INVOKE_URI % function,
        }
        yield Part("integration", _called(function), {**at, **proxied})
    names = []
    for route in routes.routes:
        name = _named(route.key)
        names.append(f"route.{name}")
        target = f"integrations/${{integration.{_called(route.function_arn)}.id}}"
        properties = {**at, "RouteKey": route.key, "Target": target}
        properties |= {"RouteResponseSelectionExpression": "$default"} if route.answers else {}
        if route.authorizer_id:
            properties |= {"AuthorizationType": "CUSTOM", "AuthorizerId": route.authorizer_id}
        yield Part("route", name, properties)
        if route.answers:
            yield Part("answer", name, {**at, "RouteId": f"${{route.{name}.id}}", "RouteResponseKey": "$default"})
    yield Part("routes", routes.id, {**at, "StageName": routes.stage, "AutoDeploy": True}, tuple(names))


def _authorizer(authorizer: Authorizer) -> Parts:
    properties = {
        "ApiId": authorizer.api_id,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": _INVOKE_URI % authorizer.function_arn,
        "Name": authorizer.name,
    }
    yield Part("authorizer", authorizer.id, properties)


def _bucket(bucket: Bucket) -> Parts:
    properties = {"BucketName": bucket.name, "PublicAccessBlockConfiguration": _access_block(closed=not bucket.public)}
    if not bucket.public:
        yield Part("bucket", bucket.id, properties)
        return
    website = {"IndexDocument": bucket.index_document, "ErrorDocument": bucket.error_document}
    yield Part("bucket", bucket.id, {**properties, "WebsiteConfiguration": website})
    policy = {"Bucket": f"${{bucket.{bucket.id}.name}}", "PolicyDocument": bucket.aspects()["policy"]}
    yield Part("policy", bucket.id, policy)


def _access_block(*, closed: bool) -> Properties:
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return dict.fromkeys(switches, closed)


def _private_bucket(bucket: PrivateBucket) -> Parts:
    rule = {
        "AllowedOrigins": [bucket.allowed_origin],
        "AllowedMethods": [*CORS_METHODS],
        "AllowedHeaders": ["*"],
        "MaxAge": 3600,
    }
    expiry = {
        "Id": "expiry",
        "Status": "Enabled",
        "Prefix": bucket.expiring_prefix,
        "ExpirationInDays": bucket.expires_after_days,
    }
    properties = {
        "BucketName": bucket.name,
        "PublicAccessBlockConfiguration": _access_block(closed=True),
        "CorsConfiguration": {"CorsRules": [rule]},
        "LifecycleConfiguration": {"Rules": [expiry]},
    }
    yield Part("bucket", bucket.id, properties)


def _reader(reader: BucketReader) -> Parts:
    yield Part("policy", reader.id, {"Bucket": reader.bucket, "PolicyDocument": reader.aspects()["policy"]})


def _site(site: Site) -> Parts:
    yield Part("site", site.id, {"Bucket": site.bucket, "Documents": dict(site.documents)})


def _origin_access_control(control: OriginAccessControl) -> Parts:
    properties = {
        "Name": control.name,
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    yield Part("originaccess", control.id, {"OriginAccessControlConfig": properties})


def _headers_policy(policy: ResponseHeadersPolicy) -> Parts:
    yield Part("headers", policy.id, {"ResponseHeadersPolicyConfig": policy_config(policy)})


def _distribution(distribution: Distribution) -> Parts:
    properties = {
        # The digest, by which `cloudrig deploy` tells whether it changed, is of values that nobody knows here.
        "Comment": distribution.name,
        "Enabled": True,
        "DefaultRootObject": distribution.index_document,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "Origins": [
            {
                "Id": "site",
                "DomainName": f"{distribution.bucket}.s3.${{aws.region}}.amazonaws.com",
                "OriginAccessControlId": distribution.origin_access_control_id,
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
        "DefaultCacheBehavior": _behaviour(distribution, CACHING_DISABLED),
        "CacheBehaviors": [{"PathPattern": distribution.kept, **_behaviour(distribution, CACHING_OPTIMIZED)}],
        "CustomErrorResponses": [
            {
                "ErrorCode": code,
                "ResponsePagePath": f"/{distribution.error_document}",
                "ResponseCode": 404,
                "ErrorCachingMinTTL": 0,
            }
            for code in (403, 404)
        ],
    }
    yield Part("distribution", distribution.id, {"DistributionConfig": properties})


def _behaviour(distribution: Distribution, cache_policy_id: str) -> Properties:
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": ["GET", "HEAD"],
        "CachedMethods": ["GET", "HEAD"],
        "CachePolicyId": cache_policy_id,
        "ResponseHeadersPolicyId": distribution.response_headers_policy_id,
        "Compress": True,
    }


def _user_pool(pool: UserPool) -> Parts:
    properties = {
        "UserPoolName": pool.name,
        "Policies": {"PasswordPolicy": pool.aspects()["password policy"]},
        "AutoVerifiedAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
        "Schema": [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}],
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    }
    yield Part("userpool", pool.id, properties)


def _user_pool_client(client: UserPoolClient) -> Parts:
    properties = {
        "UserPoolId": client.user_pool_id,
        "ClientName": client.name,
        "GenerateSecret": False,
        "ExplicitAuthFlows": client.aspects()["flows"],
        "PreventUserExistenceErrors": "ENABLED",
        "IdTokenValidity": client.token_ttl_s,
        "AccessTokenValidity": client.token_ttl_s,
        "TokenValidityUnits": {"IdToken": "seconds", "AccessToken": "seconds"},
    }
    yield Part("poolclient", client.id, properties)


def _alarm(alarm: Alarm) -> Parts:
    properties = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": alarm.threshold,
        "EvaluationPeriods": alarm.minutes,
        "TreatMissingData": "notBreaching",
        "Metrics": [query(each, each is alarm.metrics[-1]) for each in alarm.metrics],
    }
    yield Part("alarm", alarm.id, properties)


_MAKERS: Mapping[type[Resource], Callable[[Any], Parts]] = {
    Alarm: _alarm,
    Authorizer: _authorizer,
    Bucket: _bucket,
    BucketReader: _reader,
    Distribution: _distribution,
    EventSourceMapping: _mapping,
    Function: _function,
    LogGroup: _log_group,
    OriginAccessControl: _origin_access_control,
    Permissions: _permissions,
    PrivateBucket: _private_bucket,
    ResponseHeadersPolicy: _headers_policy,
    RestApi: _rest_api,
    Role: _role,
    Secret: _secret,
    Site: _site,
    Table: _table,
    UserPool: _user_pool,
    UserPoolClient: _user_pool_client,
    WebSocketApi: _websocket_api,
    WebSocketRoutes: _websocket_routes,
}
