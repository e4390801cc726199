"""Control plane of REST APIs: API keys, usage plans and which keys a plan has.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html, API_UsagePlan.html, API_UsagePlanKey.html
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Mapping
from datetime import date

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, boolean, converted, text
from cloudrig.services.apigateway.rest.state import Account, RestState, UsagePlan
from cloudrig.services.apigateway.usage import ApiKeys

_MIN_VALUE_LENGTH = 20
_MAX_VALUE_LENGTH = 128
_ALPHABET = string.ascii_letters + string.digits
_KEY_MEMBERS = ("name", "description", "customerId", "tags")
_PERIODS = ("DAY", "WEEK", "MONTH")
MAX_USAGE_DAYS = 90

StageCheck = Callable[[Scope, str, str], bool]
"""Whether an account has an API with a stage."""


class KeyControl:
    """Operations on ApiKey, UsagePlan, UsagePlanKey and Usage."""

    def __init__(self, state: RestState, clock: Clock, keys: ApiKeys, other_stages: StageCheck) -> None:
        self._state = state
        self._clock = clock
        self._keys = keys
        self._other_stages = other_stages
        self.operations: Mapping[str, Operation] = {
            "CreateApiKey": self.create_api_key,
            "GetApiKey": self.get_api_key,
            "GetApiKeys": self.get_api_keys,
            "UpdateApiKey": self.update_api_key,
            "DeleteApiKey": self.delete_api_key,
            "CreateUsagePlan": self.create_usage_plan,
            "GetUsagePlan": self.get_usage_plan,
            "GetUsagePlans": self.get_usage_plans,
            "UpdateUsagePlan": self.update_usage_plan,
            "DeleteUsagePlan": self.delete_usage_plan,
            "CreateUsagePlanKey": self.create_usage_plan_key,
            "GetUsagePlanKey": self.get_usage_plan_key,
            "GetUsagePlanKeys": self.get_usage_plan_keys,
            "DeleteUsagePlanKey": self.delete_usage_plan_key,
            "GetUsage": self.get_usage,
            "UpdateUsage": self.update_usage,
        }

    # keys

    def create_api_key(self, caller: Caller, members: Members) -> Members:
        """A key of 40 characters, or of the given value (at least 20). Disabled unless `enabled` says otherwise."""
        account = self._state.account(caller.scope)
        value = members.get("value") or "".join(secrets.choice(_ALPHABET) for _ in range(40))
        if len(value) < _MIN_VALUE_LENGTH:
            raise BadRequestException("API Key value should be at least 20 characters")
        if len(value) > _MAX_VALUE_LENGTH:
            raise BadRequestException(f"API Key value exceeds maximum size of {_MAX_VALUE_LENGTH} characters")
        if account.key_by_value(value) is not None:
            raise ConflictException("API Key already exists")
        created = self._clock.utc().replace(microsecond=0)
        given: Members = {name: value for name, value in members.items() if name in _KEY_MEMBERS}
        document: Members = {
            "id": names.api_id(),
            "value": value,
            "enabled": members.get("enabled", False),
            "createdDate": created,
            "lastUpdatedDate": created,
            "stageKeys": [],
            **given,
        }
        account.api_keys[str(document["id"])] = document
        return document

    def get_api_key(self, caller: Caller, members: Members) -> Members:
        document = {"tags": {}, **find_key(self._state.account(caller.scope), members["apiKey"])}
        return document if members.get("includeValue") else _without_value(document)

    def get_api_keys(self, caller: Caller, members: Members) -> Members:
        """The newest first."""
        keys = [
            key
            for key in reversed(self._state.account(caller.scope).api_keys.values())
            if _is_named(key, members) and members.get("customerId") in (None, key.get("customerId"))
        ]
        return page(keys if members.get("includeValues") else [_without_value(key) for key in keys], members)

    def update_api_key(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        document = _API_KEY.apply(find_key(account, members["apiKey"]), members.get("patchOperations"))
        document["lastUpdatedDate"] = self._clock.utc().replace(microsecond=0)
        account.api_keys[members["apiKey"]] = document
        return _without_value({"tags": {}, **document})

    def delete_api_key(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        find_key(account, members["apiKey"])
        del account.api_keys[members["apiKey"]]
        for plan in account.usage_plans.values():
            plan.key_ids = [key_id for key_id in plan.key_ids if key_id != members["apiKey"]]
        return {}

    # plans

    def create_usage_plan(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        document = {"id": names.api_id()[:6], "apiStages": [], **members}
        self._check_plan(account, document)
        account.usage_plans[document["id"]] = UsagePlan(document)
        return document

    def get_usage_plan(self, caller: Caller, members: Members) -> Members:
        return {"tags": {}, **find_plan(self._state.account(caller.scope), members["usagePlanId"]).document}

    def get_usage_plans(self, caller: Caller, members: Members) -> Members:
        wanted = members.get("keyId")
        plans = self._state.account(caller.scope).usage_plans.values()
        return page([plan.document for plan in plans if wanted is None or wanted in plan.key_ids], members)

    def update_usage_plan(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        plan = find_plan(account, members["usagePlanId"])
        document = _USAGE_PLAN.apply(plan.document, [*map(_escaped, members.get("patchOperations") or ())])
        self._check_plan(account, document)
        plan.document = document
        return {"tags": {}, **document}

    def delete_usage_plan(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        stages = find_plan(account, members["usagePlanId"]).document["apiStages"]
        if stages:
            raise BadRequestException(
                f"Cannot delete Usage Plan {members['usagePlanId']} because there are API Stages associated with it, "
                f"including {stages[0]['apiId']}:{stages[0]['stage']}"
            )
        del account.usage_plans[members["usagePlanId"]]
        return {}

    # keys of plans

    def create_usage_plan_key(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        plan = find_plan(account, members["usagePlanId"])
        key = find_key(account, members["keyId"])
        if members["keyType"] != "API_KEY":
            raise BadRequestException(f"Invalid key type: {members['keyType']}")  # unverified text
        if key["id"] in plan.key_ids:
            raise ConflictException("Usage Plan Key already exists")  # unverified text
        plan.key_ids.append(key["id"])
        return _plan_key(key)

    def get_usage_plan_key(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        _check_member(find_plan(account, members["usagePlanId"]), members["keyId"])
        return _plan_key(find_key(account, members["keyId"]))

    def get_usage_plan_keys(self, caller: Caller, members: Members) -> Members:
        """The newest first; none of a plan that is not there."""
        account = self._state.account(caller.scope)
        plan = account.usage_plans.get(members["usagePlanId"])
        keys = [account.api_keys[key_id] for key_id in reversed(plan.key_ids)] if plan is not None else []
        return page([_plan_key(key) for key in keys if _is_named(key, members)], members)

    def delete_usage_plan_key(self, caller: Caller, members: Members) -> Members:
        plan = find_plan(self._state.account(caller.scope), members["usagePlanId"])
        _check_member(plan, members["keyId"])
        plan.key_ids.remove(members["keyId"])
        return {}

    # usage

    def get_usage(self, caller: Caller, members: Members) -> Members:
        """Requests of each day, and what was left of the quota: by key `[[used, left], …]`.

        Raises NotFoundException, BadRequestException: no dates, or the first after the second.
        """
        account = self._state.account(caller.scope)
        plan = find_plan(account, members["usagePlanId"])
        start, end = _date(members["startDate"]), _date(members["endDate"])
        if end < start or (end - start).days >= MAX_USAGE_DAYS:
            raise BadRequestException("Usage Plan: the end date must be at most 90 days after the start date")
        wanted = members.get("keyId")
        ids = [key_id for key_id in plan.key_ids if wanted in (None, key_id)]
        shown = page([{"id": key_id} for key_id in ids], members)
        items = {key["id"]: self._keys.usage(plan.document, key["id"], start, end) for key in shown["items"]}
        dates = {"startDate": members["startDate"], "endDate": members["endDate"]}
        return {**shown, "usagePlanId": members["usagePlanId"], **dates, "items": items}

    def update_usage(self, caller: Caller, members: Members) -> Members:
        """Give a key more, or fewer, requests for the rest of the current period: `replace /remaining`."""
        plan = find_plan(self._state.account(caller.scope), members["usagePlanId"])
        _check_member(plan, members["keyId"])
        if not plan.document.get("quota"):
            raise BadRequestException("Usage Plan has no quota")  # unverified text
        changed = _USAGE.apply({}, members.get("patchOperations"))
        if "remaining" in changed:
            self._keys.extend(plan.document, members["keyId"], changed["remaining"])
        today = self._clock.utc().date()
        items = {members["keyId"]: self._keys.usage(plan.document, members["keyId"], today, today)}
        dates = {"startDate": today.isoformat(), "endDate": today.isoformat()}
        return {"usagePlanId": members["usagePlanId"], **dates, "items": items}

    def _check_plan(self, account: Account, document: Members) -> None:
        """Its stages must exist and its quota be whole. Texts are unverified."""
        for entry in document.get("apiStages") or ():
            if not entry.get("apiId") or not entry.get("stage"):
                # so AWS has it (aws/aws-sdk#354)
                raise BadRequestException("Invalid API Stage {api: %s, stage: %s} specified for usageplan %s")
            api = account.apis.get(entry["apiId"])
            known = entry["stage"] in api.stages if api is not None else False
            if not known and not self._other_stages(account.scope, entry["apiId"], entry["stage"]):
                raise NotFoundException("API Stage not found: {apiId}:{stage}".format(**entry))
        quota = document.get("quota")
        if quota and (quota.get("limit") is None or quota.get("period") not in _PERIODS):
            raise BadRequestException("Usage Plan quota needs a limit and a period of DAY, WEEK or MONTH")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequestException(f"Invalid date, must be YYYY-MM-DD: {text}") from None  # unverified text


def find_key(account: Account, key_id: str) -> Members:
    """Raises NotFoundException."""
    if key_id not in account.api_keys:
        raise NotFoundException("Invalid API Key identifier specified")
    return account.api_keys[key_id]


def find_plan(account: Account, plan_id: str) -> UsagePlan:
    """Raises NotFoundException."""
    if plan_id not in account.usage_plans:
        raise NotFoundException("Invalid Usage Plan ID specified")
    return account.usage_plans[plan_id]


def _check_member(plan: UsagePlan, key_id: str) -> None:
    if key_id not in plan.key_ids:
        raise NotFoundException("Invalid API Key identifier specified")


def _without_value(key: Members) -> Members:
    return {name: value for name, value in key.items() if name != "value"}


def _is_named(key: Members, members: Members) -> bool:
    return str(key.get("name") or "").startswith(members.get("nameQuery") or "")


def _plan_key(key: Members) -> Members:
    return {"id": key["id"], "type": "API_KEY", "value": key["value"], "name": key.get("name")}


# --- patches --------------------------------------------------------------------------------------------------------


def _api_stage(document: Members, patch: Patch) -> None:
    """`/apiStages` takes `apiId:stage` as its value."""
    if not patch.value:
        raise BadRequestException("Invalid API Stage specified")
    api_id, _, stage = (patch.value or "").partition(":")
    stages = [other for other in document["apiStages"] if (other["apiId"], other["stage"]) != (api_id, stage)]
    document["apiStages"] = stages + ([{"apiId": api_id, "stage": stage}] if patch.op == "add" else [])


def _escaped(operation: Members) -> Members:
    """Terraform leaves the slashes of a method's path as they are: `…/throttle//items/GET/rateLimit`."""
    found = _METHOD_PATH.fullmatch(operation.get("path") or "")
    if found is None:
        return operation
    before, path, method, after = found.groups()
    return {**operation, "path": f"{before}{path.replace('/', '~1')}/{method}{after or ''}"}


