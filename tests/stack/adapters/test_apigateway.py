from dataclasses import replace

from stack import Clients
from stack.adapters import Adapters
from stack.apis import Endpoint, RestApi
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire

SIGNUP = Endpoint("POST", "/signup", "arn:aws:lambda:us-east-1:123456789012:function:signup")
LOGIN = Endpoint("POST", "/login", "arn:aws:lambda:us-east-1:123456789012:function:login")


def api(prefix: str, *endpoints: Endpoint) -> RestApi:
    return RestApi(id="chat", name=f"{prefix}-rest", stage="prod", allowed_origin="*", endpoints=endpoints)


def methods(clients: Clients, api_id: str) -> dict[str, object]:
    resources = clients.apigateway.get_resources(restApiId=api_id, embed=["methods"])["items"]
    return {
        f"{name} {resource['path']}": method["methodIntegration"]
        for resource in resources
        for name, method in resource.get("resourceMethods", {}).items()
    }


def test_an_api_proxies_to_its_functions_and_answers_preflights(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    facts = bring_about(adapters, api(prefix, SIGNUP, LOGIN))
    api_id = facts["rest.chat.id"]
    assert facts["rest.chat.url"] == f"http://test/{api_id}/prod"
    found = methods(clients, api_id)
    assert found.keys() == {"POST /signup", "OPTIONS /signup", "POST /login", "OPTIONS /login"}
    proxy = found["POST /signup"]
    assert isinstance(proxy, dict)
    assert (proxy["type"], proxy["httpMethod"]) == ("AWS_PROXY", "POST")
    assert proxy["uri"].endswith(f"/functions/{SIGNUP.function_arn}/invocations")
    preflight = found["OPTIONS /signup"]
    assert isinstance(preflight, dict)
    assert preflight["type"] == "MOCK"
    assert preflight["integrationResponses"]["200"]["responseParameters"] == {
        "method.response.header.Access-Control-Allow-Headers": "'Authorization,Content-Type'",
        "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,POST'",
        "method.response.header.Access-Control-Allow-Origin": "'*'",
    }


def test_errors_of_the_gateway_itself_carry_the_cors_header(adapters: Adapters, clients: Clients, prefix: str) -> None:
    api_id = bring_about(adapters, api(prefix, SIGNUP))["rest.chat.id"]
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        response = clients.apigateway.get_gateway_response(restApiId=api_id, responseType=kind)
        assert response["responseParameters"] == {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}


def test_an_api_is_deployed_once_for_all_its_changes(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, api(prefix, SIGNUP, LOGIN))
    assert wire.operations.count("CreateDeployment") == 1


def test_what_is_declared_no_more_is_removed(adapters: Adapters, clients: Clients, prefix: str, wire: Wire) -> None:
    api_id = bring_about(adapters, api(prefix, SIGNUP, LOGIN))["rest.chat.id"]
    wire.requests.clear()
    bring_about(adapters, api(prefix, SIGNUP))
    assert methods(clients, api_id).keys() == {"POST /signup", "OPTIONS /signup"}
    paths = {each["path"] for each in clients.apigateway.get_resources(restApiId=api_id)["items"]}
    assert paths == {"/", "/signup"}
    assert wire.changes[-1] == "CreateDeployment"


def test_another_origin_reaches_preflights_and_errors(adapters: Adapters, clients: Clients, prefix: str) -> None:
    bring_about(adapters, api(prefix, SIGNUP))
    api_id = bring_about(adapters, replace(api(prefix, SIGNUP), allowed_origin="https://a"))["rest.chat.id"]
    preflight = methods(clients, api_id)["OPTIONS /signup"]
    assert isinstance(preflight, dict)
    parameters = preflight["integrationResponses"]["200"]["responseParameters"]
    assert parameters["method.response.header.Access-Control-Allow-Origin"] == "'https://a'"


def test_a_change_that_was_not_deployed_is_deployed_next_time(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    """A failure between the last change and the deployment must not leave the stage behind for good."""
    api_id = bring_about(adapters, api(prefix, SIGNUP))["rest.chat.id"]
    clients.apigateway.create_deployment(restApiId=api_id, stageName="prod", description="half of it")
    bring_about(adapters, api(prefix, SIGNUP))
    stage = clients.apigateway.get_stage(restApiId=api_id, stageName="prod")
    deployment = clients.apigateway.get_deployment(restApiId=api_id, deploymentId=stage["deploymentId"])
    assert deployment["description"] == api(prefix, SIGNUP).aspects()["deployment"]


def test_an_api_of_that_name_without_the_tag_is_somebody_elses(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    theirs = clients.apigateway.create_rest_api(name=f"{prefix}-rest")["id"]
    assert bring_about(adapters, api(prefix, SIGNUP))["rest.chat.id"] != theirs
    remove(adapters, api(prefix, SIGNUP))
    ids = [each["id"] for each in clients.apigateway.get_rest_apis()["items"] if each["name"] == f"{prefix}-rest"]
    assert ids == [theirs]
