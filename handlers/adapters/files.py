"""The bucket of files: addresses signed beforehand for browsers, and the few requests that functions make themselves.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html (forms),
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (addresses).
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Final
from urllib.parse import quote, urlsplit

from handlers.adapters.json_api import ServiceError
from handlers.adapters.link import Answer, Link
from handlers.adapters.signing import ALGORITHM, Signer, timestamp
from handlers.chat.files import Form

_DISPOSITION: Final = "attachment"


class FileStore:
    """Implements `handlers.chat.files.Store`. Addresses are good no longer than the credentials that signed them."""

    def __init__(self, url: str, bucket: str, link: Link, path: str, signer: Signer) -> None:
        """
        Args:
            url: the bucket's, as browsers reach it: `https://{bucket}.s3.{region}.amazonaws.com`.
            link, path: the same as this function reaches it, which may be in another network.
            signer: for `s3`.
        """
        self._url = url
        self._bucket = bucket
        self._link = link
        self._path = path
        self._signer = signer

    def form(self, key: str, content_type: str, size_bytes: int, valid_s: int) -> Form:
        stamp = timestamp()
        fields = {
            "key": key,
            "Content-Type": content_type,
            "Content-Disposition": _DISPOSITION,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": self._signer.credential(stamp),
            "x-amz-date": stamp,
        }
        if self._signer.credentials.token is not None:
            fields["x-amz-security-token"] = self._signer.credentials.token
        conditions: list[object] = [{"bucket": self._bucket}, *({name: value} for name, value in fields.items())]
        conditions.append(["content-length-range", 1, size_bytes])
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + valid_s))
        document = json.dumps({"expiration": expiration, "conditions": conditions})
        policy = base64.b64encode(document.encode()).decode()
        signature = self._signer.signature(policy, stamp)
        return Form(self._url, {**fields, "policy": policy, "x-amz-signature": signature})

    def address(self, key: str, content_type: str, disposition: str, valid_s: int) -> str:
        stamp, url = timestamp(), urlsplit(f"{self._url}/{_quoted(key)}")
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": self._signer.credential(stamp),
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(valid_s),
            "X-Amz-SignedHeaders": "host",
            "response-content-disposition": disposition,
            "response-content-type": content_type,
        }
        if self._signer.credentials.token is not None:
            query["X-Amz-Security-Token"] = self._signer.credentials.token
        encoded = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
        canonical = f"GET\n{url.path}\n{encoded}\nhost:{url.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        signature = self._signer.signature_of_request(canonical, stamp)
        return f"{url.geturl()}?{encoded}&X-Amz-Signature={signature}"

    def size_bytes(self, key: str) -> int | None:
        answer = self._ask("HEAD", key)
        # 403: who may not list a bucket is not told what is not there.
        if answer.status in (403, 404):
            return None
        return int(_checked(answer).headers[b"content-length"])

    def copy(self, source: str, key: str, content_type: str) -> None:
        answer = self._ask(
            "PUT",
            key,
            {
                "X-Amz-Copy-Source": f"/{self._bucket}/{_quoted(source)}",
                "X-Amz-Metadata-Directive": "REPLACE",
                "Content-Type": content_type,
                "Content-Disposition": _DISPOSITION,
            },
        )
        # S3 may find out that it cannot copy after it has answered 200.
        if b"<Error>" in _checked(answer).content:
            raise ServiceError("CopyFailed", {})

    def remove(self, key: str) -> None:
        _checked(self._ask("DELETE", key))

    def _ask(self, method: str, key: str, headers: dict[str, str] | None = None) -> Answer:
        path = f"{self._path}/{_quoted(key)}"
        given = {"Host": self._link.host, "X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest(), **(headers or {})}
        return self._link.send(method, path, self._signer.sign(method, path, given, b""), b"")


def _quoted(key: str) -> str:
    return quote(key, safe="/~")


def _checked(answer: Answer) -> Answer:
    """Raises ServiceError for anything but success."""
    if not 200 <= answer.status < 300:
        raise ServiceError(f"Status{answer.status}", {})
    return answer
