"""Where the data plane answers, and what it leaves to others (aws-behaviour §2)."""

from __future__ import annotations

import pytest

from cloudrig.engine.interfaces import Mounted
from tests.services.apigateway.fakes import ok
from tests.services.apigateway.harness import Harness

ID = "AAAAAAAAAAACAAA="
LONGEST = 128 * 1024


@pytest.mark.parametrize(
    ("host", "path", "mounted"),
    [
        ("127.0.0.1", "/_aws/execute-api/abc/prod/x", Mounted("abc", "/prod/x", "/_aws/execute-api/abc")),
        ("abc.execute-api.localhost", "/prod/x", Mounted("abc", "/prod/x")),
        ("abc.execute-api.eu-west-1.amazonaws.com", "/prod", Mounted("abc", "/prod")),
        ("abc.execute-api.localhost", f"/prod/@connections/{ID}", Mounted("abc", f"/prod/@connections/{ID}")),
        ("127.0.0.1", f"/prod/@connections/{ID}", Mounted("", f"/prod/@connections/{ID}", "", LONGEST)),
        ("localhost", "/prod/%40connections/x", Mounted("", "/prod/%40connections/x", "", LONGEST)),
        ("127.0.0.1", "/v2/apis", None),
        ("127.0.0.1", "/bucket/key", None),
        ("bucket.s3-website.localhost", "/", None),
    ],
)
async def test_locate(harness: Harness, host: str, path: str, mounted: Mounted | None) -> None:
    """Path form, host form, and connection ids on any other host; what is posted has at most 128 KB."""
    assert harness.gateway.plane.locate(host, path) == mounted


async def test_unknown_api(harness: Harness) -> None:
    """§2: an API that does not exist is 403 `Forbidden`."""
    assert await harness.call("GET", "/_aws/execute-api/aaaaaaaaaa/prod") == (403, '{"message": "Forbidden"}')


async def test_plain_requests_to_a_websocket_api(harness: Harness) -> None:
    """§2: GET of a stage is 426, everything else 403."""
    api = await harness.deploy({"a": ok})
    assert (await harness.call("GET", api.path))[0] == 426
    assert (await harness.call("POST", api.path, b"x"))[0] == 403
    assert (await harness.call("GET", api.path + "/more"))[0] == 403
