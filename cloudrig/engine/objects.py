"""Objects of S3 as answers: what web sites and distributions both pass on of GetObject."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import Any

from multidict import CIMultiDict

_HEADERS = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentEncoding": "Content-Encoding",
    "ContentDisposition": "Content-Disposition",
    "ContentLanguage": "Content-Language",
    "ETag": "ETag",
}


def object_headers(found: dict[str, Any]) -> CIMultiDict[str]:
    """The headers of an object, by what boto3's `get_object` returned."""
    headers = CIMultiDict({name: found[member] for member, name in _HEADERS.items() if found.get(member)})
    if found.get("LastModified"):
        headers["Last-Modified"] = format_datetime(found["LastModified"].astimezone(UTC), usegmt=True)
    return headers
