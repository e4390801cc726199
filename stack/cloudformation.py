"""The stack as a CloudFormation template: its `parts`, with the prefix as a parameter.

Functions' packages are named by local paths, for `aws cloudformation package` to upload. Two things CloudFormation
cannot make: a SecureString, which has to be there before, and the objects of a bucket, which are copied after.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml  # type: ignore[import-untyped]

from stack import chat
from stack.chat_functions import STAGE
from stack.parameters import PREFIX_PATTERN, Parameters
from stack.parts import ATTRIBUTES, Part, parts
from stack.references import Facts, resolve

PREFIX = "${Prefix}"
"""Declare the stack with this as its prefix."""

_TYPES = {
    "alarm": "AWS::CloudWatch::Alarm",
    "answer": "AWS::ApiGatewayV2::RouteResponse",
    "authorizer": "AWS::ApiGatewayV2::Authorizer",
    "bucket": "AWS::S3::Bucket",
    "deployment": "AWS::ApiGateway::Deployment",
    "distribution": "AWS::CloudFront::Distribution",
    "function": "AWS::Lambda::Function",
    "gatewayresponse": "AWS::ApiGateway::GatewayResponse",
    "headers": "AWS::CloudFront::ResponseHeadersPolicy",
    "integration": "AWS::ApiGatewayV2::Integration",
    "logs": "AWS::Logs::LogGroup",
    "mapping": "AWS::Lambda::EventSourceMapping",
    "method": "AWS::ApiGateway::Method",
    "originaccess": "AWS::CloudFront::OriginAccessControl",
    "permission": "AWS::Lambda::Permission",
    "policy": "AWS::S3::BucketPolicy",
    "poolclient": "AWS::Cognito::UserPoolClient",
    "resource": "AWS::ApiGateway::Resource",
    "rest": "AWS::ApiGateway::RestApi",
    "role": "AWS::IAM::Role",
    "route": "AWS::ApiGatewayV2::Route",
    "routes": "AWS::ApiGatewayV2::Stage",
    "stage": "AWS::ApiGateway::Stage",
    "table": "AWS::DynamoDB::Table",
    "userpool": "AWS::Cognito::UserPool",
    "websocket": "AWS::ApiGatewayV2::Api",
}
_NOT_MADE = {"secret", "site"}
_ARN = "arn:aws:%s:${AWS::Region}:${AWS::AccountId}:"
_EXECUTE_API = "${%s}.execute-api.${AWS::Region}.amazonaws.com/" + STAGE
_EXPRESSIONS = {
    "bucket.url": "https://${%s}.s3.${AWS::Region}.amazonaws.com",
    "bucket.website": "${%s.WebsiteURL}",
    "distribution.arn": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${%s}",
    "distribution.url": "https://${%s.DomainName}/",
    # Its attribute Arn ends with `:*`.
    "logs.arn": _ARN % "logs" + "log-group:${%s}",
    "rest.root": "${%s.RootResourceId}",
    "rest.url": f"https://{_EXECUTE_API}",
    "table.stream_arn": "${%s.StreamArn}",
    "userpool.endpoint": "https://cognito-idp.${AWS::Region}.amazonaws.com/",
    "userpool.issuer": "${%s.ProviderURL}",
    "userpool.keys_url": "${%s.ProviderURL}/.well-known/jwks.json",
    "websocket.callback_url": f"https://{_EXECUTE_API}",
    "websocket.url": f"wss://{_EXECUTE_API}",
}
"""Where an attribute is not what `Ref` (id, name) or the attribute `Arn` gives."""


def render(parameters: Parameters) -> str:
    """The chat, with the prefix left open, as a template in YAML."""
    consists_of = parts(chat.undeclared(replace(parameters, prefix=PREFIX)))
    facts = _facts(consists_of)
    resolved = [resolve(part, facts) for part in consists_of]
    site = next(part for part in resolved if part.kind == "site")
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The chat of cloudrig, as `cloudrig cloudformation` makes it; see docs/cloudformation.md.",
        "Parameters": {
            "Prefix": {
                "Type": "String",
                "Description": "Begins the name of every resource.",
                "Default": Parameters.prefix,
                "AllowedPattern": PREFIX_PATTERN.pattern.replace("(?:", "("),
            }
        },
        "Resources": {_logical_id(part): _resource(part, resolved) for part in resolved if part.kind not in _NOT_MADE},
        "Outputs": _outputs(facts, site, cdn=parameters.site_cdn),
    }
    return str(yaml.dump(template, Dumper=_Plain, sort_keys=False, width=1000))


class _Plain(yaml.SafeDumper):  # type: ignore[misc]  # untyped
    """Without YAML's aliases, which CloudFormation does not take."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _facts(consists_of: list[Part]) -> Facts:
    """CloudFormation's expression for whatever may be referred to."""
    facts = {"aws.account": "${AWS::AccountId}", "aws.region": "${AWS::Region}"}
    for part in consists_of:
        for attribute in ATTRIBUTES:
            usual = "${%s.Arn}" if attribute == "arn" else "${%s}"
            expression = _EXPRESSIONS.get(f"{part.kind}.{attribute}", usual)
            facts[f"{part.key}.{attribute}"] = expression.replace("%s", _logical_id(part))
        if part.kind == "secret":
            name = part.properties["Name"]
            facts |= {f"{part.key}.name": name, f"{part.key}.arn": _ARN % "ssm" + f"parameter{name}"}
    return facts


def _logical_id(part: Part) -> str:
    """`SendMessageFunction`. A deployment of a REST API is made once, so another one has to be called otherwise."""
    digest = part.properties["Description"] if part.kind == "deployment" else ""
    words = re.split(r"[\W_]+", f"{part.name} {part.kind} {digest}")
    return "".join(word[:1].upper() + word[1:] for word in words)


def _resource(part: Part, others: list[Part]) -> dict[str, Any]:
    resource = {"Type": _TYPES[part.kind], "Properties": _expressed(part.properties)}
    if part.needs:
        resource["DependsOn"] = [_logical_id(other) for other in others if other.key in part.needs]
    return resource


def _expressed(value: Any) -> Any:
    """With CloudFormation's functions round texts that hold expressions."""
    if isinstance(value, str):
        if found := re.fullmatch(r"\$\{([\w:]+)(?:\.(\w+))?\}", value):
            return {"Fn::GetAtt": [*found.groups()]} if found[2] else {"Ref": found[1]}
        return {"Fn::Sub": value} if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _expressed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_expressed(item) for item in value]
    return value


def _outputs(facts: Facts, site: Part, *, cdn: bool) -> dict[str, Any]:
    """What people open, and what the site's bucket has to be given."""
    values = {
        "RestUrl": facts["rest.chat.url"],
        "WebsocketUrl": facts["websocket.chat.url"],
        "SiteUrl": facts["distribution.site.url" if cdn else "bucket.site.website"],
        "SiteBucket": site.properties["Bucket"],
        "SiteConfig": site.properties["Documents"]["config.json"],
    }
    return {name: {"Value": _expressed(value)} for name, value in values.items()}
