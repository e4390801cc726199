"""REST APIs as state: the tree of resources, and deployments as copies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.errors import NotFoundException
from cloudrig.services.apigateway.rest.state import Deployment, Method, Resource, RestApi, RestState, Stage


def api() -> RestApi:
    root = Resource("root")
    child = Resource("child", root, "pets")
    grandchild = Resource("grandchild", child, "{id+}", {"GET": Method({"httpMethod": "GET"})})
    resources = {resource.id: resource for resource in (root, child, grandchild)}
    return RestApi(Scope(), {"id": "api"}, root, resources)


def test_paths_follow_the_tree() -> None:
    resources = api().resources
    assert [resource.path for resource in resources.values()] == ["/", "/pets", "/pets/{id+}"]
    assert resources["grandchild"].greedy
    assert resources["grandchild"].below(resources["root"])
    assert not resources["root"].below(resources["child"])


def test_snapshot_is_out_of_reach_of_later_changes() -> None:
    live = api()
    copy = live.snapshot()
    live.resources["child"].part = "dogs"
    live.resources["grandchild"].methods["GET"].document["httpMethod"] = "POST"
    assert copy.resources["grandchild"].path == "/pets/{id+}"
    assert copy.resources["grandchild"].method("GET").document == {"httpMethod": "GET"}
    assert copy.root is copy.resources["root"]


def test_stage_shows_the_deployment_it_points_at() -> None:
    deployment = Deployment("d1", datetime.now(UTC), api(), {})
    assert Stage({"stageName": "prod"}, deployment).members() == {"stageName": "prod", "deploymentId": "d1"}


def test_apis_are_known_by_id_alone_and_by_account() -> None:
    state, one = RestState(), api()
    state.add(one)
    assert state.find("api") is one
    assert state.api(Scope(), "api") is one
    with pytest.raises(NotFoundException):
        state.api(Scope("111111111111"), "api")
    state.remove(one)
    assert state.find("api") is None
