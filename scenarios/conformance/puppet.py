"""Functions that do as they are told. Runs on Lambda, not here: `deployment.py` deploys this file.

`handler` is told by the query parameter or message member `do`, in JSON: `{"return": …}`, `{"throw": "text"}`,
`{"sleep": seconds}`, `{"id": true}`, `{"exit": true}`. Without it the answer is 200. Events of `$disconnect` are kept
in the table EVENTS under their connection's id. `authorizer` is told by the query parameter `auth`.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3

_EVENTS = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: object) -> Any:
    """The function behind every route."""
    request = event["requestContext"]
    if request.get("eventType") == "DISCONNECT":
        item = {"connectionId": {"S": request["connectionId"]}, "event": {"S": json.dumps(event)}}
        _EVENTS.put_item(TableName=os.environ["EVENTS"], Item=item)
        return {"statusCode": 200}
    told = _told(event)
    if "sleep" in told:
        time.sleep(told["sleep"])
    if "throw" in told:
        raise RuntimeError(told["throw"])
    if "exit" in told:
        os._exit(1)
    if "id" in told:
        return {"statusCode": 200, "body": request["connectionId"]}
    return told.get("return", {"statusCode": 200})


def _told(event: dict[str, Any]) -> dict[str, Any]:
    text = (event.get("queryStringParameters") or {}).get("do")
    if text is None and event.get("body"):
        body = json.loads(event["body"])
        return dict(body.get("do") or {}) if isinstance(body, dict) else {}
    return dict(json.loads(text)) if text else {}


def authorizer(event: dict[str, Any], context: object) -> Any:
    """A REQUEST authorizer."""
    told = event["queryStringParameters"]["auth"]
    resource = event["methodArn"]
    if told == "unauthorized":
        raise RuntimeError("Unauthorized")
    if told == "throw":
        raise RuntimeError("broken")
    if told == "status":
        return {"statusCode": 401}
    if told == "no-policy":
        return {"principalId": "p"}
    effect = "Deny" if told == "deny" else "Allow"
    if told == "elsewhere":
        resource = resource.rsplit("/", 1)[0] + "/*/*"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    answer: dict[str, Any] = {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    if told == "nested":
        answer["context"] = {"nested": {"a": 1}}
    return answer
