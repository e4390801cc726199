"""HTTP responses in DynamoDB's form: JSON 1.0, a request id, and the CRC-32 of the body, which SDKs check."""

from __future__ import annotations

import json
import re
import secrets
import string
import zlib
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.messages import Response
from cloudrig.services.dynamodb.client import Answer

_CONTENT_TYPE = "application/x-amz-json-1.0"
_ID_CHARACTERS = string.ascii_uppercase + string.digits

_WRITE_REQUEST = b"WriteRequest { put_request: "
_WRITE_REQUESTS = re.compile(rb"\[\[WriteRequest \{ put_request: .*\]\](?=\}' at 'requestItems')", re.DOTALL)


def passed_on(answer: Answer) -> Response:
    """dynoxide's answer as it is, without the headers that give dynoxide away, and its way to print requests."""
    if answer.status == 400 and _WRITE_REQUEST in answer.body:
        return written(400, _WRITE_REQUESTS.sub(_as_printed, answer.body))
    headers = answer.headers
    return Response(
        answer.status,
        answer.body,
        CIMultiDict(
            {
                "x-amzn-RequestId": headers.get(b"x-amzn-requestid", b"").decode() or _request_id(),
                "x-amz-crc32": headers.get(b"x-amz-crc32", b"").decode() or str(zlib.crc32(answer.body)),
                "Content-Type": _CONTENT_TYPE,
            }
        ),
    )


def written(status: int, body: bytes) -> Response:
    """An answer that the engine wrote itself."""
    headers = CIMultiDict(
        {
            "x-amzn-RequestId": _request_id(),
            "x-amz-crc32": str(zlib.crc32(body)),
            "Content-Type": _CONTENT_TYPE,
        }
    )
    return Response(status, body, headers)


def of_members(members: dict[str, Any]) -> Response:
    return written(200, json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode())


def of_error(error: ServiceError) -> Response:
    members = {"__type": error.code, "message": error.message, **error.members}
    return written(error.status, json.dumps(members, ensure_ascii=False).encode())


def _as_printed(found: re.Match[bytes]) -> bytes:
    """The requests of a batch that is too long, as AWS repeats them: https://github.com/boto/boto3/issues/483"""
    names = (
        f"com.amazonaws.dynamodb.v20120810.WriteRequest@{secrets.token_hex(4)}"
        for _ in range(found[0].count(_WRITE_REQUEST))
    )
    return f"[{', '.join(names)}]".encode()


def _request_id() -> str:
    """52 upper-case letters and digits, as DynamoDB counts its requests."""
    return "".join(secrets.choice(_ID_CHARACTERS) for _ in range(52))
