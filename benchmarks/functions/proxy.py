"""REST proxy: answers with the body it was sent."""

from typing import Any


def handler(event: Any, context: object) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": event["body"]}
