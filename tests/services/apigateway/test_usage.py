"""GetUsage and UpdateUsage (API_GetUsage.html). Keys at work: rest/test_metering.py, websocket/test_admission.py."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Gateway

DAY_S = 86_400
KEY = {"x-api-key": "k" * 20}


class Metered:
    """One key in one plan of an API; the clock stands at 20 November 2026, a Friday."""

    def __init__(self, **plan: Any) -> None:
        self.gateway = gateway = Gateway()
        self.api = gateway.api()
        self.api.proxy("GET", "/", apiKeyRequired=True)
        self.api.deploy()
        stages = [{"apiId": self.api.id, "stage": "prod"}]
        self.plan = gateway.call("CreateUsagePlan", name="p", apiStages=stages, **plan)["id"]
        self.key = gateway.call("CreateApiKey", name="k", value="k" * 20, enabled=True)["id"]
        gateway.call("CreateUsagePlanKey", usagePlanId=self.plan, keyId=self.key, keyType="API_KEY")

    async def send(self, times: int) -> list[int]:
        return [(await self.api.send("GET", "/prod/", headers=KEY)).status for _ in range(times)]

    def usage(self, start: str, end: str, **members: Any) -> Any:
        return self.gateway.call("GetUsage", usagePlanId=self.plan, startDate=start, endDate=end, **members)


async def test_used_and_left_by_day() -> None:
    """A week's quota runs from Sunday."""
    metered = Metered(quota={"limit": 10, "period": "WEEK"})
    await metered.send(3)
    metered.gateway.clock.advance(DAY_S)
    await metered.send(1)
    metered.gateway.clock.advance(DAY_S)
    await metered.send(2)
    told = metered.usage("2026-11-19", "2026-11-23")
    assert told["items"] == {metered.key: [[0, 10], [3, 7], [1, 6], [2, 8], [0, 8]]}
    assert (told["usagePlanId"], told["startDate"]) == (metered.plan, "2026-11-19")
    assert metered.usage("2026-11-21", "2026-11-21", keyId=metered.key)["items"] == {metered.key: [[1, 6]]}
    assert metered.usage("2026-11-21", "2026-11-21", keyId="other")["items"] == {}


async def test_more_for_the_rest_of_the_period() -> None:
    metered = Metered(quota={"limit": 1, "period": "MONTH"})
    assert await metered.send(2) == [200, 429]
    patch = {"op": "replace", "path": "/remaining", "value": "1"}
    where = {"usagePlanId": metered.plan, "keyId": metered.key}
    told = metered.gateway.call("UpdateUsage", **where, patchOperations=[patch])
    assert told["items"] == {metered.key: [[1, 1]]}
    assert await metered.send(2) == [200, 429]


@pytest.mark.parametrize(
    ("start", "end"), [("2026-11-20", "2026-11-19"), ("x", "2026-11-19"), ("2026-01-01", "2026-11-01")]
)
def test_dates(start: str, end: str) -> None:
    with pytest.raises(BadRequestException):
        Metered().usage(start, end)


def test_what_is_not_there() -> None:
    metered = Metered()
    with pytest.raises(NotFoundException):
        metered.gateway.call("GetUsage", usagePlanId="nope", startDate="2026-11-20", endDate="2026-11-20")
    with pytest.raises(NotFoundException):
        metered.gateway.call("UpdateUsage", usagePlanId=metered.plan, keyId="nope")
    with pytest.raises(BadRequestException):
        metered.gateway.call("UpdateUsage", usagePlanId=metered.plan, keyId=metered.key)


def test_plans_may_name_websocket_stages() -> None:
    """Of APIs that the other control plane knows."""
    gateway = Gateway()
    stages = [{"apiId": "websocket1", "stage": "prod"}]
    assert gateway.call("CreateUsagePlan", name="p", apiStages=stages)["apiStages"] == stages
    with pytest.raises(NotFoundException):
        gateway.call("CreateUsagePlan", name="p", apiStages=[{"apiId": "nope", "stage": "prod"}])
