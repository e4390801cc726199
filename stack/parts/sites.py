"""Buckets, the site, and the distribution before it."""

from __future__ import annotations

from stack.adapters.cloudfront_policies import policy_config
from stack.buckets import CORS_METHODS, Bucket, PrivateBucket, Site
from stack.cdn import (
    CACHING_DISABLED,
    CACHING_OPTIMIZED,
    BucketReader,
    Distribution,
    OriginAccessControl,
    ResponseHeadersPolicy,
)
from stack.parts.part import Part, Parts, Properties


def bucket(bucket: Bucket) -> Parts:
    properties = {"BucketName": bucket.name, "PublicAccessBlockConfiguration": _access_block(closed=not bucket.public)}
    if not bucket.public:
        yield Part("bucket", bucket.id, properties)
        return
    website = {"IndexDocument": bucket.index_document, "ErrorDocument": bucket.error_document}
    yield Part("bucket", bucket.id, {**properties, "WebsiteConfiguration": website})
    policy = {"Bucket": f"${{bucket.{bucket.id}.name}}", "PolicyDocument": bucket.aspects()["policy"]}
    yield Part("policy", bucket.id, policy)


def private_bucket(bucket: PrivateBucket) -> Parts:
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


def _access_block(*, closed: bool) -> Properties:
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return dict.fromkeys(switches, closed)


def reader(reader: BucketReader) -> Parts:
    yield Part("policy", reader.id, {"Bucket": reader.bucket, "PolicyDocument": reader.aspects()["policy"]})


def site(site: Site) -> Parts:
    yield Part("site", site.id, {"Bucket": site.bucket, "Documents": dict(site.documents)})


def origin_access_control(control: OriginAccessControl) -> Parts:
    properties = {
        "Name": control.name,
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    yield Part("originaccess", control.id, {"OriginAccessControlConfig": properties})


def headers_policy(policy: ResponseHeadersPolicy) -> Parts:
    yield Part("headers", policy.id, {"ResponseHeadersPolicyConfig": policy_config(policy)})


def distribution(distribution: Distribution) -> Parts:
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
