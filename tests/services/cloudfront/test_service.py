"""CloudFront's API by boto3, and what distributions made with it serve."""

from __future__ import annotations

import http.client
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from cloudrig.background import RunningRig

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_s3 import S3Client

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def policy(name: str, **more: Any) -> Any:
    frames = {"FrameOptions": {"Override": True, "FrameOption": "DENY"}}
    return {"Name": name, "SecurityHeadersConfig": frames, **more}


def config(bucket: str, **more: Any) -> Any:
    return {
        "CallerReference": secrets.token_hex(),
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "o",
                    "DomainName": f"{bucket}.s3.us-east-1.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHING_OPTIMIZED,
        },
        **more,
    }


def name() -> str:
    return f"n{secrets.token_hex(6)}"


def code(call: pytest.ExceptionInfo[ClientError]) -> str:
    return call.value.response["Error"]["Code"]


@pytest.fixture
def bucket(s3: S3Client) -> str:
    bucket = name()
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello", ContentType="text/html")
    return bucket


def get(rig: RunningRig, path: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; `host` as a browser names it."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(rig.url).port)
    connection.request(method, path, headers={"Host": host})
    answer = connection.getresponse()
    try:
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


# --- policies ---


def test_a_policy_is_read_as_it_was_made(cloudfront: CloudFrontClient) -> None:
    wanted = policy(name(), Comment="mine", RemoveHeadersConfig={"Quantity": 1, "Items": [{"Header": "Server"}]})
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=wanted)
    policy_id = made["ResponseHeadersPolicy"]["Id"]
    found = cloudfront.get_response_headers_policy(Id=policy_id)
    assert found["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] == wanted
    assert found["ETag"] == made["ETag"]
    assert cloudfront.get_response_headers_policy_config(Id=policy_id)["ResponseHeadersPolicyConfig"] == wanted


def test_a_name_is_taken_once(cloudfront: CloudFrontClient) -> None:
    wanted = policy(name())
    cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=wanted)
    with pytest.raises(ClientError) as refused:
        cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=wanted)
    assert code(refused) == "ResponseHeadersPolicyAlreadyExists"


def test_only_who_knows_the_last_version_may_change_it(cloudfront: CloudFrontClient) -> None:
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy(name()))
    policy_id, renamed = made["ResponseHeadersPolicy"]["Id"], policy(name())
    with pytest.raises(ClientError) as refused:
        cloudfront.update_response_headers_policy(Id=policy_id, ResponseHeadersPolicyConfig=renamed)
    assert code(refused) == "InvalidIfMatchVersion"
    updated = cloudfront.update_response_headers_policy(
        Id=policy_id, IfMatch=made["ETag"], ResponseHeadersPolicyConfig=renamed
    )
    with pytest.raises(ClientError) as refused:
        cloudfront.delete_response_headers_policy(Id=policy_id, IfMatch=made["ETag"])
    assert code(refused) == "PreconditionFailed"
    cloudfront.delete_response_headers_policy(Id=policy_id, IfMatch=updated["ETag"])
    with pytest.raises(ClientError) as refused:
        cloudfront.get_response_headers_policy(Id=policy_id)
    assert code(refused) == "NoSuchResponseHeadersPolicy"


def test_policies_are_listed_by_type(cloudfront: CloudFrontClient) -> None:
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy(name()))
    listed = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]
    assert made["ResponseHeadersPolicy"]["Id"] in [each["ResponseHeadersPolicy"]["Id"] for each in listed]
    assert {each["Type"] for each in listed} == {"custom"}
    managed = cloudfront.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    assert CACHING_OPTIMIZED in [each["CachePolicy"]["Id"] for each in managed]


def test_what_aws_manages_stays_as_it_is(cloudfront: CloudFrontClient) -> None:
    found = cloudfront.get_cache_policy(Id=CACHING_OPTIMIZED)
    assert found["CachePolicy"]["CachePolicyConfig"]["Name"] == "Managed-CachingOptimized"
    with pytest.raises(ClientError) as refused:
        cloudfront.delete_cache_policy(Id=CACHING_OPTIMIZED, IfMatch=found["ETag"])
    assert code(refused) == "IllegalUpdate"


def test_what_is_not_built_is_refused_by_name(cloudfront: CloudFrontClient, bucket: str) -> None:
    with pytest.raises(ClientError, match="ServerTimingHeadersConfig"):
        cloudfront.create_response_headers_policy(
            ResponseHeadersPolicyConfig=policy(name(), ServerTimingHeadersConfig={"Enabled": True})
        )
    wanted = config(bucket)
    function = {"FunctionARN": "arn:aws:cloudfront::000000000000:function/f", "EventType": "viewer-request"}
    wanted["DefaultCacheBehavior"]["FunctionAssociations"] = {"Quantity": 1, "Items": [function]}
    with pytest.raises(ClientError) as refused:
        cloudfront.create_distribution(DistributionConfig=wanted)
    assert code(refused) == "NotImplemented"


# --- distributions ---


