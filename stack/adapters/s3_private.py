"""S3 buckets that nobody reads without an address signed for it, and that browsers may send such requests to."""

from __future__ import annotations

from collections.abc import Mapping

from stack.adapters.base import Adapter, ignored
from stack.adapters.s3 import close, create, empty
from stack.buckets import CORS_METHODS, PrivateBucket
from stack.plan import Changes, Observed


class PrivateBuckets(Adapter[PrivateBucket]):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
    .../ManageCorsUsing.html, .../object-lifecycle-mgmt.html
    """

    def observe(self, resource: PrivateBucket) -> Observed | None:
        """Four calls: whether it is there, public access, CORS, lifecycle."""
        s3, aspects = self.clients.s3, dict[str, object]()
        with ignored("NoSuchBucket"):
            s3.get_bucket_location(Bucket=resource.name)
            aspects["public"] = True
            with ignored("NoSuchPublicAccessBlockConfiguration"):
                block = s3.get_public_access_block(Bucket=resource.name)["PublicAccessBlockConfiguration"]
                aspects["public"] = not all(block.values())
            with ignored("NoSuchCORSConfiguration"):
                rule = s3.get_bucket_cors(Bucket=resource.name)["CORSRules"][0]
                aspects["cors"] = [rule["AllowedOrigins"], sorted(rule["AllowedMethods"])]
            with ignored("NoSuchLifecycleConfiguration"):
                expiry = s3.get_bucket_lifecycle_configuration(Bucket=resource.name)["Rules"][0]
                aspects["expiry"] = [expiry["Filter"]["Prefix"], expiry["Expiration"]["Days"]]
            return Observed(aspects, self._attributes(resource))
        return None

    def apply(self, resource: PrivateBucket, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the bucket; keep the public out; let browsers in; have what lies under the prefix expire."""
        s3 = self.clients.s3
        if observed is None:
            create(self, resource.name)
        if "public" in changes:
            close(self, resource.name)
        if "cors" in changes:
            s3.put_bucket_cors(
                Bucket=resource.name,
                CORSConfiguration={
                    "CORSRules": [
                        {
                            "AllowedOrigins": [resource.allowed_origin],
                            "AllowedMethods": [*CORS_METHODS],
                            "AllowedHeaders": ["*"],
                            "MaxAgeSeconds": 3600,
                        }
                    ]
                },
            )
        if "expiry" in changes:
            s3.put_bucket_lifecycle_configuration(
                Bucket=resource.name,
                LifecycleConfiguration={
                    "Rules": [
                        {
                            "ID": "expiry",
                            "Status": "Enabled",
                            "Filter": {"Prefix": resource.expiring_prefix},
                            "Expiration": {"Days": resource.expires_after_days},
                        }
                    ]
                },
            )
        return self._attributes(resource)

    def delete(self, resource: PrivateBucket, observed: Observed) -> None:
        """Empty and remove the bucket."""
        with ignored("NoSuchBucket"):
            empty(self, resource.name)
            self.clients.s3.delete_bucket(Bucket=resource.name)

    def _attributes(self, bucket: PrivateBucket) -> dict[str, str]:
        return {"name": bucket.name, "url": self.context.addresses.bucket_url(bucket.name)}
