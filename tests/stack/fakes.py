"""Stand-ins around a deployment: a target's addresses, and a tap on the wire between boto3 and the server."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, fields
from typing import Any

from botocore.exceptions import ClientError

from stack import Clients


@dataclass(frozen=True)
class FakeAddresses:
    """Addresses that show what they were made of."""

    target: str = "test"

    def rest_url(self, api_id: str, stage: str) -> str:
        return f"http://test/{api_id}/{stage}"

    def websocket_url(self, api_id: str, stage: str) -> str:
        return f"ws://test/{api_id}/{stage}"

    def callback_url(self, api_id: str, stage: str) -> str:
        return f"http://callback/{api_id}/{stage}"

    def distribution_url(self, distribution_id: str, domain: str) -> str:
        return f"http://cdn/{distribution_id}/"

    def user_pools_url(self) -> str:
        return "http://test/cognito/"

    def user_pool_keys_url(self, pool_id: str) -> str:
        return f"http://functions/{pool_id}/keys"

    def bucket_url(self, bucket: str) -> str:
        return f"http://test/{bucket}"

    def site_url(self, bucket: str) -> str:
        return f"http://test/{bucket}/"


class Wire:
    """Sees every request as it leaves, and may answer it with an error in the server's place."""

    def __init__(self, clients: Clients) -> None:
        self._emitters = [getattr(clients, each.name).meta.events for each in fields(clients) if each.name != "region"]
        self._faults: dict[str, deque[tuple[str, str, str]]] = {}
        self.requests: list[tuple[str, str]] = []
        """Operation and URL of each, in order."""
        for emitter in self._emitters:
            emitter.register("before-send", self._before_send, unique_id=str(id(self)))

    def close(self) -> None:
        for emitter in self._emitters:
            emitter.unregister("before-send", self._before_send, unique_id=str(id(self)))

    def refuse(self, operation: str, code: str, message: str = "no", *, about: str = "", times: int = 1) -> None:
        """Answer the next requests for an operation, those that hold the text `about`, with an error."""
        self._faults.setdefault(operation, deque()).extend([(about, code, message)] * times)

    @property
    def operations(self) -> list[str]:
        """The operations so far."""
        return [operation for operation, _ in self.requests]

    @property
    def changes(self) -> list[str]:
        """The operations so far that do not merely read."""
        return [each for each in self.operations if not each.startswith(("Get", "List", "Describe"))]

    def _before_send(self, request: Any, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        self.requests.append((operation, request.url))
        faults = self._faults.get(operation)
        if faults and faults[0][0] in f"{request.url} {request.body!r}":
            code, message = faults.popleft()[1:]
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