def _method_setting(name: str, convert: type[int] | type[float]) -> Rule:
    """`/apiStages/{apiId:stage}/throttle/{path}/{method}/rateLimit`."""

    def apply(document: Members, patch: Patch) -> None:
        entry, method = _stage_of(document, patch), f"{patch.keys[1]}/{patch.keys[2]}"
        try:
            limits = {**entry.get("throttle", {}).get(method, {}), name: convert(patch.value or "")}
        except ValueError:
            raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None
        entry["throttle"] = {**entry.get("throttle", {}), method: limits}

    return Rule(apply, ("add", "replace"))


def _no_method_throttle(document: Members, patch: Patch) -> None:
    """Of one method, or of all that a stage has."""
    entry = _stage_of(document, patch)
    gone = "/".join(patch.keys[1:])
    entry["throttle"] = {name: limits for name, limits in entry.get("throttle", {}).items() if gone not in ("", name)}


def _stage_of(document: Members, patch: Patch) -> Members:
    api_id, _, stage = patch.key.partition(":")
    for entry in document["apiStages"]:
        if (entry["apiId"], entry["stage"]) == (api_id, stage):
            found: Members = entry
            return found
    raise NotFoundException(f"API Stage not found: {patch.key}")


def _settings(member: str) -> Rule:
    """`/throttle` or `/quota` as a whole: only to be removed."""

    def apply(document: Members, patch: Patch) -> None:
        if patch.op == "remove":
            document.pop(member, None)

    return Rule(apply, ("remove", "add", "replace"))


