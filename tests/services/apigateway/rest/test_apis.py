"""The data plane of REST APIs: routing, answers of the gateway itself, stages. Sections: docs/aws-behaviour.md."""

from __future__ import annotations

import pytest

from cloudrig.engine.events import Event
from tests.services.apigateway.rest.fakes import ADDRESSES, Gateway, said


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def test_unknown_stage_is_forbidden(gateway: Gateway) -> None:
    """Section 2: a stage or API that is not there answers 403 Forbidden."""
    api = gateway.api()
    api.proxy("GET", "/")
    response = await api.deploy().send("GET", "/other/")
    assert said(response) == (403, {"message": "Forbidden"})
    assert response.headers["x-amzn-ErrorType"] == "ForbiddenException"


@pytest.mark.parametrize(("method", "path"), [("GET", "/prod/elsewhere"), ("POST", "/prod/here"), ("GET", "/prod")])
async def test_unknown_path_or_method_is_missing_authentication_token(gateway: Gateway, method: str, path: str) -> None:
    """Section 9.3: AWS says so of every path and method that is not there."""
    api = gateway.api()
    api.proxy("GET", "/here")
    response = await api.deploy().send(method, path)
    assert said(response) == (403, {"message": "Missing Authentication Token"})
    assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_payload_over_10_mb_is_too_large(gateway: Gateway) -> None:
    """Section 9.3: 413 Request Too Long."""
    api = gateway.api()
    api.proxy("POST", "/")
    response = await api.deploy().send("POST", "/prod/", body=b"x" * (10 * 1024 * 1024 + 1))
    assert said(response) == (413, {"message": "Request Too Long"})


async def test_every_answer_bears_the_gateways_ids(gateway: Gateway) -> None:
    """Section 9.2: `x-amzn-RequestId` and `x-amz-apigw-id`, equal to what the event had."""
    api = gateway.api()
    api.proxy("GET", "/")
    response = await api.deploy().send("GET", "/prod/")
    context = gateway.invoker.event["requestContext"]
    assert response.headers["x-amzn-RequestId"] == context["requestId"]
    assert response.headers["x-amz-apigw-id"] == context["extendedRequestId"]
    assert "x-amzn-RequestId" in (await api.send("GET", "/nowhere/")).headers


async def test_changes_are_live_only_once_deployed(gateway: Gateway) -> None:
    """A deployment is a snapshot; the stage serves the one it points at."""
    api = gateway.api()
    api.proxy("GET", "/old")
    api.deploy()
    api.proxy("GET", "/new")
    assert (await api.send("GET", "/prod/new")).status == 403
    api.deploy()
    assert (await api.send("GET", "/prod/new")).status == 200


async def test_moving_a_stage_back_restores_the_older_deployment(gateway: Gateway) -> None:
    """UpdateStage of `/deploymentId` rolls back at once."""
    api = gateway.api()
    api.proxy("GET", "/old")
    first = api.call("CreateDeployment", stageName="prod")["id"]
    api.proxy("GET", "/new")
    api.deploy()
    patch = {"op": "replace", "path": "/deploymentId", "value": first}
    api.call("UpdateStage", stageName="prod", patchOperations=[patch])
    assert (await api.send("GET", "/prod/new")).status == 403
    assert (await api.send("GET", "/prod/old")).status == 200


async def test_disabled_execute_api_endpoint_refuses(gateway: Gateway) -> None:
    """`disableExecuteApiEndpoint` takes effect with the next deployment."""
    api = gateway.api()
    api.proxy("GET", "/")
    api.deploy()
    patch = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}
    api.call("UpdateRestApi", patchOperations=[patch])
    assert (await api.send("GET", "/prod/")).status == 200
    assert (await api.deploy().send("GET", "/prod/")).status == 403


async def test_deleted_api_is_gone(gateway: Gateway) -> None:
    """The data plane forgets an API with its deletion."""
    api = gateway.api()
    api.proxy("GET", "/")
    api.deploy()
    assert gateway.apis.has(api.id)
    api.call("DeleteRestApi")
    assert not gateway.apis.has(api.id)
    assert (await api.send("GET", "/prod/")).status == 403


async def test_a_request_is_one_event(gateway: Gateway) -> None:
    """Each hop emits one event, for whoever listens."""
    api = gateway.api()
    api.proxy("GET", "/{id}")
    api.deploy()
    heard: list[Event] = []
    with gateway.events.subscribe(heard.append):
        await api.send("GET", "/prod/7")
    [event] = heard
    assert event.kind == "apigateway.request"
    assert event.fields["resource"] == "/{id}"
    assert event.fields["status"] == 200


async def test_domain_name_is_an_address_of_the_api(gateway: Gateway) -> None:
    """`https://{domainName}/{stage}` names the API, as code written for AWS expects."""
    api = gateway.api()
    api.proxy("GET", "/")
    await api.deploy().send("GET", "/prod/")
    context = gateway.invoker.event["requestContext"]
    assert context["domainName"] == f"{api.id}.execute-api.localhost:4567"
    assert context["domainPrefix"] == api.id
    assert ADDRESSES.tls_url.endswith(":4567")
