"""Functions that are the upstream's, where the engine keeps no Lambda: invoked by its API."""

from __future__ import annotations

import json
import logging
from time import monotonic
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Invocation, Upstream
from cloudrig.engine.messages import Caller, Request, Response
from cloudrig.services.lambda_.errors import ResourceNotFound, ServiceException, TooManyRequests
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function_arn
from cloudrig.services.lambda_.policy import Policy, check_allowed

log = logging.getLogger(__name__)

POLICY_KEPT_S = 5.0
"""A permission that is taken away counts so much later; one that is given, at once. Unverified: AWS's own delay."""
_ERRORS = {error.code: error for error in (ResourceNotFound, TooManyRequests)}


class UpstreamFunctions:
    """Implements `interfaces.Invoker`. A function's policy is checked here, as far as the upstream tells it."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._policies: dict[FunctionRef, tuple[float, Policy]] = {}

    async def invoke(
        self, function_arn: str, payload: bytes, *, principal: str | None = None, source_arn: str | None = None
    ) -> Invocation:
        """Run an event; see `interfaces.Invoker`. Raises UpstreamUnavailable too."""
        await self.check(function_arn, principal=principal, source_arn=source_arn)
        ref = parse_function_arn(function_arn)
        answer = await self._upstream.forward(_invocation(self._upstream.url, ref, payload))
        if answer.status != 200:
            raise _error(answer)
        headers = answer.headers
        return Invocation(
            answer.body, headers.get("X-Amz-Function-Error"), headers.get("X-Amz-Executed-Version", LATEST)
        )

    async def check(self, function_arn: str, *, principal: str | None, source_arn: str | None) -> None:
        """Whether a service may invoke a function; see `interfaces.Invoker`. Raises UpstreamUnavailable too."""
        if principal is not None:
            await self._check_permission(parse_function_arn(function_arn), principal, source_arn)

    async def _check_permission(self, ref: FunctionRef, principal: str, source_arn: str | None) -> None:
        read_at, policy = self._policies.get(ref, (0.0, None))
        if policy is not None and monotonic() - read_at < POLICY_KEPT_S and policy.allows(principal, source_arn):
            return
        policy = await self._read_policy(ref)
        if policy is not None:
            check_allowed(policy, ref.arn, principal, source_arn)
            self._policies[ref] = monotonic(), policy

    async def _read_policy(self, ref: FunctionRef) -> Policy | None:
        """None where the upstream does not tell policies."""
        qualifier = {"Qualifier": ref.qualifier} if ref.qualifier else {}
        try:
            answer = await self._upstream.call("lambda", "get_policy", ref.scope, FunctionName=ref.name, **qualifier)
        except ClientError as error:
            if error.response["Error"]["Code"] == ResourceNotFound.code:  # the policy, or the function
                return Policy()
            log.warning("the upstream does not tell the policy of %s, so it is not checked: %s", ref.arn, error)
            return None
        except BotoCoreError as error:
            raise UpstreamUnavailable(str(error)) from error
        return Policy.of_document(answer["Policy"])


def _invocation(url: str, ref: FunctionRef, payload: bytes) -> Request:
    """The request of `Invoke`, signed by the function's account. An access key of 12 digits names that.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    path = f"/2015-03-31/functions/{quote(ref.name, safe='')}/invocations"
    query = urlencode({"Qualifier": ref.qualifier}) if ref.qualifier else ""
    request = AWSRequest("POST", f"{url}{path}?{query}", {"Content-Type": "application/json"}, payload)
    SigV4Auth(Credentials(ref.scope.account, "cloudrig"), "lambda", ref.scope.region).add_auth(request)
    headers = CIMultiDictProxy(CIMultiDict(request.headers.items()))
    return Request("POST", path, query, headers, payload, caller=Caller(ref.scope, ref.scope.account))


def _error(answer: Response) -> ResourceNotFound | TooManyRequests | ServiceException:
    code = answer.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    return _ERRORS.get(code, ServiceException)(f"{answer.status} {code}: {_said(answer.body)}")


def _said(body: bytes) -> str:
    try:
        told = json.loads(body)
        return str(told.get("Message") or told.get("message") or told)
    except (ValueError, AttributeError):
        return body.decode(errors="replace")[:500]
