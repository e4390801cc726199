"""CloudFront: origin access controls and response headers policies, which distributions name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stack.adapters.base import Adapter, ignored
from stack.cdn import OriginAccessControl, ResponseHeadersPolicy
from stack.plan import Changes, Observed

if TYPE_CHECKING:
    from types_boto3_cloudfront.type_defs import (
        OriginAccessControlConfigTypeDef,
        ResponseHeadersPolicyConfigOutputTypeDef,
        ResponseHeadersPolicyConfigUnionTypeDef,
    )


class OriginAccessControls(Adapter[OriginAccessControl]):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateOriginAccessControl.html"""

    def observe(self, resource: OriginAccessControl) -> Observed | None:
        """Names are unique."""
        for page in self.clients.cloudfront.get_paginator("list_origin_access_controls").paginate():
            for each in page["OriginAccessControlList"].get("Items", []):
                if each["Name"] == resource.name:
                    signing = [each["OriginAccessControlOriginType"], each["SigningProtocol"], each["SigningBehavior"]]
                    return Observed({"signing": signing}, {"id": each["Id"]})
        return None

    def apply(self, resource: OriginAccessControl, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update it."""
        config: OriginAccessControlConfigTypeDef = {
            "Name": resource.name,
            "OriginAccessControlOriginType": "s3",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
        }
        if observed is None:
            made = self.clients.cloudfront.create_origin_access_control(OriginAccessControlConfig=config)
            return {"id": made["OriginAccessControl"]["Id"]}
        control_id = observed.attributes["id"]
        etag = self.clients.cloudfront.get_origin_access_control(Id=control_id)["ETag"]
        self.clients.cloudfront.update_origin_access_control(
            Id=control_id, IfMatch=etag, OriginAccessControlConfig=config
        )
        return observed.attributes

    def delete(self, resource: OriginAccessControl, observed: Observed) -> None:
        """Remove it."""
        with ignored("NoSuchOriginAccessControl"):
            control_id = observed.attributes["id"]
            etag = self.clients.cloudfront.get_origin_access_control(Id=control_id)["ETag"]
            self.clients.cloudfront.delete_origin_access_control(Id=control_id, IfMatch=etag)


class ResponseHeadersPolicies(Adapter[ResponseHeadersPolicy]):
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateResponseHeadersPolicy.html"""

    def observe(self, resource: ResponseHeadersPolicy) -> Observed | None:
        """Names are unique. (The list is short, and boto3 has no paginator for it.)"""
        marker: dict[str, str] = {}
        while True:
            page = self.clients.cloudfront.list_response_headers_policies(Type="custom", **marker)
            listed = page["ResponseHeadersPolicyList"]
            for each in listed.get("Items", []):
                policy = each["ResponseHeadersPolicy"]
                if policy["ResponseHeadersPolicyConfig"]["Name"] == resource.name:
                    return Observed(_policy_aspects(policy["ResponseHeadersPolicyConfig"]), {"id": policy["Id"]})
            if not listed.get("NextMarker"):
                return None
            marker = {"Marker": listed["NextMarker"]}

    def apply(self, resource: ResponseHeadersPolicy, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update it."""
        config = policy_config(resource)
        if observed is None:
            made = self.clients.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
            return {"id": made["ResponseHeadersPolicy"]["Id"]}
        policy_id = observed.attributes["id"]
        etag = self.clients.cloudfront.get_response_headers_policy(Id=policy_id)["ETag"]
        self.clients.cloudfront.update_response_headers_policy(
            Id=policy_id, IfMatch=etag, ResponseHeadersPolicyConfig=config
        )
        return observed.attributes

    def delete(self, resource: ResponseHeadersPolicy, observed: Observed) -> None:
        """Remove it."""
        with ignored("NoSuchResponseHeadersPolicy"):
            policy_id = observed.attributes["id"]
            etag = self.clients.cloudfront.get_response_headers_policy(Id=policy_id)["ETag"]
            self.clients.cloudfront.delete_response_headers_policy(Id=policy_id, IfMatch=etag)


def policy_config(policy: ResponseHeadersPolicy) -> ResponseHeadersPolicyConfigUnionTypeDef:
    """As CloudFront takes it, and CloudFormation."""
    return {
        "Name": policy.name,
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": policy.content_security_policy},
            "StrictTransportSecurity": {
                "Override": True,
                "AccessControlMaxAgeSec": policy.transport_security_max_age_s,
                "IncludeSubdomains": True,
            },
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"Override": True, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
        },
    }


def _policy_aspects(found: ResponseHeadersPolicyConfigOutputTypeDef) -> dict[str, object]:
    security = found.get("SecurityHeadersConfig", {})
    return {
        "content security policy": security.get("ContentSecurityPolicy", {}).get("ContentSecurityPolicy"),
        "transport security": security.get("StrictTransportSecurity", {}).get("AccessControlMaxAgeSec"),
        "frames": security.get("FrameOptions", {}).get("FrameOption"),
        "referrer": security.get("ReferrerPolicy", {}).get("ReferrerPolicy"),
    }
