import json

import pytest

from stack import Clients
from stack.adapters import Adapters
from stack.adapters.s3 import cache_control, content_type
from stack.buckets import Bucket, Site
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire

FILES = {"index.html": b"<p>", "assets/app-1.js": b"run()", "favicon.svg": b"<svg/>"}


def bucket(prefix: str) -> Bucket:
    return Bucket(id="site", name=f"{prefix}-site")


def site(**files: bytes) -> Site:
    return site_of({**FILES, **files})


def site_of(files: dict[str, bytes]) -> Site:
    documents = {"config.json": '{"url": "${bucket.site.url}"}'}
    return Site(id="site", bucket="${bucket.site.name}", files=files, documents=documents)


def test_a_bucket_serves_the_public_a_web_site(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, bucket(prefix))
    name = f"{prefix}-site"
    assert facts["bucket.site.url"] == f"http://test/{name}/"
    website = clients.s3.get_bucket_website(Bucket=name)
    assert website["IndexDocument"] == {"Suffix": "index.html"}
    assert website["ErrorDocument"] == {"Key": "index.html"}
    (statement,) = json.loads(clients.s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", f"arn:aws:s3:::{name}/*")
    assert clients.s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "cloudrig:stack", "Value": prefix}]


def test_a_block_on_public_access_is_taken_away(adapters: Adapters, clients: Clients, prefix: str, wire: Wire) -> None:
    bring_about(adapters, bucket(prefix))
    clients.s3.put_public_access_block(
        Bucket=f"{prefix}-site", PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
    )
    wire.requests.clear()
    bring_about(adapters, bucket(prefix))
    assert wire.changes == ["DeletePublicAccessBlock"]


def test_a_policy_refused_for_a_moment_is_written_again(adapters: Adapters, prefix: str, wire: Wire) -> None:
    wire.refuse("PutBucketPolicy", "AccessDenied", times=2)
    bring_about(adapters, bucket(prefix))


def test_files_are_served_with_their_types_and_lifetimes(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, bucket(prefix), site())
    code = clients.s3.get_object(Bucket=f"{prefix}-site", Key="assets/app-1.js")
    assert (code["ContentType"], code["CacheControl"]) == (
        "text/javascript; charset=utf-8",
        "public, max-age=31536000, immutable",
    )
    config = clients.s3.get_object(Bucket=f"{prefix}-site", Key="config.json")
    assert (config["ContentType"], config["CacheControl"]) == ("application/json", "no-cache")
    assert json.loads(config["Body"].read()) == {"url": f"http://test/{prefix}-site/"}


def test_pages_come_after_what_they_load(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, bucket(prefix), site())
    uploaded = [url.partition("-site/")[2] for operation, url in wire.requests if operation == "PutObject"]
    assert uploaded[0] == "assets/app-1.js"
    assert sorted(uploaded[1:]) == ["config.json", "favicon.svg", "index.html"]


def test_a_changed_file_is_the_only_one_uploaded(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, bucket(prefix), site())
    wire.requests.clear()
    bring_about(adapters, bucket(prefix), site(**{"index.html": b"<b>"}))
    assert wire.changes == ["PutObject"]


def test_a_file_of_the_last_build_is_removed_after_the_new_ones_are_there(
    adapters: Adapters, clients: Clients, prefix: str, wire: Wire
) -> None:
    bring_about(adapters, bucket(prefix), site())
    wire.requests.clear()
    bring_about(adapters, bucket(prefix), site_of({"index.html": b"<i>", "assets/app-2.js": b"go()"}))
    assert wire.changes == ["PutObject", "PutObject", "DeleteObject", "DeleteObject"]
    keys = {each["Key"] for each in clients.s3.list_objects_v2(Bucket=f"{prefix}-site")["Contents"]}
    assert keys == {"index.html", "assets/app-2.js", "config.json"}


def test_a_removed_bucket_is_gone_whatever_was_put_into_it(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, bucket(prefix), site())
    clients.s3.put_object(Bucket=f"{prefix}-site", Key="theirs", Body=b"")
    remove(adapters, bucket(prefix), site())
    assert f"{prefix}-site" not in {each["Name"] for each in clients.s3.list_buckets()["Buckets"]}


@pytest.mark.parametrize(
    ("key", "type_"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("assets/index-B2.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("images/a.PNG", "image/png"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_a_content_type_goes_by_the_ending(key: str, type_: str) -> None:
    assert content_type(key) == type_


def test_only_names_with_a_digest_live_for_ever() -> None:
    assert cache_control("assets/index-B2x.js").endswith("immutable")
    assert cache_control("index.html") == cache_control("config.json") == "no-cache"
