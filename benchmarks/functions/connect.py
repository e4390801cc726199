"""`$connect`: lets everybody in."""

from typing import Any


def handler(event: Any, context: object) -> dict[str, Any]:
    return {"statusCode": 200}
