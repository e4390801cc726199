"""Requests signed once (SigV4) and sent many times: a signature is good for five minutes."""

from __future__ import annotations

from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from benchmarks.link import http_request


def signed_post(url: str, body: bytes, service: str, region: str, credentials: ReadOnlyCredentials) -> bytes:
    """A signed HTTP/1.1 POST of JSON."""
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(credentials, service, region).add_auth(request)
    return http_request("POST", urlsplit(url), dict(request.headers.items()), body)
