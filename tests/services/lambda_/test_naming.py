"""Names of functions: API_Invoke, `FunctionName`."""

from __future__ import annotations

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound
from cloudrig.services.lambda_.naming import FunctionRef, parse_function, parse_function_arn

HOME = Scope("000000000000", "us-east-1")


@pytest.mark.parametrize(
    ("text", "account", "qualifier"),
    [
        ("chat", "000000000000", None),
        ("chat:3", "000000000000", "3"),
        ("function:chat", "000000000000", None),
        ("function:chat:live", "000000000000", "live"),
        ("111122223333:function:chat", "111122223333", None),
        ("111122223333:chat", "111122223333", None),
        ("111122223333:function:chat:$LATEST", "111122223333", "$LATEST"),
        ("arn:aws:lambda:us-east-1:111122223333:function:chat", "111122223333", None),
        ("arn:aws:lambda:us-east-1:111122223333:function:chat:live", "111122223333", "live"),
    ],
)
def test_every_form_names_the_function(text: str, account: str, qualifier: str | None) -> None:
    assert parse_function(text, HOME) == FunctionRef(Scope(account, "us-east-1"), "chat", qualifier)


def test_a_qualifier_beside_the_name_counts() -> None:
    assert parse_function("chat", HOME, "3").qualifier == "3"
    assert parse_function("chat:3", HOME, "3").qualifier == "3"


def test_two_qualifiers_that_differ_are_refused() -> None:
    with pytest.raises(InvalidParameterValue, match="derived qualifier"):
        parse_function("chat:3", HOME, "4")


def test_another_regions_function_is_out_of_reach() -> None:
    with pytest.raises(ResourceNotFound, match="Functions from 'eu-west-1' are not reachable in this region"):
        parse_function("arn:aws:lambda:eu-west-1:111122223333:function:chat", HOME)


def test_services_name_functions_by_arn_in_any_region() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:chat:live"
    ref = parse_function_arn(arn)
    assert ref == FunctionRef(Scope("111122223333", "eu-west-1"), "chat", "live")
    assert ref.arn == arn
    with pytest.raises(ResourceNotFound):
        parse_function_arn("chat")
