import pytest

from stack.apis import Endpoint, RestApi
from stack.buckets import Site
from stack.resources import Index, InvalidStack, LogGroup, Stack, Table


def api(*endpoints: Endpoint, origin: str = "*") -> RestApi:
    return RestApi(id="chat", name="x", stage="prod", allowed_origin=origin, endpoints=endpoints)


def test_a_stack_refuses_two_resources_of_one_key() -> None:
    group = LogGroup(id="a", name="/a", retention_days=7)
    with pytest.raises(InvalidStack, match=r"logs\.a is declared twice"):
        Stack("x", (group, group))


def test_a_stack_refuses_a_reference_to_what_comes_later() -> None:
    first = LogGroup(id="a", name="${logs.b.name}", retention_days=7)
    second = LogGroup(id="b", name="/b", retention_days=7)
    with pytest.raises(InvalidStack, match=r"logs\.a refers to logs\.b"):
        Stack("x", (first, second))
    assert Stack("x", (second, first)).dependencies() == {"logs.a": {"logs.b"}, "logs.b": frozenset()}


def test_a_table_has_an_aspect_for_each_thing_that_can_be_changed_by_itself() -> None:
    table = Table(
        id="T",
        name="t",
        hash_key="a",
        range_key="b",
        indexes=(Index(name="byC", hash_key="c"),),
        stream_view="NEW_IMAGE",
        ttl_attribute="expiresAt",
    )
    assert table.aspects() == {
        "keys": ["a", "b"],
        "index byC": ["c"],
        "stream": "NEW_IMAGE",
        "expiry": "expiresAt",
        "recovery": False,
    }


def test_a_rest_api_answers_preflights_for_the_methods_of_each_path() -> None:
    both = api(Endpoint("POST", "/a", "f"), Endpoint("GET", "/a", "g"), Endpoint("POST", "/b", "f"))
    assert both.paths() == ("/a", "/b")
    assert both.cors_headers("/a")["Access-Control-Allow-Methods"] == "GET,OPTIONS,POST"
    assert both.cors_headers("/b")["Access-Control-Allow-Methods"] == "OPTIONS,POST"


def test_a_rest_api_wants_another_deployment_after_any_change() -> None:
    deployments = {
        str(each.aspects()["deployment"])
        for each in (
            api(Endpoint("POST", "/a", "f")),
            api(Endpoint("POST", "/a", "g")),
            api(Endpoint("POST", "/a", "f"), origin="https://x"),
            api(Endpoint("POST", "/a", "f"), Endpoint("POST", "/b", "f")),
        )
    }
    assert len(deployments) == 4
    assert api(Endpoint("POST", "/a", "f")).aspects() == api(Endpoint("POST", "/a", "f")).aspects()


def test_a_site_is_compared_by_what_s3_gives_as_etag() -> None:
    site = Site(id="s", bucket="b", files={"index.html": b"hello"}, documents={"config.json": "{}"})
    assert site.aspects() == {
        "index.html": "5d41402abc4b2a76b9719d911017c592",
        "config.json": "99914b932bd37a50b983c5e7c90ae93b",
    }
