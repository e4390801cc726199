import json

from cloudrig.engine.messages import Request
from cloudrig.services.cognito.well_known import WellKnown
from tests.services.cognito.conftest import PoolUnderTest

BASE = "http://127.0.0.1:4566"


async def fetch(pool: PoolUnderTest, document: str) -> dict[str, object]:
    plane = WellKnown(pool.moto)
    path = f"/{pool.id}/.well-known/{document}"
    mounted = plane.locate("127.0.0.1", path)
    assert mounted is not None
    response = await plane.serve(Request("GET", path, base_url=BASE), mounted)
    assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (200, "*")
    found: dict[str, object] = json.loads(response.body)
    return found


async def test_the_keys_are_found_without_the_regions_host_name(pool: PoolUnderTest) -> None:
    keys = (await fetch(pool, "jwks.json"))["keys"]
    assert isinstance(keys, list)
    assert {"kid", "n", "e"} <= keys[0].keys()


async def test_the_configuration_says_where_they_are(pool: PoolUnderTest) -> None:
    found = await fetch(pool, "openid-configuration")
    assert found["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert found["jwks_uri"] == f"{BASE}/{pool.id}/.well-known/jwks.json"


def test_other_paths_are_others(pool: PoolUnderTest) -> None:
    plane = WellKnown(pool.moto)
    for path in ("/bucket/.well-known/jwks.json", f"/{pool.id}/jwks.json", f"/a/{pool.id}/.well-known/jwks.json"):
        assert plane.locate("127.0.0.1", path) is None
