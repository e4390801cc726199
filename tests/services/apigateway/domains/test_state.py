"""Which mapping of which domain name a request is for (AG `rest-api-mappings.html`)."""

from __future__ import annotations

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.domains.state import REST, ApiMapping, DomainName, DomainNames, Mapped
from cloudrig.services.apigateway.errors import ConflictException, NotFoundException


@pytest.fixture
def domains() -> DomainNames:
    made = DomainNames()
    api = DomainName("api.example.com", Scope(), {})
    for api_id, key in (("root", ""), ("orders", "orders"), ("deep", "orders/v1/items")):
        api.put(ApiMapping(api_id, "prod", key, REST))
    made.add(api)
    tenants = DomainName("*.tenants.example.com", Scope(), {})
    tenants.put(ApiMapping("tenants", "prod", "app", REST))
    made.add(tenants)
    return made


@pytest.mark.parametrize(
    ("path", "key", "inside", "base"),
    [
        ("/", "root", "/prod/", ""),
        ("/pets/7", "root", "/prod/pets/7", ""),
        ("/orders", "orders", "/prod", "/orders"),
        ("/orders/v1", "orders", "/prod/v1", "/orders"),
        ("/orders/v1/items/3", "deep", "/prod/3", "/orders/v1/items"),
        ("/orders/v1/items", "deep", "/prod", "/orders/v1/items"),
        ("/ordersandmore", "root", "/prod/ordersandmore", ""),
    ],
)
def test_the_longest_key_counts(domains: DomainNames, path: str, key: str, inside: str, base: str) -> None:
    assert domains.resolve("api.example.com", path) == Mapped(key, inside, base, host="api.example.com", kind=REST)


def test_hosts(domains: DomainNames) -> None:
    """A wildcard stands for one label; hosts of nobody are nobody's."""
    assert domains.resolve("other.example.com", "/") is None
    assert domains.resolve("a.tenants.example.com", "/app/x") == Mapped(
        "tenants", "/prod/x", "/app", host="a.tenants.example.com", kind=REST
    )
    assert domains.resolve("a.b.tenants.example.com", "/app/x") is None
    assert DomainNames().resolve("api.example.com", "/") is None


def test_no_mapping_fits(domains: DomainNames) -> None:
    found = domains.resolve("a.tenants.example.com", "/other")
    assert found is not None
    assert found.key == ""


def test_names_and_keys_exist_once(domains: DomainNames) -> None:
    with pytest.raises(ConflictException):
        domains.add(DomainName("api.example.com", Scope(), {}))
    domain = domains.find(Scope(), "API.example.com")
    with pytest.raises(ConflictException):
        domain.put(ApiMapping("x", "prod", "orders", REST))
    with pytest.raises(NotFoundException):
        domains.find(Scope("111111111111"), "api.example.com")
    with pytest.raises(NotFoundException):
        domain.by_key("nope")
