"""The kinds of resources that a site behind CloudFront is declared with; see `resources`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from stack.resources import Aspects, Resource

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


@dataclass(frozen=True, kw_only=True)
class OriginAccessControl(Resource):
    """Has CloudFront sign what it asks a bucket for. Attributes: id."""

    kind = "originaccess"

    def aspects(self) -> Aspects:
        """`signing`."""
        return {"signing": ["s3", "sigv4", "always"]}


@dataclass(frozen=True, kw_only=True)
class ResponseHeadersPolicy(Resource):
    """The security headers of every answer. Attributes: id."""

    kind = "headers"
    content_security_policy: str
    transport_security_max_age_s: int = 63_072_000

    def aspects(self) -> Aspects:
        """`content security policy`, `transport security` in seconds, `frames`, `referrer`."""
        return {
            "content security policy": self.content_security_policy,
            "transport security": self.transport_security_max_age_s,
            "frames": "DENY",
            "referrer": "no-referrer",
        }


@dataclass(frozen=True, kw_only=True)
class Distribution(Resource):
    """A CloudFront distribution before a bucket. Attributes: id, arn, domain, url.

    Attributes:
        kept: path pattern of objects that never change, kept at the edge and compressed; all others are asked for
            every time.
        error_document: what a path that is not there is answered with, under the status 404.
    """

    kind = "distribution"
    bucket: str
    origin_access_control_id: str
    response_headers_policy_id: str
    kept: str
    error_document: str
    index_document: str = "index.html"

    def aspects(self) -> Aspects:
        """`enabled`, and `configuration`: a digest of all else, which the distribution's comment holds.

        CloudFront fills a configuration up with dozens of defaults, so it cannot be compared as it is.
        """
        return {"enabled": True, "configuration": self.digest()}

    def digest(self) -> str:
        """Of everything that the distribution is made from."""
        made_from = {name: value for name, value in vars(self).items() if name not in ("id", "name")}
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class BucketReader(Resource):
    """That a distribution, and nobody else, may read a bucket's objects: the bucket's policy."""

    kind = "reader"
    bucket: str
    distribution_arn: str

    def aspects(self) -> Aspects:
        """`policy`."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
            "Condition": {"StringEquals": {"AWS:SourceArn": self.distribution_arn}},
        }
        return {"policy": {"Version": "2012-10-17", "Statement": [statement]}}
