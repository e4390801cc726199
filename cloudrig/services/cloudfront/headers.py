"""What a response headers policy does to an answer. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator

from multidict import CIMultiDict

from cloudrig.engine.messages import Members


def apply(policy: Members, headers: CIMultiDict[str]) -> None:
    """Remove and add headers; one that the origin sent stays where the policy does not override it."""
    for each in policy.get("RemoveHeadersConfig", {}).get("Items") or []:
        headers.popall(each["Header"], None)
    for name, value, overrides in (*_security(policy.get("SecurityHeadersConfig") or {}), *_custom(policy)):
        if overrides or name not in headers:
            headers[name] = value


def _security(config: Members) -> Iterator[tuple[str, str, bool]]:
    """Name, value and whether it overrides."""
    if found := config.get("ContentSecurityPolicy"):
        yield "Content-Security-Policy", found["ContentSecurityPolicy"], found["Override"]
    if found := config.get("StrictTransportSecurity"):
        yield "Strict-Transport-Security", _transport(found), found["Override"]
    if found := config.get("ContentTypeOptions"):
        yield "X-Content-Type-Options", "nosniff", found["Override"]
    if found := config.get("FrameOptions"):
        yield "X-Frame-Options", found["FrameOption"], found["Override"]
    if found := config.get("ReferrerPolicy"):
        yield "Referrer-Policy", found["ReferrerPolicy"], found["Override"]
    if found := config.get("XSSProtection"):
        yield "X-XSS-Protection", _xss(found), found["Override"]


def _custom(policy: Members) -> Iterator[tuple[str, str, bool]]:
    for each in policy.get("CustomHeadersConfig", {}).get("Items") or []:
        yield each["Header"], each["Value"], each["Override"]


def _transport(config: Members) -> str:
    parts = [f"max-age={config['AccessControlMaxAgeSec']}"]
    parts += ["includeSubDomains"] if config.get("IncludeSubdomains") else []
    return "; ".join([*parts, *(["preload"] if config.get("Preload") else [])])


def _xss(config: Members) -> str:
    if not config["Protection"]:
        return "0"
    report = [f"report={config['ReportUri']}"] if config.get("ReportUri") else []
    return "; ".join(["1", *(["mode=block"] if config.get("ModeBlock") else []), *report])
