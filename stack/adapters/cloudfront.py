"""CloudFront: distributions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from stack.adapters.base import Adapter, ignored, until
from stack.cdn import CACHING_DISABLED, CACHING_OPTIMIZED, Distribution
from stack.plan import Changes, Observed

if TYPE_CHECKING:
    from types_boto3_cloudfront.type_defs import (
        CacheBehaviorTypeDef,
        CustomErrorResponseTypeDef,
        DefaultCacheBehaviorTypeDef,
        DistributionConfigTypeDef,
        DistributionSummaryTypeDef,
        TagsTypeDef,
    )

# A change has to reach every edge; AWS promises nothing, five minutes are usual.
DEPLOYED_S = 1800.0


class Distributions(Adapter[Distribution]):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html"""

    def observe(self, resource: Distribution) -> Observed | None:
        """By its comment, `{name} {digest}`: distributions have no names."""
        found = self._find(resource)
        if found is None:
            return None
        digest = found["Comment"].partition(" ")[2]
        return Observed({"enabled": found["Enabled"], "configuration": digest}, self._attributes(found))

    def apply(self, resource: Distribution, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update it, and wait until every edge knows."""
        client = self.clients.cloudfront
        if observed is None:
            config = self._config(resource, str(uuid.uuid4()))
            made = client.create_distribution_with_tags(
                DistributionConfigWithTags={"DistributionConfig": config, "Tags": self._tags()}
            )
            distribution_id = made["Distribution"]["Id"]
        else:
            distribution_id = observed.attributes["id"]
            found = client.get_distribution_config(Id=distribution_id)
            config = self._config(resource, found["DistributionConfig"]["CallerReference"])
            client.update_distribution(Id=distribution_id, IfMatch=found["ETag"], DistributionConfig=config)
        self._await_deployed(distribution_id)
        return self._attributes(client.get_distribution(Id=distribution_id)["Distribution"])

    def delete(self, resource: Distribution, observed: Observed) -> None:
        """Disable it, wait until every edge knows, remove it."""
        client, distribution_id = self.clients.cloudfront, observed.attributes["id"]
        with ignored("NoSuchDistribution"):
            found = client.get_distribution_config(Id=distribution_id)
            config = found["DistributionConfig"]
            if config["Enabled"]:
                client.update_distribution(
                    Id=distribution_id, IfMatch=found["ETag"], DistributionConfig={**config, "Enabled": False}
                )
            self._await_deployed(distribution_id)
            etag = client.get_distribution_config(Id=distribution_id)["ETag"]
            client.delete_distribution(Id=distribution_id, IfMatch=etag)

    def _tags(self) -> TagsTypeDef:
        return {"Items": [{"Key": key, "Value": value} for key, value in self.context.tags.items()]}

    def _await_deployed(self, distribution_id: str) -> None:
        def is_deployed() -> bool:
            found = self.clients.cloudfront.get_distribution(Id=distribution_id)["Distribution"]
            return found["Status"] == "Deployed"

        until(is_deployed, f"distribution {distribution_id} was deployed", deadline_s=DEPLOYED_S)

    def _find(self, distribution: Distribution) -> DistributionSummaryTypeDef | None:
        for page in self.clients.cloudfront.get_paginator("list_distributions").paginate():
            for each in page["DistributionList"].get("Items", []):
                if each["Comment"].partition(" ")[0] == distribution.name:
                    return each
        return None

    def _config(self, distribution: Distribution, caller_reference: str) -> DistributionConfigTypeDef:
        domain = f"{distribution.bucket}.s3.{self.context.region}.amazonaws.com"
        return {
            "CallerReference": caller_reference,
            "Comment": f"{distribution.name} {distribution.digest()}",
            "Enabled": True,
            "DefaultRootObject": distribution.index_document,
            "HttpVersion": "http2and3",
            "IsIPV6Enabled": True,
            "PriceClass": "PriceClass_100",
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": domain,
                        "OriginAccessControlId": distribution.origin_access_control_id,
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": _behaviour(distribution, CACHING_DISABLED),
            "CacheBehaviors": {"Quantity": 1, "Items": [_kept_behaviour(distribution)]},
            "CustomErrorResponses": {"Quantity": 2, "Items": [_error(distribution, code) for code in (403, 404)]},
        }

    def _attributes(self, found: Mapping[str, object] | DistributionSummaryTypeDef) -> dict[str, str]:
        distribution_id, domain = str(found["Id"]), str(found["DomainName"])
        return {
            "id": distribution_id,
            "arn": f"arn:aws:cloudfront::{self.context.account}:distribution/{distribution_id}",
            "domain": domain,
            "url": self.context.addresses.distribution_url(distribution_id, domain),
        }


def _behaviour(distribution: Distribution, cache_policy_id: str) -> DefaultCacheBehaviorTypeDef:
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {
            "Quantity": 2,
            "Items": ["GET", "HEAD"],
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
        "CachePolicyId": cache_policy_id,
        "ResponseHeadersPolicyId": distribution.response_headers_policy_id,
        "Compress": True,
    }


def _kept_behaviour(distribution: Distribution) -> CacheBehaviorTypeDef:
    return {"PathPattern": distribution.kept, **_behaviour(distribution, CACHING_OPTIMIZED)}


def _error(distribution: Distribution, code: int) -> CustomErrorResponseTypeDef:
    """A bucket that may be read and not listed answers 403 for what it has not."""
    return {
        "ErrorCode": code,
        "ResponsePagePath": f"/{distribution.error_document}",
        "ResponseCode": "404",
        "ErrorCachingMinTTL": 0,
    }
