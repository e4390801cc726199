from stack.buckets import Site
from stack.references import known, referenced, resolve
from stack.resources import Package, Role, Statement

ROLE = Role(
    id="a",
    name="a-${aws.region}",
    path="/",
    statements=(Statement(("s3:GetObject",), ("${table.Users.arn}", "${table.Users.arn}/index/${logs.fan-out.name}")),),
)


def test_what_is_known_is_replaced_wherever_it_stands() -> None:
    facts = {"aws.region": "eu-west-1", "table.Users.arn": "arn:users", "logs.fan-out.name": "log"}
    resolved = resolve(ROLE, facts)
    assert resolved.name == "a-eu-west-1"
    assert resolved.statements[0].resources == ("arn:users", "arn:users/index/log")


def test_what_is_not_known_stays_and_shows() -> None:
    resolved = resolve(ROLE, {"table.Users.arn": "arn:users"})
    assert resolved.statements[0].resources[1] == "arn:users/index/${logs.fan-out.name}"
    assert not known(resolved.statements[0].resources[1])
    assert known(resolved.statements[0].resources[0])


def test_references_are_the_keys_of_other_resources() -> None:
    assert referenced(ROLE) == {"table.Users", "logs.fan-out"}


def test_mappings_are_gone_through_and_bytes_are_left_alone() -> None:
    site = Site(id="s", bucket="b", files={"a": b"${bucket.site.url}"}, documents={"c": "${rest.chat.url}"})
    assert referenced(site) == {"rest.chat"}
    resolved = resolve(site, {"rest.chat.url": "http://x", "bucket.site.url": "http://y"})
    assert resolved.documents == {"c": "http://x"}
    assert resolved.files == {"a": b"${bucket.site.url}"}
    assert resolve(Package(b"${a.b.c}", "x"), {"a.b.c": "!"}).content == b"${a.b.c}"


def test_a_route_key_is_no_reference() -> None:
    assert known("arn:aws:execute-api:us-east-1:1:api/prod/$connect")
    assert not referenced("$request.body.action")
