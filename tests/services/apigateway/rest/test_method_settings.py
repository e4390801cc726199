"""Method settings of stages: recorded on AWS in LocalStack's snapshots (`test_create_update_stages`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.rest.fakes import Api, Gateway, said


@pytest.fixture
def api() -> Api:
    api = Gateway(throttling=True).api()
    api.proxy("GET", "/pets")
    api.proxy("POST", "/pets")
    return api.deploy()


def update(api: Api, *operations: tuple[str, str, str | None]) -> Any:
    patches = [{"op": op, "path": path, "value": value} for op, path, value in operations]
    return api.call("UpdateStage", stageName="prod", patchOperations=patches)


def test_a_setting_brings_the_defaults_of_the_others(api: Api) -> None:
    changed = update(api, ("replace", "/*/*/throttling/burstLimit", "123"))
    assert changed["methodSettings"] == {
        "*/*": {
            "metricsEnabled": False,
            "dataTraceEnabled": False,
            "throttlingBurstLimit": 123,
            "throttlingRateLimit": 10000.0,
            "cachingEnabled": False,
            "cacheTtlInSeconds": 300,
            "cacheDataEncrypted": False,
            "requireAuthorizationForCacheControl": True,
            "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
        }
    }
    assert update(api, ("remove", "/*/*", None))["methodSettings"] == {}


def test_methods_have_settings_of_their_own(api: Api) -> None:
    changed = update(api, ("replace", "/~1pets/GET/throttling/burstLimit", "124"))
    assert list(changed["methodSettings"]) == ["~1pets/GET"]
    with pytest.raises(BadRequestException):
        update(api, ("replace", "/~1pets/GET/throttling/burstLimit", "many"))


async def test_throttled_method_is_429(api: Api) -> None:
    """Section 9.3; the other method is not affected, and time brings tokens back."""
    limits = (("replace", f"/~1pets/GET/throttling/{name}", "1") for name in ("burstLimit", "rateLimit"))
    update(api, *limits)
    assert (await api.send("GET", "/prod/pets")).status == 200
    response = await api.send("GET", "/prod/pets")
    assert said(response) == (429, {"message": "Too Many Requests"})
    assert (await api.send("POST", "/prod/pets")).status == 200
    api.gateway.clock.advance(1)
    assert (await api.send("GET", "/prod/pets")).status == 200


@pytest.mark.parametrize("key", ["~1pets/GET", "pets/GET"])
async def test_both_ways_to_write_a_method_are_kept_and_meant(api: Api, key: str) -> None:
    """Terraform passes its `method_path` on, and looks for the same key in what GetStage shows."""
    changed = update(api, ("replace", f"/{key}/throttling/burstLimit", "0"))
    assert list(changed["methodSettings"]) == [key]
    assert (await api.send("GET", "/prod/pets")).status == 429
    assert update(api, ("remove", f"/{key}", None))["methodSettings"] == {}


async def test_nothing_is_throttled_unless_switched_on() -> None:
    """Off by default: a load test measures the application, not a limit."""
    api = Gateway().api()
    api.proxy("GET", "/pets")
    api.deploy()
    update(api, ("replace", "/*/*/throttling/burstLimit", "0"))
    assert (await api.send("GET", "/prod/pets")).status == 200


@pytest.mark.parametrize(("value", "status"), [("0", 429), ("-1", 200)])
async def test_nothing_and_no_limit(api: Api, value: str, status: int) -> None:
    """Section 1.7: 0 refuses everything; -1 is what Terraform writes for none."""
    update(api, ("replace", "/*/*/throttling/burstLimit", value), ("replace", "/*/*/throttling/rateLimit", value))
    assert (await api.send("GET", "/prod/pets")).status == status
