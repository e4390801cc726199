"""Which queue a request that passes the rig may have written to."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request
from cloudrig.services.lambda_.event_sources.queue import ANY_QUEUE, written_queue

URL = "http://127.0.0.1:4566/000000000000/jobs.fifo"


@pytest.mark.parametrize(
    ("service", "target", "body", "queue"),
    [
        ("sqs", "AmazonSQS.SendMessage", f'{{"QueueUrl": "{URL}", "MessageBody": "x"}}', "jobs.fifo"),
        ("sqs", "AmazonSQS.SendMessageBatch", f'{{"Entries":[],"QueueUrl":"{URL}"}}', "jobs.fifo"),
        ("sqs", "", f"Action=SendMessage&QueueUrl={quote(URL, safe='')}&MessageBody=x", "jobs.fifo"),
        ("sqs", "", f"Action=SendMessage&MessageBody=x&QueueUrl={quote(URL, safe='')}", "jobs.fifo"),
        ("sqs", "AmazonSQS.CreateQueue", '{"QueueName": "jobs"}', ANY_QUEUE),
        ("sqs", "AmazonSQS.ReceiveMessage", f'{{"QueueUrl": "{URL}"}}', None),
        ("sqs", "", f"Action=ReceiveMessage&QueueUrl={quote(URL, safe='')}", None),
        ("sns", "", "Action=Publish&Message=x", ANY_QUEUE),
        ("s3", "", "", ANY_QUEUE),
        ("iam", "", "Action=ListRoles", None),
    ],
)
def test_written_queue(service: str, target: str, body: str, queue: str | None) -> None:
    headers = CIMultiDictProxy(CIMultiDict({"X-Amz-Target": target} if target else {}))
    assert written_queue(service, Request("POST", "/", headers=headers, body=body.encode())) == queue
