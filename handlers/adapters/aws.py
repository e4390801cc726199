"""Clients for AWS, on botocore's session: the same clients as boto3's, without the 40 ms that importing boto3 adds to
a cold start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from handlers.adapters.callbacks import CallbackApi

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ssm import SSMClient

_SESSION = botocore.session.get_session()
_CONFIG = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32
)


def dynamodb() -> DynamoDBClient:
    return cast("DynamoDBClient", _SESSION.create_client("dynamodb", config=_CONFIG))


def ssm() -> SSMClient:
    return cast("SSMClient", _SESSION.create_client("ssm", config=_CONFIG))


def callback_api(url: str) -> CallbackApi:
    """Signs with the function's own credentials; honours AWS_CA_BUNDLE and HTTPS_PROXY as the clients above do."""
    credentials = _SESSION.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    return CallbackApi(
        url,
        credentials,
        _SESSION.get_config_variable("region"),
        ca_bundle=os.environ.get("AWS_CA_BUNDLE"),
        https_proxy=os.environ.get("HTTPS_PROXY"),
    )
