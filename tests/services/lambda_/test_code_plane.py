"""`Code.Location`: the archive under a URL of the rig."""

from __future__ import annotations

from urllib.parse import urlsplit

from cloudrig.engine.messages import Request, Response
from tests.services.lambda_.harness import Api, archive


async def fetch(api: Api, path: str, method: str = "GET") -> Response:
    plane = api.service.plane
    mounted = plane.locate("127.0.0.1", path)
    assert mounted is not None
    return await plane.serve(Request(method, path), mounted)


async def test_the_archive_as_it_was_sent(api: Api) -> None:
    arn = await api.deploy(source="x = 1")
    path = urlsplit((await api("GetFunction", FunctionName=arn))["Code"]["Location"]).path
    answer = await fetch(api, path)
    assert (answer.status, answer.body) == (200, archive("x = 1"))
    assert (await fetch(api, path, "POST")).status == 404
    await api("DeleteFunction", FunctionName=arn)
    assert (await fetch(api, path)).status == 404


async def test_nothing_else_is_served(api: Api) -> None:
    assert api.service.plane.locate("127.0.0.1", "/2015-03-31/functions") is None
    for key in ("a" * 64, "../../etc/passwd", "z" * 64, ""):
        assert (await fetch(api, f"/_aws/lambda/code/{key}.zip")).status == 404
