"""Identifiers have AWS's form, and state is kept apart by account and region."""

import re

import pytest

from cloudrig.engine import names
from cloudrig.engine.names import Arn, Regional, Scope


def test_arn_round_trips_with_colons_in_its_resource() -> None:
    text = "arn:aws:lambda:eu-west-1:123456789012:function:chat:live"
    arn = Arn.parse(text)
    assert (str(arn), arn.resource, arn.scope) == (text, "function:chat:live", Scope("123456789012", "eu-west-1"))


@pytest.mark.parametrize("text", ["", "function", "arn:aws:lambda", "urn:a:b:c:d:e"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ARN"):
        Arn.parse(text)


def test_api_gateways_ids_have_the_forms_seen_on_aws() -> None:
    """aws-behaviour: 15 characters and one `=`; the 12th is C for connections, F for requests."""
    assert re.fullmatch(r"[a-z0-9]{10}", names.api_id())
    assert re.fullmatch(r"[a-z0-9]{7}", names.short_id())
    for kind in "CF":
        assert re.fullmatch(rf"[A-Za-z0-9_-]{{11}}{kind}[A-Za-z0-9_-]{{3}}=", names.extended_id(kind))


def test_state_is_made_once_per_account_and_region() -> None:
    regional: Regional[list[str]] = Regional(lambda scope: [scope.region])
    regional[Scope(region="eu-west-1")].append("x")
    assert regional[Scope(region="eu-west-1")] == ["eu-west-1", "x"]
    assert regional[Scope(region="us-east-1")] == ["us-east-1"]
    assert len(regional.all()) == 2
