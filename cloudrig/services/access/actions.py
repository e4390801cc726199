"""From a request to the IAM actions it needs and the ARNs it needs them on.

Resources are told for DynamoDB, `@connections`, Lambda, Parameter Store, S3 and SQS; of all other services only the
action (the resource is None then). Source: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote

from cloudrig.engine.callbacks import CALLBACK_PATH
from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope

Need = tuple[str, str | None]
"""An action and the ARN of what it is done to."""

_CALLBACK = re.compile(rf"(?:/_aws/execute-api/(?P<mounted>[^/]+))?{CALLBACK_PATH}")
_BUCKET_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-][a-z0-9.-]*amazonaws\.com")
_FUNCTION = re.compile(r"/\d{4}-\d\d-\d\d/functions/(?P<name>[^/]+)")
_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_LAMBDA_ACTIONS = {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}


def needs(request: Request, service: str, operation: str | None) -> list[Need]:
    """What a signed request needs; `operation` is None where nobody knows it."""
    scope = request.caller.scope
    if operation is None and "Action=" in (body := request.body.decode("latin-1")):
        operation = parse_qs(body).get("Action", [None])[0]
    if service == "execute-api":
        return list(_callback(request, scope))
    if service == "s3":
        return [_s3(request), *_copied(request)]
    if service == "lambda":
        return [_lambda(request, scope, operation or "*")]
    told = _TOLD.get(service)
    members = json_members(request)
    if told is None or operation is None or members is None:
        return [(f"{service}:{operation or '*'}", None)]
    return list(told(scope, operation, members))


def is_callback(path: str) -> bool:
    return _CALLBACK.fullmatch(path) is not None


def _callback(request: Request, scope: Scope) -> Iterator[Need]:
    found = _CALLBACK.fullmatch(request.path)
    if found is not None:
        api = found["mounted"] or request.headers.get("Host", "").partition(".")[0]
        path = f"{api}/{unquote(found['stage'])}/{request.method}/@connections/{unquote(found['id'])}"
        yield "execute-api:ManageConnections", scope.arn("execute-api", path)


def _lambda(request: Request, scope: Scope, operation: str) -> Need:
    action = f"lambda:{_LAMBDA_ACTIONS.get(operation, operation)}"
    found = _FUNCTION.match(request.path)
    if found is None:
        return action, None
    name = unquote(found["name"])
    return action, name if name.startswith("arn:") else scope.arn("lambda", f"function:{name}")


def _s3(request: Request) -> Need:
    """By method, host and path. What is done to a bucket's settings is told by the query, which is not looked at."""
    path = unquote(request.path).lstrip("/")
    host = _BUCKET_HOST.match(request.headers.get("Host", ""))
    bucket, _, key = f"{host['bucket']}/{path}".partition("/") if host else path.partition("/")
    if key:
        verb = {"GET": "Get", "HEAD": "Get", "DELETE": "Delete"}.get(request.method, "Put")
        return f"s3:{verb}Object", f"arn:aws:s3:::{bucket}/{key}"
    if request.method in ("GET", "HEAD"):
        return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
    return ("s3:*", f"arn:aws:s3:::{bucket}") if bucket else ("s3:ListAllMyBuckets", "*")


def _copied(request: Request) -> Iterator[Need]:
    """What CopyObject and UploadPartCopy read: `X-Amz-Copy-Source: [/]{bucket}/{key}[?versionId={id}]`, URL-encoded."""
    source, _, version = request.headers.get("X-Amz-Copy-Source", "").partition("?versionId=")
    if source:
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        yield action, f"arn:aws:s3:::{unquote(source).lstrip('/')}"


def _dynamodb(scope: Scope, operation: str, members: dict[str, Any]) -> Iterator[Need]:
    if "TransactItems" in members:
        for item in members["TransactItems"]:
            for kind, one in item.items():
                yield f"dynamodb:{_TRANSACTION.get(kind, kind)}", _table(scope, one.get("TableName", ""))
        return
    action = f"dynamodb:{operation}"
    if "RequestItems" in members:
        yield from ((action, _table(scope, name)) for name in members["RequestItems"])
    elif "TableName" in members:
        table = _table(scope, members["TableName"])
        yield action, f"{table}/index/{members['IndexName']}" if "IndexName" in members else table
    else:
        yield action, members.get("StreamArn")


def _table(scope: Scope, name: str) -> str:
    return name if name.startswith("arn:") else scope.arn("dynamodb", f"table/{name}")


def _ssm(scope: Scope, operation: str, members: dict[str, Any]) -> Iterator[Need]:
    names = [members["Name"]] if "Name" in members else members.get("Names") or []
    for name in names:
        yield f"ssm:{operation}", scope.arn("ssm", f"parameter/{name.lstrip('/')}")
    if not names:
        yield f"ssm:{operation}", None


def _sqs(scope: Scope, operation: str, members: dict[str, Any]) -> Iterator[Need]:
    name = members.get("QueueUrl", "").rpartition("/")[2]
    yield f"sqs:{operation}", scope.arn("sqs", name) if name else None


_TOLD: dict[str, Callable[[Scope, str, dict[str, Any]], Iterator[Need]]] = {
    "dynamodb": _dynamodb,
    "ssm": _ssm,
    "sqs": _sqs,
}


def json_members(request: Request) -> dict[str, Any] | None:
    """The members of a body in JSON; None where it is no object."""
    try:
        members = json.loads(request.body)
    except ValueError:
        return None
    return members if isinstance(members, dict) else None
