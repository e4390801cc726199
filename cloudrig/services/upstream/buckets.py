"""How much the buckets of the upstream hold."""

from __future__ import annotations

from typing import Any

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Scope


async def bucket_bytes(upstream: Upstream) -> int:
    """Of the default account, all objects in their current version."""
    buckets = (await upstream.call("s3", "list_buckets", Scope())).get("Buckets", [])
    return sum([await _bytes(upstream, bucket["Name"]) for bucket in buckets])


async def _bytes(upstream: Upstream, bucket: str) -> int:
    size = 0
    more: dict[str, Any] = {}
    while True:
        page = await upstream.call("s3", "list_objects_v2", Scope(), Bucket=bucket, **more)
        size += sum(int(each["Size"]) for each in page.get("Contents", []))
        if not page.get("IsTruncated"):
            return size
        more = {"ContinuationToken": page["NextContinuationToken"]}
