from typing import cast

import pytest
from botocore.model import StructureShape

from cloudrig.engine.wire import service_model
from cloudrig.services.cloudfront import xml
from cloudrig.services.cloudfront.errors import MalformedInput

SHAPE = cast(StructureShape, service_model("cloudfront").shape_for("ResponseHeadersPolicyConfig"))
MEMBERS = {
    "Name": "a <&> b",
    "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
    "CustomHeadersConfig": {"Quantity": 2, "Items": [{"Header": "X-A", "Value": "1"}, {"Header": "X-B", "Value": ""}]},
}


def test_what_was_written_is_read() -> None:
    assert xml.parse(SHAPE, xml.render(SHAPE, "ResponseHeadersPolicyConfig", MEMBERS)) == MEMBERS


def test_a_list_holds_its_items_under_their_own_name() -> None:
    assert b"<Items><ResponseHeadersPolicyCustomHeader><Header>X-A" in xml.render(SHAPE, "R", MEMBERS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a>",
        b"<a><CustomHeadersConfig><Quantity>two</Quantity></CustomHeadersConfig></a>",
        b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
    ],
    ids=["nothing", "JSON", "open", "no number", "entities"],
)
def test_what_is_no_document_of_this_form_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput):
        xml.parse(SHAPE, body)
