"""On a rig: moto has no response headers policies."""

from dataclasses import replace

from stack import Clients
from stack.adapters import Adapters
from stack.buckets import Bucket
from stack.cdn import BucketReader, Distribution, OriginAccessControl, ResponseHeadersPolicy
from stack.resources import Resource
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def site(prefix: str, csp: str = "default-src 'self'", error_document: str = "index.html") -> list[Resource]:
    return [
        Bucket(id="site", name=f"{prefix}-site", public=False),
        OriginAccessControl(id="site", name=f"{prefix}-site"),
        ResponseHeadersPolicy(id="site", name=f"{prefix}-site", content_security_policy=csp),
        Distribution(
            id="site",
            name=f"{prefix}-site",
            bucket="${bucket.site.name}",
            origin_access_control_id="${originaccess.site.id}",
            response_headers_policy_id="${headers.site.id}",
            kept="assets/*",
            error_document=error_document,
        ),
        BucketReader(id="site", bucket="${bucket.site.name}", distribution_arn="${distribution.site.arn}"),
    ]


def test_a_distribution_alone_reads_the_bucket(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    facts = bring_about(rig_adapters, *site(prefix))
    distribution_id = facts["distribution.site.id"]
    found = rig_clients.cloudfront.get_distribution(Id=distribution_id)["Distribution"]
    assert (found["Status"], found["ARN"]) == ("Deployed", facts["distribution.site.arn"])
    config = found["DistributionConfig"]
    assert config["Origins"]["Items"][0]["DomainName"] == f"{prefix}-site.s3.us-east-1.amazonaws.com"
    assert config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == facts["headers.site.id"]
    assert config["CacheBehaviors"]["Items"][0]["PathPattern"] == "assets/*"
    tags = rig_clients.cloudfront.list_tags_for_resource(Resource=found["ARN"])["Tags"]["Items"]
    assert tags == [{"Key": "cloudrig:stack", "Value": prefix}]
    assert found["ARN"] in rig_clients.s3.get_bucket_policy(Bucket=f"{prefix}-site")["Policy"]
    block = rig_clients.s3.get_public_access_block(Bucket=f"{prefix}-site")["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert facts["distribution.site.url"] == f"http://cdn/{distribution_id}/"


def test_only_what_differs_is_changed(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    facts = bring_about(rig_adapters, *site(prefix))
    wire = Wire(rig_clients)
    bring_about(rig_adapters, *site(prefix, csp="default-src 'none'"))
    assert wire.changes == ["UpdateResponseHeadersPolicy"]
    wire.requests.clear()
    changed = bring_about(rig_adapters, *site(prefix, csp="default-src 'none'", error_document="error.html"))
    wire.close()
    assert wire.changes == ["UpdateDistribution"]
    assert changed["distribution.site.id"] == facts["distribution.site.id"]


def test_a_distribution_is_disabled_and_then_removed(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    bring_about(rig_adapters, *site(prefix))
    wire = Wire(rig_clients)
    removed = remove(rig_adapters, *site(prefix))
    wire.close()
    assert [line.split()[1] for line in removed][:2] == ["reader", "distribution"]
    assert wire.changes.index("UpdateDistribution") < wire.changes.index("DeleteDistribution")
    assert remove(rig_adapters, *site(prefix)) == []


def test_a_bucket_is_closed_and_opened_again(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    """As SITE_CDN is switched on and off."""
    bucket = Bucket(id="site", name=f"{prefix}-site")
    bring_about(rig_adapters, bucket)
    bring_about(rig_adapters, replace(bucket, public=False))
    block = rig_clients.s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    assert block["RestrictPublicBuckets"]
    bring_about(rig_adapters, bucket)
    assert rig_clients.s3.get_bucket_website(Bucket=bucket.name)["IndexDocument"]["Suffix"] == "index.html"