def test_a_distribution_serves_its_bucket_by_path_and_by_name(
    cloudfront: CloudFrontClient, rig: RunningRig, bucket: str
) -> None:
    made = cloudfront.create_distribution(DistributionConfig=config(bucket))["Distribution"]
    for path, host in (
        (f"/_aws/cloudfront/{made['Id']}/", "127.0.0.1"),
        ("/", f"{made['Id'].lower()}.cloudfront.localhost"),
        ("/index.html", made["DomainName"]),
    ):
        status, headers, body = get(rig, path, host)
        assert (status, headers["content-type"], body) == (200, "text/html", b"<p>hello")
    assert get(rig, f"/_aws/cloudfront/{made['Id']}")[1]["location"] == f"/_aws/cloudfront/{made['Id']}/"
    assert get(rig, f"/_aws/cloudfront/{made['Id']}/none")[0] == 403
    assert get(rig, "/_aws/cloudfront/E0000/")[0] == 404


def test_what_is_kept_is_answered_until_an_invalidation(
    cloudfront: CloudFrontClient, s3: S3Client, rig: RunningRig, bucket: str
) -> None:
    made = cloudfront.create_distribution(DistributionConfig=config(bucket))["Distribution"]
    path = f"/_aws/cloudfront/{made['Id']}/index.html"
    get(rig, path)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>new", ContentType="text/html")
    _, headers, body = get(rig, path)
    assert (headers["x-cache"], body) == ("Hit from cloudfront", b"<p>hello")
    assert headers["age"].isdigit()
    batch: Any = {"Paths": {"Quantity": 1, "Items": ["/index.html"]}, "CallerReference": name()}
    cloudfront.create_invalidation(DistributionId=made["Id"], InvalidationBatch=batch)
    _, headers, body = get(rig, path)
    assert (headers["x-cache"], body) == ("Miss from cloudfront", b"<p>new")


def test_a_policy_in_use_is_applied_at_once_and_cannot_be_deleted(
    cloudfront: CloudFrontClient, rig: RunningRig, bucket: str
) -> None:
    applied = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy(name()))
    policy_id = applied["ResponseHeadersPolicy"]["Id"]
    wanted = config(bucket)
    wanted["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = policy_id
    made = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    path = f"/_aws/cloudfront/{made['Id']}/"
    assert get(rig, path)[1]["x-frame-options"] == "DENY"
    changed = policy(applied["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"])
    changed["SecurityHeadersConfig"]["FrameOptions"]["FrameOption"] = "SAMEORIGIN"
    updated = cloudfront.update_response_headers_policy(
        Id=policy_id, IfMatch=applied["ETag"], ResponseHeadersPolicyConfig=changed
    )
    assert get(rig, path)[1]["x-frame-options"] == "SAMEORIGIN"
    with pytest.raises(ClientError) as refused:
        cloudfront.delete_response_headers_policy(Id=policy_id, IfMatch=updated["ETag"])
    assert code(refused) == "ResponseHeadersPolicyInUse"


def test_an_error_has_the_distributions_own_page(cloudfront: CloudFrontClient, rig: RunningRig, bucket: str) -> None:
    page = {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}
    wanted = config(bucket, CustomErrorResponses={"Quantity": 1, "Items": [page]})
    made = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    status, headers, body = get(rig, f"/_aws/cloudfront/{made['Id']}/no/such/page")
    assert (status, body, headers["x-cache"]) == (200, b"<p>hello", "Error from cloudfront")


def test_a_distribution_is_disabled_before_it_is_deleted(
    cloudfront: CloudFrontClient, rig: RunningRig, bucket: str
) -> None:
    made = cloudfront.create_distribution(DistributionConfig=config(bucket))
    distribution_id, path = made["Distribution"]["Id"], f"/_aws/cloudfront/{made['Distribution']['Id']}/"
    assert get(rig, path)[0] == 200
    with pytest.raises(ClientError) as refused:
        cloudfront.delete_distribution(Id=distribution_id, IfMatch=made["ETag"])
    assert code(refused) == "DistributionNotDisabled"
    found = cloudfront.get_distribution_config(Id=distribution_id)
    disabled: Any = {**found["DistributionConfig"], "Enabled": False}
    cloudfront.update_distribution(Id=distribution_id, IfMatch=found["ETag"], DistributionConfig=disabled)
    assert get(rig, path)[0] == 403
    cloudfront.delete_distribution(Id=distribution_id, IfMatch=found["ETag"])
    assert get(rig, path)[0] == 404


def test_methods_and_origins_that_are_not_served_say_so(
    cloudfront: CloudFrontClient, rig: RunningRig, bucket: str
) -> None:
    made = cloudfront.create_distribution(DistributionConfig=config(bucket))["Distribution"]
    path = f"/_aws/cloudfront/{made['Id']}/"
    assert get(rig, path, method="POST")[0] == 403
    assert get(rig, path, method="HEAD")[::2] == (200, b"")
    wanted = config(bucket)
    wanted["Origins"]["Items"] = [
        {
            "Id": "o",
            "DomainName": "api.example.com",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
        }
    ]
    other = cloudfront.create_distribution(DistributionConfig=wanted)["Distribution"]
    status, _, body = get(rig, f"/_aws/cloudfront/{other['Id']}/")
    assert status == 501
    assert b"api.example.com" in body
