"""`credentials` of integrations with services of AWS: the role that API Gateway assumes to call them.

A role that is not there, or does not trust API Gateway, ends the request with 500. What the role's policies do not
allow the service itself refuses: that is an answer like others, which integration responses map.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html; texts: what users paste of their
execution logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.interfaces import Roles
from cloudrig.engine.messages import Caller, Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.aws_services import AwsEndpoint
from cloudrig.services.apigateway.backends import BackendAnswer

PRINCIPAL = "apigateway.amazonaws.com"
_SESSION = "BackplaneAssumeRoleSession"
_OF_THE_CALLER = "arn:aws:iam::*:user/*"
"""In place of a role: the caller's own credentials, which are not looked at."""


class RoleNotAssumed(Exception):
    """API Gateway may not act as the role; the text is that of the execution log."""


async def refused(roles: Roles, role_arn: str | None, request: Request, service: str) -> Response | None:
    """The service's refusal of a request made as a role; None where it may be made, or there is no role.

    Raises RoleNotAssumed.
    """
    if not role_arn or role_arn == _OF_THE_CALLER:
        return None
    if not await roles.may_assume(role_arn, PRINCIPAL):
        raise RoleNotAssumed("API Gateway does not have permission to assume the provided role " + role_arn)
    request.caller = replace(request.caller, role_arn=role_arn, session=_SESSION)
    return await roles.denial(request, service)


async def refused_by(
    endpoint: AwsEndpoint,
    roles: Roles,
    role_arn: str | None,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
) -> BackendAnswer | None:
    """As `refused`, of a request that is about to go to a service's endpoint."""
    parts = urlsplit(url)
    caller = Caller(Scope(endpoint.account, endpoint.region))
    given = CIMultiDictProxy(CIMultiDict(headers))
    request = Request(method, parts.path, parts.query, given, body, caller=caller)
    answer = await refused(roles, role_arn, request, endpoint.service)
    return BackendAnswer(answer.status, answer.headers, answer.body, str(answer.status)) if answer else None
