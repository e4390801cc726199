"""Clients for AWS, from what Lambda puts into the environment. They honour `AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE` and
`HTTPS_PROXY` as the SDKs do, and carry none of them: importing one is most of a small function's cold start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from handlers.adapters.callbacks import CallbackApi
from handlers.adapters.files import FileStore
from handlers.adapters.json_api import DynamoDB, JsonApi, Ssm
from handlers.adapters.link import Link
from handlers.adapters.pool_keys import PoolKeys
from handlers.adapters.signing import Credentials, Signer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ssm import SSMClient

_READ_TIMEOUT_S: Final = 3.0


def dynamodb() -> DynamoDBClient:
    api = JsonApi(_link(_endpoint("dynamodb")), signer("dynamodb"), "DynamoDB_20120810", "1.0")
    return cast("DynamoDBClient", DynamoDB(api))


def ssm() -> SSMClient:
    return cast("SSMClient", Ssm(JsonApi(_link(_endpoint("ssm")), signer("ssm"), "AmazonSSM", "1.1")))


def pool_keys(url: str) -> PoolKeys:
    """The keys of a user pool; they are public, and asked for unsigned."""
    return PoolKeys(url, _link(url, read_timeout_s=2.0))


def callback_api(url: str) -> CallbackApi:
    return CallbackApi(url, _link(url, read_timeout_s=2.0), signer("execute-api"))


def files(url: str, bucket: str) -> FileStore:
    """
    Args:
        url: of the bucket, as browsers reach it.
    """
    endpoint = _named_endpoint("s3")
    own = urlsplit(f"{endpoint}/{bucket}" if endpoint else url)
    return FileStore(url, bucket, _link(own.geturl()), own.path, signer("s3"))


def signer(service: str) -> Signer:
    """Signs with the function's own credentials."""
    return Signer(Credentials.of(os.environ), service, os.environ["AWS_REGION"])


def _endpoint(service: str) -> str:
    return _named_endpoint(service) or f"https://{service}.{os.environ['AWS_REGION']}.amazonaws.com"


def _named_endpoint(service: str) -> str:
    named = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return named.rstrip("/")


def _link(url: str, *, read_timeout_s: float = _READ_TIMEOUT_S) -> Link:
    return Link(
        url,
        read_timeout_s=read_timeout_s,
        ca_bundle=os.environ.get("AWS_CA_BUNDLE"),
        https_proxy=os.environ.get("HTTPS_PROXY"),
    )
