import base64
import json
import urllib.request
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from types_boto3_s3 import S3Client

from handlers.adapters.files import FileStore
from handlers.adapters.json_api import ServiceError
from handlers.adapters.link import Link
from handlers.adapters.signing import Credentials, Signer

KEYS = Credentials("AKIATEST", "secret", "session+/=")


def store_at(url: str, bucket: str, region: str = "us-east-1") -> FileStore:
    path = urlsplit(url).path
    return FileStore(url, bucket, Link(url, read_timeout_s=5), path, Signer(KEYS, "s3", region))


@pytest.fixture
def bucket(s3: S3Client) -> str:
    name = f"files-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(s3: S3Client, bucket: str) -> FileStore:
    return store_at(f"{s3.meta.endpoint_url}/{bucket}", bucket)


def test_what_lies_there_is_measured_copied_and_removed(store: FileStore, s3: S3Client, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="uploads/~ann/x+y.png", Body=b"seven b", ContentType="text/html")
    assert store.size_bytes("uploads/~ann/x+y.png") == 7
    store.copy("uploads/~ann/x+y.png", "files/m1", "image/png")
    copied = s3.get_object(Bucket=bucket, Key="files/m1")
    assert (copied["ContentType"], copied["ContentDisposition"]) == ("image/png", "attachment")
    for _ in range(2):
        store.remove("files/m1")
        assert store.size_bytes("files/m1") is None


def test_a_copy_of_nothing_is_an_error(store: FileStore) -> None:
    with pytest.raises(ServiceError):
        store.copy("uploads/ann/nothing", "files/m1", "image/png")


def test_an_address_gives_the_content_as_it_says(store: FileStore, s3: S3Client, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="files/m1", Body=b"content")
    url = store.address("files/m1", "image/png", "attachment; filename*=UTF-8''a%20b", 300)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"content"
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b"


def test_an_address_is_signed_as_botocore_signs_it() -> None:
    base = "https://files.s3.eu-west-1.amazonaws.com"
    url = store_at(base, "files", "eu-west-1").address("files/~m 1", "text/plain", "attachment", 300)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    signature = query.pop("X-Amz-Signature")
    unsigned = AWSRequest("GET", f"{base}/files/~m%201?" + urlsplit(url).query.rpartition("&")[0])
    auth = S3SigV4QueryAuth(BotocoreCredentials(KEYS.access_key, KEYS.secret_key, KEYS.token), "s3", "eu-west-1")
    unsigned.context["timestamp"] = query["X-Amz-Date"]
    to_sign = auth.string_to_sign(unsigned, auth.canonical_request(unsigned))
    assert signature == auth.signature(to_sign, unsigned)


def test_a_form_is_signed_as_botocore_signs_it() -> None:
    form = store_at("https://files.s3.amazonaws.com", "files").form("uploads/ann/x.png", "image/png", 10, 300)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert {"bucket": "files"} in policy["conditions"]
    assert ["content-length-range", 1, 10] in policy["conditions"]
    unchecked = {"policy", "x-amz-signature"}
    for name in form.fields.keys() - unchecked:
        assert {name: form.fields[name]} in policy["conditions"]
    auth = S3SigV4PostAuth(BotocoreCredentials(KEYS.access_key, KEYS.secret_key, KEYS.token), "s3", "us-east-1")
    request = AWSRequest("POST", form.url)
    request.context["timestamp"] = form.fields["x-amz-date"]
    assert form.fields["x-amz-signature"] == auth.signature(form.fields["policy"], request)
