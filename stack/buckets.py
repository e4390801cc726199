"""Buckets, for the site and for files, and what is in the site's; see `resources`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.resources import Aspects, Resource


@dataclass(frozen=True, kw_only=True)
class Bucket(Resource):
    """An S3 bucket for a web site. Attributes: name, url.

    Attributes:
        public: everyone may read it, and S3 serves it as a site; otherwise nobody may whom no `BucketReader` names.
    """

    kind = "bucket"
    public: bool = True
    index_document: str = "index.html"
    # A page of its own for every address is the site's business, so what is not there is answered with the site.
    error_document: str = "index.html"

    def aspects(self) -> Aspects:
        """`public`; `website` and `policy` where it is."""
        if not self.public:
            return {"public": False}
        return {
            "website": [self.index_document, self.error_document],
            "public": True,
            "policy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": f"arn:aws:s3:::{self.name}/*",
                    }
                ],
            },
        }


CORS_METHODS = ("GET", "HEAD", "POST")


@dataclass(frozen=True, kw_only=True)
class PrivateBucket(Resource):
    """An S3 bucket that is closed to the public, for addresses that are signed beforehand. Attributes: name, url.

    Attributes:
        allowed_origin: whose pages may send requests to it, or `*`.
        expiring_prefix: what lies under it is removed after `expires_after_days`.
    """

    kind = "bucket"
    allowed_origin: str
    expiring_prefix: str
    expires_after_days: int

    def aspects(self) -> Aspects:
        """`public`, `cors`, `expiry`."""
        return {
            "public": False,
            "cors": [[self.allowed_origin], [*CORS_METHODS]],
            "expiry": [self.expiring_prefix, self.expires_after_days],
        }


@dataclass(frozen=True, kw_only=True)
class Site(Resource):
    """The objects of a bucket, all of them: others are removed.

    Attributes:
        files: key → content.
        documents: key → text made by the deployment, which may refer to other resources.
    """

    kind = "site"
    bucket: str
    files: Mapping[str, bytes] = field(repr=False)
    documents: Mapping[str, str]

    def contents(self) -> dict[str, bytes]:
        """Every key with its content."""
        return {**self.files, **{key: text.encode() for key, text in self.documents.items()}}

    def aspects(self) -> Aspects:
        """`KEY`: the content's MD5, which is what S3 gives as the ETag."""
        return {key: hashlib.md5(body, usedforsecurity=False).hexdigest() for key, body in self.contents().items()}
