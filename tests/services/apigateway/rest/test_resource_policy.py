"""Resource policies (AG `apigateway-resource-policies.html`, `apigateway-authorization-flow.html`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.engine.messages import Caller
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.harness import SIGNED
from tests.services.apigateway.rest.fakes import Api, Gateway, said

ALLOW_ALL = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def deployed(gateway: Gateway, *statements: dict[str, Any], **method: Any) -> Api:
    api = gateway.api(policy=policy(*statements))
    api.proxy("GET", "/pets", **method)
    return api.deploy()


async def test_allowed(gateway: Gateway) -> None:
    """`execute-api:/…` stands for the API's own ARN; `Principal` may be `*` or an object."""
    statement = ALLOW_ALL | {"Principal": {"AWS": "*"}, "Resource": ["execute-api:/prod/GET/pets"]}
    assert (await deployed(gateway, statement).send("GET", "/prod/pets")).status == 200


async def test_denied(gateway: Gateway) -> None:
    """By address: the guide's own example. The account is masked in the answer."""
    deny = ALLOW_ALL | {"Effect": "Deny", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    api = deployed(gateway, ALLOW_ALL, deny)
    response = await api.send("GET", "/prod/pets")
    arn = f"arn:aws:execute-api:us-east-1:********0000:{api.id}/prod/GET/pets"
    text = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn} with an explicit deny"
    assert said(response) == (403, {"Message": text})
    assert response.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert gateway.invoker.calls == []


@pytest.mark.parametrize(
    "statement",
    [
        ALLOW_ALL | {"Resource": "execute-api:/other/*"},
        ALLOW_ALL | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        ALLOW_ALL | {"Principal": {"AWS": "111111111111"}},
    ],
)
async def test_not_allowed(gateway: Gateway, statement: dict[str, Any]) -> None:
    """What nothing allows is refused, where nobody else decides."""
    assert (await deployed(gateway, statement).send("GET", "/prod/pets")).status == 403


async def test_signed_callers(gateway: Gateway) -> None:
    """With AWS_IAM it is enough that the policy does not deny: the caller's own rights may allow."""
    elsewhere = ALLOW_ALL | {"Resource": "execute-api:/other/*"}
    caller = Caller(Scope(), "AKID")
    api = deployed(gateway, elsewhere, authorizationType="AWS_IAM")
    assert (await api.send("GET", "/prod/pets", headers=SIGNED, caller=caller)).status == 200
    deny = ALLOW_ALL | {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    api = deployed(gateway, ALLOW_ALL, deny, authorizationType="AWS_IAM")
    assert (await api.send("GET", "/prod/pets", headers=SIGNED, caller=caller)).status == 403


async def test_a_change_counts_once_it_is_deployed(gateway: Gateway) -> None:
    api = deployed(gateway, ALLOW_ALL)
    document = policy(ALLOW_ALL | {"Effect": "Deny"})
    api.call("UpdateRestApi", patchOperations=[{"op": "replace", "path": "/policy", "value": document}])
    assert (await api.send("GET", "/prod/pets")).status == 200
    api.deploy()
    assert (await api.send("GET", "/prod/pets")).status == 403
    api.call("UpdateRestApi", patchOperations=[{"op": "replace", "path": "/policy", "value": ""}])
    api.deploy()
    assert (await api.send("GET", "/prod/pets")).status == 200


def test_shown_escaped(gateway: Gateway) -> None:
    """As AWS does: what is between the quotes of a JSON string. Terraform reads it so."""
    api = deployed(gateway, ALLOW_ALL)
    assert json.loads(f'"{api.call("GetRestApi")["policy"]}"') == policy(ALLOW_ALL)


def test_import_and_export(gateway: Gateway) -> None:
    api = deployed(gateway, ALLOW_ALL)
    parameters = {"extensions": "apigateway"}
    body = api.call("GetExport", stageName="prod", exportType="oas30", parameters=parameters)["body"]
    assert json.loads(body)["x-amazon-apigateway-policy"]["Statement"] == [ALLOW_ALL]
    again = gateway.call("ImportRestApi", body=body)
    assert json.loads(json.loads(f'"{again["policy"]}"'))["Statement"] == [ALLOW_ALL]


@pytest.mark.parametrize(
    "document",
    [
        "no json",
        "[]",
        policy({"Effect": "Allow"}),
        policy({key: value for key, value in ALLOW_ALL.items() if key != "Principal"}),
        policy(ALLOW_ALL | {"Effect": "Perhaps"}),
        policy(ALLOW_ALL | {"Condition": {"Sometimes": {"a": "b"}}}),
    ],
)
def test_what_is_no_policy(gateway: Gateway, document: str) -> None:
    with pytest.raises(BadRequestException, match="Invalid policy document"):
        gateway.api(policy=document)
