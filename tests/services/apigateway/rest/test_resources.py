"""Resources, methods and method responses. Texts are those recorded on AWS in LocalStack's snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.errors import ServiceError
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def api() -> Api:
    return Gateway().api()


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def paths(api: Api) -> list[str]:
    return [item["path"] for item in api.call("GetResources")["items"]]


# --- resources ------------------------------------------------------------------------------------------------------


def test_resources_are_listed_by_path(api: Api) -> None:
    for path in ("/parent/child/{proxy+}", "/parent/{proxy+}", "/{proxy+}"):
        api.resource(path)
    assert paths(api) == [
        "/",
        "/parent",
        "/parent/child",
        "/parent/child/{proxy+}",
        "/parent/{proxy+}",
        "/{proxy+}",
    ]


def test_root_has_neither_parent_nor_path_part(api: Api) -> None:
    [root] = api.call("GetResources")["items"]
    assert {name: value for name, value in root.items() if value is not None} == {"id": api.root, "path": "/"}


def test_rename_moves_what_is_below(api: Api) -> None:
    api.resource("/pets/{id}")
    pets = api.resource("/pets")
    changed = api.call("UpdateResource", resourceId=pets, patchOperations=patch("replace", "/pathPart", "dogs"))
    assert (changed["path"], paths(api)) == ("/dogs", ["/", "/dogs", "/dogs/{id}"])


def test_move_to_another_parent(api: Api) -> None:
    child = api.resource("/pets/subpets")
    api.call("UpdateResource", resourceId=child, patchOperations=patch("replace", "/parentId", api.root))
    assert paths(api) == ["/", "/pets", "/subpets"]


def test_delete_takes_what_is_below(api: Api) -> None:
    child = api.resource("/a/b/c")
    api.call("DeleteResource", resourceId=api.resource("/a"))
    assert paths(api) == ["/"]
    with pytest.raises(NotFoundException, match="Invalid Resource identifier specified"):
        api.call("GetResource", resourceId=child)


@pytest.mark.parametrize(
    ("existing", "parent", "part", "error", "text"),
    [
        ("/a", "/", "a", ConflictException, "Another resource with the same parent already has this name: a"),
        (
            "/{proxy+}",
            "/",
            "{x}",
            BadRequestException,
            r"A sibling \(\{proxy\+\}\) of this resource already has a variable path part -- only one is allowed",
        ),
        (
            "/{proxy+}",
            "/{proxy+}",
            "x",
            BadRequestException,
            r"Cannot create a child of a resource with a greedy path variable: \{proxy\+\}",
        ),
        ("/a", "/", "b c", BadRequestException, "Resource's path part only allow"),
        ("/a", "/", "{", BadRequestException, "Resource's path part only allow"),
    ],
)
def test_invalid_places(api: Api, existing: str, parent: str, part: str, error: type[ServiceError], text: str) -> None:
    api.resource(existing)
    with pytest.raises(error, match=text):
        api.call("CreateResource", parentId=api.resource(parent), pathPart=part)


def test_unknown_parent(api: Api) -> None:
    with pytest.raises(NotFoundException, match="Invalid Resource identifier specified"):
        api.call("CreateResource", parentId="fake", pathPart="x")


@pytest.mark.parametrize(
    ("operations", "error", "text"),
    [
        (
            patch("replace", "/invalid", "x"),
            BadRequestException,
            r"Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: \[/parentId, /pathPart\]",
        ),
        (
            patch("remove", "/pathPart"),
            BadRequestException,
            "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
        ),
        (patch("replace", "/parentId", "fake"), NotFoundException, "Invalid Resource identifier specified"),
    ],
)
def test_invalid_updates(api: Api, operations: Any, error: type[ServiceError], text: str) -> None:
    with pytest.raises(error, match=text):
        api.call("UpdateResource", resourceId=api.resource("/pets"), patchOperations=operations)


def test_no_cycles(api: Api) -> None:
    child = api.resource("/a/b")
    with pytest.raises(BadRequestException, match="Resources cannot be cyclical"):
        api.call("UpdateResource", resourceId=api.resource("/a"), patchOperations=patch("replace", "/parentId", child))


@pytest.mark.parametrize(("path", "name"), [("/pathPart", "pathPart"), ("/parentId", "parentId")])
def test_root_stays_where_it_is(api: Api, path: str, name: str) -> None:
    with pytest.raises(BadRequestException, match=f"Root resource cannot update its {name}."):
        api.call("UpdateResource", resourceId=api.root, patchOperations=patch("replace", path, "x"))


def test_embedded_methods(api: Api) -> None:
    """`resourceMethods` has empty objects, or whole methods with `embed=methods` (Terraform reads them)."""
    api.proxy("GET", "/x")
    [_, plain] = api.call("GetResources")["items"]
    assert plain["resourceMethods"] == {"GET": {}}
    [_, full] = api.call("GetResources", embed=["methods"])["items"]
    assert full["resourceMethods"]["GET"]["methodIntegration"]["type"] == "AWS_PROXY"


# --- methods --------------------------------------------------------------------------------------------------------


def test_method_lifecycle(api: Api) -> None:
    ids = {"resourceId": api.root, "httpMethod": "ANY"}
    created = api.call("PutMethod", **ids, authorizationType="NONE")
    given = {name: value for name, value in created.items() if value is not None}
    assert given == {"apiKeyRequired": False, "authorizationType": "NONE", "httpMethod": "ANY"}
    with pytest.raises(ConflictException, match="Method already exists for this resource"):
        api.call("PutMethod", **ids, authorizationType="NONE")
    api.call("DeleteMethod", **ids)
    for operation in ("GetMethod", "DeleteMethod"):
        with pytest.raises(NotFoundException, match="Invalid Method identifier specified"):
            api.call(operation, **ids)


def test_http_method_must_be_one_of_aws(api: Api) -> None:
    text = "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
    with pytest.raises(BadRequestException, match=text):
        api.call("PutMethod", resourceId=api.root, httpMethod="FETCH", authorizationType="NONE")


def test_missing_api_is_a_missing_resource(api: Api) -> None:
    with pytest.raises(NotFoundException, match="Invalid Resource identifier specified"):
        api.gateway.call("PutMethod", restApiId="x", resourceId="y", httpMethod="GET", authorizationType="NONE")


def test_request_parameters(api: Api) -> None:
    parameters = {"method.request.header.h": False, "method.request.querystring.q": True}
    ids = api.method("GET", "/", requestParameters=parameters)
    assert api.call("GetMethod", **ids)["requestParameters"] == parameters


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"method.request.header.same": True, "method.request.querystring.same": True},
            "Parameter names must be unique across querystring, header and path",
        ),
        ({"method.response.header.a": True}, "Invalid mapping expression"),
    ],
)
def test_invalid_request_parameters(api: Api, parameters: dict[str, bool], text: str) -> None:
    with pytest.raises(BadRequestException, match=text):
        api.method("GET", "/", requestParameters=parameters)


def test_update_method(api: Api) -> None:
    ids = api.method("ANY", "/")
    operations = [
        *patch("add", "/requestParameters/method.request.querystring.optional", "true"),
        *patch("add", "/requestModels/application~1json", "Empty"),
        *patch("replace", "/operationName", "Op"),
    ]
    changed = api.call("UpdateMethod", **ids, patchOperations=operations)
    assert changed["requestParameters"] == {"method.request.querystring.optional": True}
    assert (changed["requestModels"], changed["operationName"]) == ({"application/json": "Empty"}, "Op")
    operations = [
        *patch("remove", "/requestParameters/method.request.querystring.optional"),
        *patch("remove", "/requestModels/application~1json"),
    ]
    changed = api.call("UpdateMethod", **ids, patchOperations=operations)
    assert "requestParameters" not in changed
    assert "requestModels" not in changed


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        (patch("add", "/apiKeyRequired", "true"), r"Invalid patch operation specified. Must be one of: \[replace\]"),
        (patch("replace", "/httpMethod", "GET"), "Invalid patch path /httpMethod"),
        (patch("replace", "/requestParameters", "x"), "Invalid patch path /requestParameters"),
        (patch("add", "/requestModels/application/json", "x"), "Invalid patch path /requestModels/application/json"),
    ],
)
def test_invalid_method_updates(api: Api, operations: Any, text: str) -> None:
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateMethod", **api.method("ANY", "/"), patchOperations=operations)


# --- method responses -----------------------------------------------------------------------------------------------


def test_method_response_lifecycle(api: Api) -> None:
    ids = api.method("GET", "/") | {"statusCode": "200"}
    created = api.call("PutMethodResponse", **ids, responseParameters={}, responseModels={})
    assert created == {"statusCode": "200", "responseParameters": {}, "responseModels": {}}
    with pytest.raises(ConflictException, match="Response already exists for this resource"):
        api.call("PutMethodResponse", **ids)
    operations = [
        *patch("add", "/responseParameters/method.response.header.my-header", "true"),
        *patch("add", "/responseModels/application~1json", "Empty"),
    ]
    changed = api.call("UpdateMethodResponse", **ids, patchOperations=operations)
    assert changed["responseParameters"] == {"method.response.header.my-header": True}
    assert changed["responseModels"] == {"application/json": "Empty"}
    api.call("DeleteMethodResponse", **ids)
    with pytest.raises(NotFoundException, match="Invalid Response status code specified"):
        api.call("GetMethodResponse", **ids)


@pytest.mark.parametrize(
    ("operations", "error", "text"),
    [
        (
            patch("remove", "/responseParameters/method.response.header.x"),
            NotFoundException,
            "Invalid parameter name specified",
        ),
        (patch("remove", "/responseModels/a~1b"), NotFoundException, "Content-Type specified was not found"),
        (
            patch("add", "/wrong/method.response.header.x"),
            BadRequestException,
            "Invalid patch path /wrong/method.response.header.x",
        ),
    ],
)
def test_invalid_method_response_updates(api: Api, operations: Any, error: type[ServiceError], text: str) -> None:
    ids = api.method("GET", "/") | {"statusCode": "200"}
    api.call("PutMethodResponse", **ids)
    with pytest.raises(error, match=text):
        api.call("UpdateMethodResponse", **ids, patchOperations=operations)


def test_authorization_type_in_any_case(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots: `none` is answered as `NONE`."""
    ids = {"resourceId": api.resource("/a"), "httpMethod": "GET"}
    assert api.call("PutMethod", **ids, authorizationType="none")["authorizationType"] == "NONE"
