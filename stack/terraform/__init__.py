"""The stack as Terraform, for its AWS provider: the JSON syntax of a configuration, made from the stack's `parts`.

The provider's arguments are CloudFormation's properties in another spelling, but for the kinds that have a function of
their own in `kinds`. The prefix, and where things are found, stay variables; `terraform/main.tf` holds those.
Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

from stack import chat
from stack.parameters import Parameters
from stack.parts import ATTRIBUTES, Part, parts
from stack.references import Facts, resolve
from stack.resources import Stack
from stack.terraform.kinds import blocks_of
from stack.terraform.spelling import Block, address_of

PREFIX = "${var.prefix}"
"""Declare the stack with this as its prefix."""

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
        blocks = list(blocks_of(resolve(part, facts)))
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
            facts[f"{part.key}.{attribute}"] = expression.replace("%s", address_of(part))
    return facts
