"""Deployment packages as requests give them: the archive itself, or its place in S3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.code import CodeStore, check_size
from cloudrig.services.lambda_.errors import InvalidParameterValue, ServiceException
from cloudrig.services.lambda_.layer_state import Code


class Packages:
    """Takes archives in and has them unpacked."""

    def __init__(self, codes: CodeStore, upstream: Upstream) -> None:
        self._codes = codes
        self._upstream = upstream

    @asynccontextmanager
    async def taken(self, members: Members, scope: Scope) -> AsyncIterator[Code]:
        """Unpack what `ZipFile`, or `S3Bucket` and `S3Key`, give; who uses it beyond the `with` block keeps it.

        Raises InvalidParameterValue, RequestEntityTooLarge, ServiceException where S3 is not there.
        """
        archive = members.get("ZipFile")
        if archive is not None:
            if any(members.get(name) for name in ("S3Bucket", "S3Key", "S3ObjectVersion")):
                raise InvalidParameterValue(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile."
                )
            check_size(archive)
        elif members.get("S3Bucket") and members.get("S3Key"):
            archive = await self._from_s3(members, scope)
        else:
            raise InvalidParameterValue("Please provide a source for function code.")
        code = await self._codes.add(archive)
        try:
            yield code
        finally:
            self._codes.drop(code)

    async def _from_s3(self, members: Members, scope: Scope) -> bytes:
        place: dict[str, Any] = {"Bucket": members["S3Bucket"], "Key": members["S3Key"]}
        if members.get("S3ObjectVersion"):
            place["VersionId"] = members["S3ObjectVersion"]
        try:
            answer = await self._upstream.call("s3", "get_object", scope, **place)
        except ClientError as error:
            found = error.response["Error"]
            raise InvalidParameterValue(
                f"Error occurred while GetObject. S3 Error Code: {found['Code']}. S3 Error Message: {found['Message']}"
            ) from error
        except (BotoCoreError, UpstreamUnavailable) as error:
            raise ServiceException(f"The package cannot be read from S3: {error}") from error
        body: bytes = answer["Body"]
        return body
