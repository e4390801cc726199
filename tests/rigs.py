"""boto3 against a rig that runs in the test's own process."""

from __future__ import annotations

import asyncio
from typing import Any

import boto3

from cloudrig.rig import Rig


def client(rig: Rig, service: str, access_key: str = "test") -> Any:
    """A client of the rig; what it calls must not run on the event loop that the rig runs on."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=rig.addresses.url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key="x",
    )


async def call(rig: Rig, service: str, operation: str, **members: Any) -> dict[str, Any]:
    """What an operation (`create_queue`) answers."""
    answer: dict[str, Any] = await asyncio.to_thread(getattr(client(rig, service), operation), **members)
    return answer
