from typing import Any

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.cognito.directory import Directory


class BusyUpstream:
    """Implements `interfaces.Upstream` without any pools; while it is asked, somebody begins to work elsewhere."""

    url = ""

    def __init__(self) -> None:
        self.asked: list[Scope] = []
        self.directory = Directory(self)

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        self.asked.append(scope)
        self.directory.heard_of(Scope("111111111111", "eu-west-1"))
        return {"UserPools": []}

    async def forward(self, request: Request) -> Response:
        raise NotImplementedError


async def test_others_may_begin_to_work_while_a_client_is_looked_for() -> None:
    upstream = BusyUpstream()
    assert await upstream.directory.client("unknown") is None
    assert await upstream.directory.client("unknown") is None
    assert set(upstream.asked) == {Scope(), Scope("111111111111", "eu-west-1")}