def _setting(member: str, name: str, convert: type[int] | type[float] | type[str]) -> Rule:
    def apply(document: Members, patch: Patch) -> None:
        try:
            document[member] = {**(document.get(member) or {}), name: convert(patch.value or "")}
        except ValueError:
            raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None

    return Rule(apply, ("replace", "add"))


_METHOD_PATH = re.compile(r"(/apiStages/[^/]+/throttle/)(.+)/([A-Z]+)(/rateLimit|/burstLimit)?")

_USAGE = PatchTable({"/remaining": converted("remaining", int, clearable=False)})

_API_KEY = PatchTable(
    {
        "/name": text("name"),
        "/description": text("description"),
        "/customerId": text("customerId"),
        "/enabled": boolean("enabled"),
    }
)

_METHOD = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>"

_USAGE_PLAN = PatchTable(
    {
        "/name": text("name"),
        "/description": text("description"),
        "/apiStages": Rule(_api_stage, ("add", "remove")),
        "/quota": _settings("quota"),
        "/throttle": _settings("throttle"),
        "/productCode": text("productCode", ops=("replace", "add", "remove")),
        _METHOD: Rule(_no_method_throttle, ("remove",)),
        "/apiStages/<apidId:stageName>/throttle": Rule(_no_method_throttle, ("remove",)),
        f"{_METHOD}/rateLimit": _method_setting("rateLimit", float),
        f"{_METHOD}/burstLimit": _method_setting("burstLimit", int),
        "/throttle/rateLimit": _setting("throttle", "rateLimit", float),
        "/throttle/burstLimit": _setting("throttle", "burstLimit", int),
        "/quota/limit": _setting("quota", "limit", int),
        "/quota/offset": _setting("quota", "offset", int),
        "/quota/period": _setting("quota", "period", str),
    },
    listing=True,
)
