"""Functions that do as they are told. Runs on Lambda, not here: `deployment.py` deploys this file.

`handler` is told by the query parameter or message member `do`, in JSON: `{"return": …}`, `{"throw": "text"}`,
`{"sleep": seconds}`, `{"id": true}`, `{"exit": true}`, `{"post": true}` (post to the connection itself, and answer 400
with the status of that). Without it the answer is 200. Events of `$disconnect` are kept in the table EVENTS under their
connection's id. `authorizer` is told by the query parameter `auth`.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3
from botocore.exceptions import ClientError

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
    if "post" in told:
        return {"statusCode": 400, "body": str(_posted(request))}
    return told.get("return", {"statusCode": 200})


def _posted(request: dict[str, Any]) -> int:
    """The status of posting to the event's own connection."""
    url = f"https://{request['domainName']}/{request['stage']}"
    callbacks = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    try:
        callbacks.post_to_connection(ConnectionId=request["connectionId"], Data=b"x")
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200


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
    if told == "sleep":
        time.sleep(60)
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
