from multidict import CIMultiDict

from cloudrig.engine.messages import Members
from cloudrig.services.cloudfront import headers

ALL: Members = {
    "SecurityHeadersConfig": {
        "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
        "StrictTransportSecurity": {
            "Override": True,
            "AccessControlMaxAgeSec": 60,
            "IncludeSubdomains": True,
            "Preload": True,
        },
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"Override": True, "FrameOption": "DENY"},
        "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
        "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
    },
    "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Mine", "Value": "1", "Override": False}]},
    "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "server"}]},
}


def applied(policy: Members, **sent: str) -> dict[str, str]:
    answer = CIMultiDict(sent)
    headers.apply(policy, answer)
    return dict(answer)


def test_each_setting_is_a_header() -> None:
    assert applied(ALL) == {
        "Content-Security-Policy": "default-src 'self'",
        "Strict-Transport-Security": "max-age=60; includeSubDomains; preload",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "X-XSS-Protection": "1; mode=block",
        "X-Mine": "1",
    }


def test_what_the_origin_sent_gives_way_only_where_it_is_overridden() -> None:
    answer = applied(ALL, **{"x-frame-options": "SAMEORIGIN", "X-Mine": "the origin's", "Server": "AmazonS3"})
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Mine"] == "the origin's"
    assert "Server" not in answer


def test_without_a_policy_nothing_is_added() -> None:
    assert applied({}, Server="AmazonS3") == {"Server": "AmazonS3"}


def test_protection_may_be_switched_off() -> None:
    off = {"SecurityHeadersConfig": {"XSSProtection": {"Override": True, "Protection": False}}}
    assert applied(off) == {"X-XSS-Protection": "0"}
