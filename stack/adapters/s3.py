"""S3 buckets that serve a web site, and the site in them."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from stack.adapters.base import Adapter, error_code, ignored, retried
from stack.buckets import Bucket, Site
from stack.cdn import BucketReader
from stack.plan import Changes, Difference, Observed
from stack.references import known

if TYPE_CHECKING:
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef

# What mimetypes knows differs from machine to machine; a site's files must not.
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class Buckets(Adapter[Bucket]):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteAccessPermissionsReqd.html"""

    def observe(self, resource: Bucket) -> Observed | None:
        """Two calls, web site and public access, and the policy, which is a private bucket's readers' business."""
        s3 = self.clients.s3
        aspects: dict[str, object] = {"public": True}
        with ignored("NoSuchBucket"):
            with ignored("NoSuchWebsiteConfiguration"):
                site = s3.get_bucket_website(Bucket=resource.name)
                aspects["website"] = [site["IndexDocument"]["Suffix"], site["ErrorDocument"]["Key"]]
            with ignored("NoSuchPublicAccessBlockConfiguration"):
                block = s3.get_public_access_block(Bucket=resource.name)["PublicAccessBlockConfiguration"]
                aspects["public"] = not any(block.values())
            with ignored("NoSuchBucketPolicy"):
                if resource.public:
                    aspects["policy"] = json.loads(s3.get_bucket_policy(Bucket=resource.name)["Policy"])
            return Observed(aspects, self._attributes(resource))
        return None

    def apply(self, resource: Bucket, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the bucket; let the public in and serve it as a site, or shut the public out."""
        s3 = self.clients.s3
        if observed is None:
            create(self, resource.name)
        if not resource.public:
            close(self, resource.name)
            s3.delete_bucket_website(Bucket=resource.name)
            return self._attributes(resource)
        if "website" in changes:
            s3.put_bucket_website(
                Bucket=resource.name,
                WebsiteConfiguration={
                    "IndexDocument": {"Suffix": resource.index_document},
                    "ErrorDocument": {"Key": resource.error_document},
                },
            )
        if "public" in changes:
            s3.delete_public_access_block(Bucket=resource.name)
        if "policy" in changes:
            document = json.dumps(resource.aspects()["policy"])
            # Refused for a moment after the block on public access was taken away.
            retried(
                lambda: s3.put_bucket_policy(Bucket=resource.name, Policy=document),
                lambda error: error_code(error) == "AccessDenied",
                deadline_s=8.0,
            )
        return self._attributes(resource)

    def delete(self, resource: Bucket, observed: Observed) -> None:
        """Empty and remove the bucket."""
        with ignored("NoSuchBucket"):
            empty(self, resource.name)
            self.clients.s3.delete_bucket(Bucket=resource.name)

    def _attributes(self, bucket: Bucket) -> dict[str, str]:
        return {"name": bucket.name, "url": self.context.addresses.site_url(bucket.name)}


class BucketReaders(Adapter[BucketReader]):
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html"""

    def observe(self, resource: BucketReader) -> Observed | None:
        """One call."""
        if known(resource.bucket):
            with ignored("NoSuchBucket", "NoSuchBucketPolicy"):
                return Observed(
                    {"policy": json.loads(self.clients.s3.get_bucket_policy(Bucket=resource.bucket)["Policy"])}
                )
        return None

    def apply(self, resource: BucketReader, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Write the bucket's policy."""
        self.clients.s3.put_bucket_policy(Bucket=resource.bucket, Policy=json.dumps(resource.aspects()["policy"]))
        return {}

    def delete(self, resource: BucketReader, observed: Observed) -> None:
        """Remove it."""
        with ignored("NoSuchBucket"):
            self.clients.s3.delete_bucket_policy(Bucket=resource.bucket)


class Sites(Adapter[Site]):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html"""

    def observe(self, resource: Site) -> Observed | None:
        """One call for each thousand objects."""
        if not known(resource.bucket):
            return None
        aspects: dict[str, object] = {}
        with ignored("NoSuchBucket"):
            for page in self.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=resource.bucket):
                aspects |= {each["Key"]: each["ETag"].strip('"') for each in page.get("Contents", [])}
        return Observed(aspects) if aspects else None

    def apply(self, resource: Site, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Upload what changed, pages after what they load, and only then remove what no page loads any more."""
        contents = resource.contents()
        for key in sorted(changes, key=lambda key: (not key.startswith("assets/"), key)):
            if changes[key] is not Difference.REMOVED:
                self._put(resource.bucket, key, contents[key])
        for key, difference in changes.items():
            if difference is Difference.REMOVED:
                self.clients.s3.delete_object(Bucket=resource.bucket, Key=key)
        return {}

    def delete(self, resource: Site, observed: Observed) -> None:
        """Remove all objects."""
        with ignored("NoSuchBucket"):
            empty(self, resource.bucket)

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        self.clients.s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type(key), CacheControl=cache_control(key)
        )


def content_type(key: str) -> str:
    """By the ending of the key; `application/octet-stream` where nobody knows."""
    ending = key[key.rfind(".") :].lower()
    return _CONTENT_TYPES.get(ending) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """What the build gave a name with a digest in it never changes; everything else is asked for every time."""
    return "public, max-age=31536000, immutable" if key.startswith("assets/") else "no-cache"


def create(adapter: Adapter[Any], bucket: str) -> None:
    """Make a bucket in the stack's region, with its tags."""
    s3, context = adapter.clients.s3, adapter.context
    # us-east-1 is where a bucket goes that names no region, and must not be named.
    if context.region == "us-east-1":
        s3.create_bucket(Bucket=bucket)
    else:
        region = cast("BucketLocationConstraintType", context.region)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": context.tag_list})


def close(adapter: Adapter[Any], bucket: str) -> None:
    """Keep the public out, whatever policies say."""
    adapter.clients.s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def empty(adapter: Adapter[Any], bucket: str) -> None:
    """Remove all that lies in a bucket."""
    s3 = adapter.clients.s3
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        objects: list[ObjectIdentifierTypeDef] = [{"Key": each["Key"]} for each in page.get("Contents", [])]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
