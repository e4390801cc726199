"""The token secret in SSM Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


class TokenSecret:
    """Called for the secret; asks SSM the first time only. A changed parameter is seen by new environments, so follow
    it by a deployment.
    """

    def __init__(self, client: SSMClient, parameter: str) -> None:
        self._client = client
        self._parameter = parameter
        self._value: str | None = None

    def __call__(self) -> str:
        if self._value is None:
            answer = self._client.get_parameter(Name=self._parameter, WithDecryption=True)
            self._value = answer["Parameter"]["Value"]
        return self._value
