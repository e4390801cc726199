"""The policies that AWS manages, as far as the rig acts on them, by id.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html,
.../using-managed-response-headers-policies.html
"""

from __future__ import annotations

from cloudrig.engine.messages import Members

_DAY_S, _YEAR_S = 86_400, 31_536_000


def _cache(name: str, least_s: int, default_s: int, most_s: int, *, compress: bool) -> Members:
    nothing: Members = {
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    accepted = {"EnableAcceptEncodingGzip": compress, "EnableAcceptEncodingBrotli": compress}
    return {
        "Name": name,
        "MinTTL": least_s,
        "DefaultTTL": default_s,
        "MaxTTL": most_s,
        "ParametersInCacheKeyAndForwardedToOrigin": {**accepted, **nothing},
    }


CACHE_POLICIES: dict[str, Members] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache("Managed-CachingOptimized", 1, _DAY_S, _YEAR_S, compress=True),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
        "Managed-CachingOptimizedForUncompressedObjects", 1, _DAY_S, _YEAR_S, compress=False
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache("Managed-CachingDisabled", 0, 0, 0, compress=False),
}

RESPONSE_HEADERS_POLICIES: dict[str, Members] = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03": {
        "Name": "Managed-SecurityHeadersPolicy",
        "SecurityHeadersConfig": {
            "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
            "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": _YEAR_S},
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
            "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
        },
    },
}
