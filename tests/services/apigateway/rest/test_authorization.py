"""Authorization at work: AG `apigateway-use-lambda-authorizer.html`; statuses and bodies of section 9.3."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.messages import Caller
from cloudrig.engine.names import Scope
from tests.services.apigateway.harness import SIGNED
from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri, said

AUTHORIZER = "arn:aws:lambda:us-east-1:000000000000:function:authorizer"
MESSAGE = "User is not authorized to access this resource"


def allow(effect: str = "Allow", resource: str = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


@pytest.fixture
def gateway() -> Gateway:
    gateway = Gateway()
    gateway.invoker.outputs[AUTHORIZER] = allow()
    return gateway


def guarded(gateway: Gateway, **authorizer: Any) -> Api:
    """An API whose `GET /pets/{id}` has an authorizer, deployed."""
    api = gateway.api()
    members = {"name": "a", "type": "TOKEN", "authorizerUri": invocation_uri(AUTHORIZER), **authorizer}
    created = api.call("CreateAuthorizer", **members)
    api.proxy("GET", "/pets/{id}", authorizationType="CUSTOM", authorizerId=created["id"])
    return api.deploy()


def asked(gateway: Gateway) -> list[dict[str, Any]]:
    """The events that the authorizer was called with."""
    return [call["event"] for call in gateway.invoker.calls if call["function"] == AUTHORIZER]


async def test_token_authorizer_gets_the_token_and_the_methods_arn(gateway: Gateway) -> None:
    api = guarded(gateway)
    response = await api.send("GET", "/prod/pets/7", headers={"authorization": "Bearer t"})
    assert response.status == 200
    assert asked(gateway) == [
        {
            "type": "TOKEN",
            "methodArn": f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/prod/GET/pets/7",
            "authorizationToken": "Bearer t",
        }
    ]
    call = gateway.invoker.calls[0]
    assert call["principal"] == "apigateway.amazonaws.com"
    assert call["source_arn"].startswith(f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/authorizers/")


async def test_request_authorizer_gets_the_request(gateway: Gateway) -> None:
    """Empty collections are empty objects, where a proxy's event has null."""
    source = "method.request.querystring.key"
    api = guarded(gateway, type="REQUEST", identitySource=source)
    await api.send("GET", "/prod/pets/7", query="key=1", headers={"X-A": "b"})
    [event] = asked(gateway)
    assert (event["type"], event["resource"], event["path"]) == ("REQUEST", "/pets/{id}", "/pets/7")
    assert (event["queryStringParameters"], event["pathParameters"]) == ({"key": "1"}, {"id": "7"})
    assert (event["headers"]["X-A"], event["stageVariables"]) == ("b", {})
    assert event["requestContext"]["resourcePath"] == "/pets/{id}"


async def test_context_reaches_the_event_as_text(gateway: Gateway) -> None:
    """AG `api-gateway-lambda-authorizer-output.html`: numbers and booleans become text."""
    gateway.invoker.outputs[AUTHORIZER] = allow(context={"text": "t", "number": 1, "flag": True})
    await guarded(gateway).send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    authorizer = gateway.invoker.event["requestContext"]["authorizer"]
    assert isinstance(authorizer.pop("integrationLatency"), int)
    assert authorizer == {"principalId": "ann", "text": "t", "number": "1", "flag": "true"}


@pytest.mark.parametrize(
    ("authorizer", "request_"),
    [
        ({}, {}),
        ({"identityValidationExpression": "Bearer .+"}, {"headers": {"Authorization": "Basic x"}}),
        ({"type": "REQUEST", "identitySource": "method.request.header.A,stageVariables.b"}, {"headers": {"A": "1"}}),
    ],
)
async def test_missing_identity_is_unauthorized_without_a_call(
    gateway: Gateway, authorizer: dict[str, Any], request_: dict[str, Any]
) -> None:
    """401 `Unauthorized`; the function is not asked."""
    response = await guarded(gateway, **authorizer).send("GET", "/prod/pets/7", **request_)
    assert said(response) == (401, {"message": "Unauthorized"})
    assert response.headers["x-amzn-ErrorType"] == "UnauthorizedException"
    assert gateway.invoker.calls == []


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (allow("Deny"), f"{MESSAGE} with an explicit deny"),
        (allow("Allow", "arn:aws:execute-api:*:*:*/other/*"), MESSAGE),
    ],
)
async def test_denied_is_403_with_a_capital_message(gateway: Gateway, output: Any, message: str) -> None:
    """Section 9.3: the key is `Message`."""
    gateway.invoker.outputs[AUTHORIZER] = output
    response = await guarded(gateway).send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    assert said(response) == (403, {"Message": message})
    assert response.headers["x-amzn-ErrorType"] == "AccessDeniedException"


@pytest.mark.parametrize(
    "output",
    [
        "yes",
        {"statusCode": 401},
        {"principalId": "ann"},
        {"policyDocument": allow()["policyDocument"]},
        allow(context={"nested": {"a": 1}}),
        allow(context="text"),
        b"no json",
    ],
)
async def test_invalid_output_is_a_500_without_a_message(gateway: Gateway, output: Any) -> None:
    """Section 9.3: `null`, AuthorizerConfigurationException."""
    gateway.invoker.outputs[AUTHORIZER] = output
    response = await guarded(gateway).send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    assert said(response) == (500, {"message": None})
    assert response.headers["x-amzn-ErrorType"] == "AuthorizerConfigurationException"


