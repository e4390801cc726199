"""Table names given as ARNs: dynoxide knows plain names only.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html (TableName: a name or an ARN)
"""

from __future__ import annotations

import json
from typing import Any

from cloudrig.engine.names import Arn, Scope
from cloudrig.services.dynamodb.errors import AccessDeniedException, ValidationException


def plain_name(scope: Scope, text: str) -> str:
    """The table a name or ARN stands for. Raises AccessDeniedException for a table of another account or region."""
    if not text.startswith("arn:"):
        return text
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise ValidationException(f"Invalid table ARN: {text}") from None
    kind, _, rest = arn.resource.partition("/")
    if arn.service != "dynamodb" or kind != "table" or not rest:
        raise ValidationException(f"Invalid table ARN: {text}")
    if arn.scope != scope:
        raise AccessDeniedException(f"{text} belongs to another account or region; cloudrig has no resource policies")
    return rest.partition("/")[0]


def plain_names(scope: Scope, body: bytes) -> bytes:
    """A request for items with every table ARN put as a name. Where an ARN only stands in an item, the body itself."""
    try:
        request = json.loads(body)
    except ValueError:
        return body  # dynoxide says what is wrong with it
    if not isinstance(request, dict):
        return body
    renamed = _renamed(scope, request)
    return body if renamed == request else json.dumps(renamed).encode()


def _renamed(scope: Scope, request: dict[str, Any]) -> dict[str, Any]:
    renamed = dict(request)
    if isinstance(request.get("TableName"), str):
        renamed["TableName"] = plain_name(scope, request["TableName"])
    if isinstance(request.get("RequestItems"), dict):
        renamed["RequestItems"] = {plain_name(scope, key): value for key, value in request["RequestItems"].items()}
    if isinstance(request.get("TransactItems"), list):
        renamed["TransactItems"] = [_renamed_action(scope, action) for action in request["TransactItems"]]
    return renamed


def _renamed_action(scope: Scope, action: Any) -> Any:
    """One entry of a transaction: `{"Put": {"TableName": …}}`."""
    if not isinstance(action, dict):
        return action
    return {kind: _renamed(scope, given) if isinstance(given, dict) else given for kind, given in action.items()}
