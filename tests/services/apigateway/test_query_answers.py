"""What integrations see of SNS and SQS, as users of AWS paste it and LocalStack's test snapshots have it from AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.apigateway.query_answers import as_json

METADATA = "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"


def read(service: str, action: str, result: str) -> Any:
    content = f"<{action}Result>{result}</{action}Result>" if result else ""
    xml = f'<{action}Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">{content}{METADATA}</{action}Response>'
    answer = json.loads(as_json(service, xml.encode()))[f"{action}Response"]
    assert answer["ResponseMetadata"] == {"RequestId": "id"}
    return answer.get(f"{action}Result")


def test_absent_members_are_null() -> None:
    sent = read("sqs", "SendMessage", "<MD5OfMessageBody>m</MD5OfMessageBody><MessageId>i</MessageId>")
    assert sent == {
        "MD5OfMessageAttributes": None,
        "MD5OfMessageBody": "m",
        "MD5OfMessageSystemAttributes": None,
        "MessageId": "i",
        "SequenceNumber": None,
    }
    assert read("sqs", "DeleteMessage", "") is None


def test_messages_of_a_queue() -> None:
    assert read("sqs", "ReceiveMessage", " ") == {"messages": None}
    attribute = "<Attribute><Name>SenderId</Name><Value>me</Value></Attribute>"
    message = f"<Message><Body>a &amp; b</Body><MessageId>i</MessageId>{attribute}</Message>"
    [first, second] = read("sqs", "ReceiveMessage", message * 2)["messages"]
    assert first == second
    assert (first["Body"], first["MessageId"], first["ReceiptHandle"]) == ("a & b", "i", None)
    assert first["Attributes"] == [{"Name": "SenderId", "Value": "me"}]


def test_lists_of_either_service() -> None:
    urls = "<QueueUrl>http://a</QueueUrl><QueueUrl>http://b</QueueUrl>"
    assert read("sqs", "ListQueues", urls)["QueueUrls"] == ["http://a", "http://b"]
    topics = "<Topics><member><TopicArn>t</TopicArn></member></Topics>"
    assert read("sns", "ListTopics", topics) == {"Topics": [{"TopicArn": "t"}], "NextToken": None}
    assert read("sns", "Publish", "<MessageId>i</MessageId>") == {"MessageId": "i", "SequenceNumber": None}


def test_errors() -> None:
    error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>id</RequestId>"
    assert json.loads(as_json("sqs", f"<ErrorResponse>{error}</ErrorResponse>".encode())) == {
        "Error": {"Code": "AccessDenied", "Message": "no", "Type": "Sender"},
        "RequestId": "id",
    }


@pytest.mark.parametrize("body", [b"", b'{"a": 1}', b"<html></html>"])
def test_what_is_no_answer_stays(body: bytes) -> None:
    assert as_json("sqs", body) == body
