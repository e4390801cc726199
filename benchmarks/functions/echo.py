"""Routes of the WebSocket API: `echo` answers with the message, `whoami` with the connection's id."""

from typing import Any


def handler(event: Any, context: object) -> dict[str, Any]:
    request = event["requestContext"]
    return {"statusCode": 200, "body": request["connectionId"] if request["routeKey"] == "whoami" else event["body"]}
