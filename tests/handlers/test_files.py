"""`createUpload`, `sendFile`, `getFile`, `deleteMessage`: a file's way through the bucket."""

import urllib.error
import urllib.request

import pytest
from types_boto3_s3 import S3Client

from tests.handlers.conftest import FILES_BUCKET, Ask, Enter


def test_a_file_goes_to_who_may_read_it_until_it_is_deleted(ask: Ask, enter: Enter, s3: S3Client) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    upload = ask("create_upload", "c1", contentType="image/png", sizeBytes=7)
    assert upload["url"] == f"{s3.meta.endpoint_url}/{FILES_BUCKET}"
    s3.put_object(Bucket=FILES_BUCKET, Key=upload["fields"]["key"], Body=b"seven b")
    sent = ask("send_file", "c1", fileId=upload["fileId"], name="tea.png", clientId="k1")
    where = {"roomId": "lobby", "messageId": sent["messageId"]}
    (shown,) = ask("get_messages", "c2", roomId="lobby")["messages"]
    assert shown["file"] == {"name": "tea.png", "contentType": "image/png", "sizeBytes": 7}
    assert (shown["text"], shown["clientId"]) == ("", "k1")
    url = ask("get_file", "c2", **where)["url"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"seven b"
    assert ask("delete_message", "c1", **where)["type"] == "deleted"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url)
    assert ask("get_file", "c2", **where)["code"] == "MessageNotFound"


@pytest.mark.usefixtures("s3")
def test_what_was_not_uploaded_is_not_sent(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    upload = ask("create_upload", "c1", contentType="image/png", sizeBytes=7)
    assert ask("send_file", "c1", fileId=upload["fileId"], name="x")["code"] == "FileNotFound"
    assert ask("get_messages", "c1", roomId="lobby")["messages"] == []
