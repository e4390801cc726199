"""Who gets into a rehearsal, and who does not."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.messages import Request
from cloudrig.services.access.gate import Gate
from tests.services.access.fakes import Iam

NOW_S = 1_795_752_000.0


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(only_own=True)


@pytest.fixture
def gate(credentials: Credentials) -> Gate:
    return Gate(credentials, Iam(), Clock(lambda: NOW_S))


async def is_refused(gate: Gate, request: Request, *, public: bool = False) -> bool:
    return await gate.refuse(request, None, public=public) is not None


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_path_that_looks_published_opens_nothing(gate: Gate, method: str) -> None:
    """What user pools publish is served by a plane of its own, which is public."""
    headers = CIMultiDictProxy(CIMultiDict({"Host": "s3.eu-west-1.amazonaws.com"}))
    assert await is_refused(gate, Request(method, "/private-bucket/.well-known/x", headers=headers))
