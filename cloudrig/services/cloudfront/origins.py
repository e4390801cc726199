"""Origins: S3 buckets, read from the upstream's S3 as the distribution's own user would.

An object that is not there is 403, since a distribution may read objects and not list them;
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from multidict import CIMultiDict

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Members, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.objects import object_headers

_BUCKET = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com")


class Origins:
    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def fetch(self, origin: Members, path: str) -> Response:
        """What the origin answers to a GET. Raises OperationNotImplemented: it is no bucket."""
        found = _BUCKET.fullmatch(origin["DomainName"])
        if found is None or origin.get("CustomOriginConfig"):
            raise OperationNotImplemented(f"cloudrig serves S3 origins only, not {origin['DomainName']}")
        scope = Scope(region=found["region"]) if found["region"] else Scope()
        key = unquote(origin.get("OriginPath", "").lstrip("/") + path).removeprefix("/")
        try:
            return _response(
                await self._upstream.call("s3", "get_object", scope, Bucket=found["bucket"], Key=key or "/")
            )
        except ClientError as error:
            missing = error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied")
            return _error(403, "AccessDenied", "Access Denied") if missing else _error(404, "NoSuchBucket", str(error))


def _response(found: dict[str, Any]) -> Response:
    headers = object_headers(found)
    headers["Server"] = "AmazonS3"
    return Response(200, found["Body"], headers)


def _error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, text.encode(), CIMultiDict({"Content-Type": "application/xml", "Server": "AmazonS3"}))