@pytest.mark.parametrize(("error", "status"), [("Unauthorized", 401), ("Oops", 500)])
async def test_function_error(gateway: Gateway, error: str, status: int) -> None:
    """Only the error text `Unauthorized` is the client's fault."""
    gateway.invoker.outputs[AUTHORIZER] = {"errorMessage": error}
    gateway.invoker.function_error = "Unhandled"
    response = await guarded(gateway).send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    assert response.status == status


async def test_authorizer_that_may_not_be_invoked_is_a_500(gateway: Gateway) -> None:
    gateway.invoker.raises = AccessDenied("no")
    response = await guarded(gateway).send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    assert response.status == 500


async def test_results_are_cached_by_identity_until_their_time(gateway: Gateway) -> None:
    """The policy is kept for the TTL and applied to each method anew."""
    api = guarded(gateway, authorizerResultTtlInSeconds=60)
    for token in ("a", "a", "b"):
        await api.send("GET", "/prod/pets/7", headers={"Authorization": token})
    assert [event["authorizationToken"] for event in asked(gateway)] == ["a", "b"]
    gateway.clock.advance(61)
    await api.send("GET", "/prod/pets/7", headers={"Authorization": "a"})
    assert len(asked(gateway)) == 3


async def test_cache_can_be_flushed(gateway: Gateway) -> None:
    api = guarded(gateway)
    for _ in range(2):
        await api.send("GET", "/prod/pets/7", headers={"Authorization": "t"})
        api.call("FlushStageAuthorizersCache", stageName="prod")
    assert len(asked(gateway)) == 2


async def test_cached_policy_of_one_method_denies_another(gateway: Gateway) -> None:
    """The trap of narrow policies with a cache, as on AWS."""
    gateway.invoker.outputs[AUTHORIZER] = lambda event: allow(resource=event["methodArn"])
    api = guarded(gateway)
    headers = {"Authorization": "t"}
    assert (await api.send("GET", "/prod/pets/7", headers=headers)).status == 200
    assert (await api.send("GET", "/prod/pets/8", headers=headers)).status == 403


async def test_no_ttl_no_cache(gateway: Gateway) -> None:
    api = guarded(gateway, authorizerResultTtlInSeconds=0)
    for _ in range(2):
        await api.send("GET", "/prod/pets/7", headers={"Authorization": "t"})
    assert len(asked(gateway)) == 2


async def test_refusal_bears_customised_headers(gateway: Gateway) -> None:
    """Section 9.5: CORS headers of a 401 come from the gateway response."""
    api = guarded(gateway)
    parameters = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    api.call("PutGatewayResponse", responseType="UNAUTHORIZED", responseParameters=parameters)
    response = await api.deploy().send("GET", "/prod/pets/7")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_iam_wants_a_signed_request(gateway: Gateway) -> None:
    """Unsigned: 403 Missing Authentication Token; signed: the caller is in the event; for another service: 403."""
    api = gateway.api()
    api.proxy("GET", "/", authorizationType="AWS_IAM")
    api.deploy()
    response = await api.send("GET", "/prod/")
    assert said(response) == (403, {"message": "Missing Authentication Token"})
    caller = Caller(Scope("111111111111", "us-east-1"), "ASIAEXAMPLE", "arn:aws:iam::111111111111:role/r", "f")
    assert (await api.send("GET", "/prod/", caller=caller, headers=SIGNED)).status == 200
    identity = gateway.invoker.event["requestContext"]["identity"]
    assert (identity["accountId"], identity["accessKey"]) == ("111111111111", "ASIAEXAMPLE")
    assert identity["userArn"] == "arn:aws:sts::111111111111:assumed-role/r/f"
    wrong = {"Authorization": SIGNED["Authorization"].replace("execute-api", "s3")}
    response = await api.send("GET", "/prod/", caller=caller, headers=wrong)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


async def test_iam_verifies_what_it_issued(gateway: Gateway) -> None:
    """A key that the rig issued needs a true signature: 403 InvalidSignatureException."""
    issued = gateway.credentials.issue("arn:aws:iam::000000000000:role/r")
    api = gateway.api()
    api.proxy("GET", "/", authorizationType="AWS_IAM")
    api.deploy()
    headers = {"Authorization": SIGNED["Authorization"].replace("AKID", issued.access_key_id)}
    headers["X-Amz-Security-Token"] = issued.session_token
    response = await api.send("GET", "/prod/", headers=headers)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")
    assert said(response)[1]["message"].startswith("The request signature we calculated does not match")
    del headers["X-Amz-Security-Token"]
    assert (await api.send("GET", "/prod/", headers=headers)).status == 403


@pytest.mark.parametrize(("network", "status"), [("203.0.113.0/24", 200), ("198.51.100.0/24", 403)])
async def test_conditions_of_the_policy(gateway: Gateway, network: str, status: int) -> None:
    """A Condition is evaluated for every request, cached policies included."""
    output = allow()
    output["policyDocument"]["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": network}}
    gateway.invoker.outputs[AUTHORIZER] = output
    api = guarded(gateway)
    for _ in range(2):
        assert (await api.send("GET", "/prod/pets/7", headers={"Authorization": "t"})).status == status
    assert len(asked(gateway)) == 1
