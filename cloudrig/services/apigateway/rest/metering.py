"""Metering at work: which plan an API key has for a stage, and whether throttles and quotas let a request pass.

Source: AG `api-gateway-api-usage-plans.html`, `api-gateway-request-throttling.html` (token bucket).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.state import Account, UsagePlan


@dataclass
class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them."""

    tokens: float
    filled_at: float

    def take(self, now: float, rate: float, burst: float) -> bool:
        self.tokens = min(burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Meter:
    """What one key has used of one plan: its bucket, and its requests in the current period."""

    bucket: Bucket | None = None
    period: str = ""
    used: int = 0


class Meters:
    """The meters of all plans and keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._meters: dict[tuple[str, str], Meter] = {}

    def count(self, plan: Members, key_id: str) -> None:
        """Let one request pass. Raises GatewayError (429): throttled, quota used up."""
        meter = self._meters.setdefault((plan["id"], key_id), Meter())
        self._throttle(meter, plan.get("throttle") or {})
        quota = plan.get("quota")
        if quota:
            self._count(meter, quota)

    def _throttle(self, meter: Meter, throttle: Members) -> None:
        rate, burst = throttle.get("rateLimit"), throttle.get("burstLimit")
        if rate is None and burst is None:
            return
        now = self._clock.now()
        size = float(burst if burst is not None else max(rate or 0.0, 1.0))
        if meter.bucket is None:
            meter.bucket = Bucket(size, now)
        if not meter.bucket.take(now, float(rate or 0.0), size):
            raise GatewayError("THROTTLED", "Too Many Requests")

    def _count(self, meter: Meter, quota: Members) -> None:
        period = _period(self._clock.utc(), quota["period"])
        if meter.period != period:
            meter.period, meter.used = period, quota.get("offset") or 0
        if meter.used >= quota["limit"]:
            raise GatewayError("QUOTA_EXCEEDED", "Limit Exceeded")
        meter.used += 1


def _period(now: datetime, period: str) -> str:
    """A name for the day, the week (from Sunday) or the month that a quota counts in."""
    if period == "MONTH":
        return now.strftime("%Y-%m")
    if period == "WEEK":
        now -= timedelta(days=(now.weekday() + 1) % 7)
    return now.strftime("%Y-%m-%d")


class ThrottleGate:
    """The rate and burst that a stage sets for a method."""

    def __init__(self, limits: Members, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._bucket = Bucket(float(limits["burstLimit"]), clock.now())

    async def admit(self, call: Call) -> None:
        if not self._bucket.take(self._clock.now(), self._limits["rateLimit"], self._limits["burstLimit"]):
            raise GatewayError("THROTTLED", "Too Many Requests")


class KeyGate:
    """Wants a key that is enabled and has a usage plan for the stage."""

    def __init__(self, account: Account, meters: Meters, api_id: str, stage: str, source: str) -> None:
        self._account = account
        self._meters = meters
        self._api_id = api_id
        self._stage = stage
        self._from_header = source == "HEADER"

    async def admit(self, call: Call) -> None:
        value = call.request.headers.get("x-api-key") if self._from_header else call.usage_key
        key = self._account.key_by_value(value) if value else None
        plan = self._plan(key["id"]) if key is not None and key["enabled"] else None
        if key is None or plan is None:
            raise GatewayError("INVALID_API_KEY", "Forbidden")
        self._meters.count(plan.document, key["id"])
        call.identify(apiKey=key["value"], apiKeyId=key["id"])

    def _plan(self, key_id: str) -> UsagePlan | None:
        for plan in self._account.usage_plans.values():
            if key_id in plan.key_ids and plan.covers(self._api_id, self._stage):
                return plan
        return None
