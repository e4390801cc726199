"""Resource policies of REST APIs: who may call at all, before any authorizer is asked.

Without an authorizer, and with one of Cognito, the policy has to allow a request; with a Lambda authorizer or AWS_IAM
it is enough that it does not deny it. A changed policy counts once it is deployed.
Sources: AG `apigateway-resource-policies.html`, `apigateway-authorization-flow.html`.
"""

from __future__ import annotations

import json
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.policy import ACTION, Decision, InvalidPolicy, evaluate
from cloudrig.services.apigateway.policy_conditions import request_keys
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.authorization import method_arn
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.state import RestApi

_SHORT = "execute-api:/"
_INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


class PolicyGate:
    """The policy in front of one method."""

    def __init__(self, api: RestApi, authorization_type: str, clock: Clock) -> None:
        self._statements = [_expanded(statement, api) for statement in _statements(api.document["policy"])]
        self._must_allow = authorization_type in ("NONE", "COGNITO_USER_POOLS")
        self._clock = clock

    async def admit(self, call: Call) -> None:
        """Raises GatewayError (403)."""
        arn = method_arn(call)
        statements = [one for one in self._statements if _is_for(one.get("Principal"), call.request.caller)]
        decision = Decision.NOT_ALLOWED
        if statements:
            keys = request_keys(call.request, self._clock.utc())
            decision = evaluate({"Statement": statements}, arn, keys)
        if decision is Decision.DENIED or (decision is Decision.NOT_ALLOWED and self._must_allow):
            more = " with an explicit deny" if decision is Decision.DENIED else ""
            account = call.stage.account
            masked = arn.replace(f":{account}:", f":{'*' * 8}{account[-4:]}:", 1)
            who = call.request.caller.user_arn or "anonymous"
            text = f"User: {who} is not authorized to perform: {ACTION} on resource: {masked}{more}"
            raise GatewayError("ACCESS_DENIED", text, key="Message")


def checked_policy(text: str) -> str:
    """A policy document as it is kept. Raises BadRequestException."""
    try:
        for statement in _statements(text):
            if "Principal" not in statement:
                raise InvalidPolicy("a statement has no Principal")
            evaluate({"Statement": [statement]}, "arn:aws:execute-api:us-east-1:000000000000:a/b/GET/", {})
    except (ValueError, RecursionError):
        raise BadRequestException(_INVALID) from None
    return text


def shown_policy(document: Members) -> Members:
    """A RestApi as it is answered: its policy is escaped once more, as AWS does."""
    return document | {"policy": json.dumps(document["policy"])[1:-1]} if document.get("policy") else document


def _statements(text: str) -> list[dict[str, Any]]:
    """Raises ValueError."""
    policy = json.loads(text)
    found = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not all(isinstance(one, dict) for one in statements):
        raise InvalidPolicy("the policy has no Statement")
    return statements


def _expanded(statement: dict[str, Any], api: RestApi) -> dict[str, Any]:
    """`execute-api:/prod/GET/*` stands for the API's own ARN."""
    prefix = api.scope.arn("execute-api", f"{api.id}/")

    def expand(resource: str) -> str:
        return prefix + resource.removeprefix(_SHORT) if resource.startswith(_SHORT) else resource

    changed = dict(statement)
    for name in ("Resource", "NotResource"):
        given = statement.get(name)
        if given is not None:
            changed[name] = [expand(one) for one in ([given] if isinstance(given, str) else given)]
    return changed


def _is_for(principal: Any, caller: Caller) -> bool:
    """Whether a statement is about the caller: everybody, an account or a role; services and users are not known."""
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    own = {"*"}
    if caller.access_key:
        account = caller.scope.account
        own |= {account, f"arn:aws:iam::{account}:root", caller.role_arn or "*", caller.user_arn or "*"}
    return bool(own & set([named] if isinstance(named, str) else named or ()))
