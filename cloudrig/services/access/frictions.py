"""What deployments run into on AWS and emulators forgive: quotas of control planes, permissions that take time.

- API Gateway: `CreateRestApi` once in 3 s, `CreateDeployment` once in 5 s, `DeleteRestApi` once in 30 s; 10 requests a
  second in all, 40 at once. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
- A role made a moment ago cannot be assumed yet; a policy written a moment ago does not let Lambda read the stream yet.
- A new bucket blocks public policies. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import parse_qs

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Request, Response
from cloudrig.services.access.actions import json_members
from cloudrig.services.access.policy import Decision, decide
from cloudrig.services.access.refusals import answer
from cloudrig.services.access.roles import RolePolicies

SPREADING_S = 3.0  # unverified: AWS says "seconds"; up to ten are seen
APIGATEWAY_RATE, APIGATEWAY_BURST = 10.0, 40.0
_INTERVALS_S = {"CreateRestApi": 3.0, "CreateDeployment": 5.0, "DeleteRestApi": 30.0}
_REST_API = re.compile(r"/restapis(/.*)?")
_STREAM_ACTIONS = ("GetRecords", "GetShardIterator", "DescribeStream")


class Frictions:
    """Remembers what was asked for and when; `refuse` sees every request that may otherwise pass."""

    def __init__(self, clock: Clock, roles: RolePolicies) -> None:
        self._clock = clock
        self._roles = roles
        self._last: dict[str, float] = {}
        self._tokens, self._filled_at = APIGATEWAY_BURST, clock.passed()
        self._role_made: dict[str, float] = {}
        self._policy_written: dict[str, float] = {}
        self._role_of: dict[str, str] = {}
        self._closed_buckets: set[str] = set()

    async def refuse(self, request: Request, service: str, operation: str | None) -> Response | None:
        match service:
            case "apigateway":
                return self._throttle(request, operation or "")
            case "iam":
                self._remember_iam(request)
            case "lambda":
                return await self._lambda(request, operation or "")
            case "s3":
                return self._s3(request)
        return None

    def passed_on(self, request: Request, service: str) -> None:
        """The upstream has been asked: what IAM says from now on is not what it said before."""
        if service == "iam" and not _form_field(request, "Action").startswith(("Get", "List")):
            self._roles.forget()

    # --- API Gateway -------------------------------------------------------------------------------------------------

    def _throttle(self, request: Request, operation: str) -> Response | None:
        now = self._clock.passed()
        self._tokens = min(APIGATEWAY_BURST, self._tokens + (now - self._filled_at) * APIGATEWAY_RATE)
        self._filled_at = now
        interval_s = _INTERVALS_S.get(operation, 0.0) if _REST_API.fullmatch(request.path) else 0.0
        if self._tokens < 1 or now - self._last.get(operation, -math.inf) < interval_s:
            return answer("TooManyRequestsException", 429, "Too Many Requests", "rest-json")
        self._tokens -= 1
        self._last[operation] = now
        return None

    # --- roles -------------------------------------------------------------------------------------------------------

    def _remember_iam(self, request: Request) -> None:
        action, role = _form_field(request, "Action"), _form_field(request, "RoleName")
        if action == "CreateRole":
            self._role_made[role] = self._clock.passed()
        elif action in ("PutRolePolicy", "AttachRolePolicy"):
            self._policy_written[role] = self._clock.passed()

    async def _lambda(self, request: Request, operation: str) -> Response | None:
        if operation not in ("CreateFunction", "UpdateFunctionConfiguration", "CreateEventSourceMapping"):
            return None
        members = json_members(request)
        if members is None:  # Lambda says what is wrong with it
            return None
        if operation == "CreateEventSourceMapping":
            return await self._mapping(members)
        role_arn = str(members.get("Role", ""))
        if self._is_new(self._role_made, role_arn):
            return _invalid("The role defined for the function cannot be assumed by Lambda.")
        if "FunctionName" in members:
            self._role_of[str(members["FunctionName"])] = role_arn
        return None

    async def _mapping(self, members: dict[str, Any]) -> Response | None:
        """Lambda reads the stream under the function's role, and looks at once whether it may."""
        stream_arn = str(members.get("EventSourceArn", ""))
        role_arn = self._role_of.get(str(members.get("FunctionName", "")).rpartition(":")[2])
        if role_arn is None or ":dynamodb:" not in stream_arn:
            return None
        policies = await self._roles.of(role_arn)
        allowed = all(
            decide(policies, f"dynamodb:{action}", stream_arn) is Decision.ALLOWED for action in _STREAM_ACTIONS
        )
        if allowed and not self._is_new(self._policy_written, role_arn):
            return None
        return _invalid(
            f"Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, GetShardIterator,"
            " DescribeStream, and ListStreams Actions on your stream in IAM."
        )

    def _is_new(self, times: dict[str, float], role_arn: str) -> bool:
        return self._clock.passed() - times.get(role_arn.rpartition("/")[2], -math.inf) < SPREADING_S

    # --- buckets -----------------------------------------------------------------------------------------------------

    def _s3(self, request: Request) -> Response | None:
        bucket, _, key = request.path.lstrip("/").partition("/")
        settings = parse_qs(request.query, keep_blank_values=True)
        if key or request.method not in ("PUT", "DELETE"):
            return None
        if "publicAccessBlock" in settings:
            self._closed_buckets.discard(bucket)
        elif request.method == "PUT" and not settings:
            self._closed_buckets.add(bucket)
        elif request.method == "PUT" and "policy" in settings and bucket in self._closed_buckets:
            return answer("AccessDenied", 403, "Access Denied: public policies are blocked", "rest-xml")
        return None


def _invalid(message: str) -> Response:
    return answer("InvalidParameterValueException", 400, message, "rest-json")


def _form_field(request: Request, name: str) -> str:
    return parse_qs(request.body.decode("latin-1")).get(name, [""])[0]
