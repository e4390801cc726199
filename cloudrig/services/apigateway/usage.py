"""API keys at work: which usage plan a key has for a stage, and whether its throttle and quota let a request pass.

Keys and plans are made in the v1 control plane and serve REST and WebSocket APIs alike.
Source: AG `api-gateway-api-usage-plans.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.rest.state import Account, UsagePlan
from cloudrig.services.apigateway.throttling import Bucket, Limits

NO_QUOTA = -1  # unverified: what GetUsage says is left of a plan without a quota


class KeyRefused(Exception):
    """A request does not pass. `response_type` is the gateway response's, which REST APIs answer with."""

    def __init__(self, status: int, message: str, response_type: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.response_type = response_type


@dataclass
class Meter:
    """What one key has used of one plan: its buckets, its requests of the current period, and of each day."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    """Of the plan (an empty name) and of methods that it throttles on their own (`{apiId}:{stage}/items/GET`)."""
    period: str = ""
    used: int = 0
    days: dict[date, tuple[int, int]] = field(default_factory=dict)
    """Requests of a day, and what was left at its end."""


class ApiKeys:
    """The keys of all accounts, and what they have used."""

    def __init__(self, clock: Clock, account: Callable[[Scope], Account]) -> None:
        self._clock = clock
        self._account = account
        self._meters: dict[tuple[str, str], Meter] = {}

    def admit(self, scope: Scope, value: str | None, api_id: str, stage: str, method: str = "") -> Members:
        """Let a request with a key's value pass, and count it; the key. `method` is that of a REST API (`/items/GET`).

        Raises KeyRefused: 403 for a key that is missing, unknown, disabled or without a plan for the stage, 429 for one
        that is throttled or has used up its quota.
        """
        account = self._account(scope)
        key = account.key_by_value(value) if value else None
        plan = _plan(account, key["id"], api_id, stage) if key is not None and key["enabled"] else None
        if key is None or plan is None:
            raise KeyRefused(403, "Forbidden", "INVALID_API_KEY")
        self._count(plan.document, key["id"], f"{api_id}:{stage}{method}", plan.throttle_of(api_id, stage, method))
        return key

    def usage(self, plan: Members, key_id: str, start: date, end: date) -> list[list[int]]:
        """Used and left, for each day from `start` to `end`."""
        quota = plan.get("quota")
        days = self._meter(plan, key_id).days
        told, left, period = [], NO_QUOTA, ""
        for day in _days(min([start, *days]), end):
            if quota and _period(day, quota["period"]) != period:
                period, left = _period(day, quota["period"]), quota["limit"] - (quota.get("offset") or 0)
            used, left = days.get(day, (0, left))
            if day >= start:
                told.append([used, left])
        return told

    def extend(self, plan: Members, key_id: str, left: int) -> None:
        """Give a key `left` requests for the rest of the current period (UpdateUsage)."""
        meter, today = self._current(plan, key_id), self._clock.utc().date()
        meter.used = plan["quota"]["limit"] - left
        meter.days[today] = (meter.days.get(today, (0, 0))[0], left)

    def _count(self, plan: Members, key_id: str, place: str, throttle: Members) -> None:
        """`throttle` is that of the method at a place."""
        meter, quota = self._current(plan, key_id), plan.get("quota")
        self._throttle(meter, place, throttle)
        self._throttle(meter, "", plan.get("throttle") or {})
        if quota and meter.used >= quota["limit"]:
            raise KeyRefused(429, "Limit Exceeded", "QUOTA_EXCEEDED")
        meter.used += 1
        today = self._clock.utc().date()
        left = quota["limit"] - meter.used if quota else NO_QUOTA
        meter.days[today] = (meter.days.get(today, (0, 0))[0] + 1, left)

    def _throttle(self, meter: Meter, place: str, throttle: Members) -> None:
        rate, burst = throttle.get("rateLimit"), throttle.get("burstLimit")
        if rate is None and burst is None:
            return
        limits = Limits(float(rate or 0.0), float(burst if burst is not None else max(rate or 0.0, 1.0)))
        now = self._clock.now()
        if not meter.buckets.setdefault(place, Bucket(limits.burst, now)).take(now, limits):
            raise KeyRefused(429, "Too Many Requests", "THROTTLED")

    def _current(self, plan: Members, key_id: str) -> Meter:
        """The meter, begun anew where a period has."""
        meter, quota = self._meter(plan, key_id), plan.get("quota")
        period = _period(self._clock.utc().date(), quota["period"]) if quota else ""
        if meter.period != period:
            meter.period, meter.used = period, (quota.get("offset") or 0) if quota else 0
        return meter

    def _meter(self, plan: Members, key_id: str) -> Meter:
        return self._meters.setdefault((plan["id"], key_id), Meter())


def _plan(account: Account, key_id: str, api_id: str, stage: str) -> UsagePlan | None:
    for plan in account.usage_plans.values():
        if key_id in plan.key_ids and plan.covers(api_id, stage):
            return plan
    return None


def _period(day: date, period: str) -> str:
    """A name for the day, the week (from Sunday) or the month that a quota counts in."""
    if period == "MONTH":
        return day.strftime("%Y-%m")
    if period == "WEEK":
        day -= timedelta(days=(day.weekday() + 1) % 7)
    return day.isoformat()


def _days(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += timedelta(days=1)
