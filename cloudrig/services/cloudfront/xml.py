"""The XML of REST services, both ways, along the shapes of botocore's models.

https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from botocore.model import ListShape, Shape, StructureShape

from cloudrig.engine.messages import Members
from cloudrig.services.cloudfront.errors import MalformedInput


def parse(shape: StructureShape, body: bytes) -> Members:
    """A body's members. Raises MalformedInput."""
    if b"<!" in body:  # no request has a DTD, and entities in one can blow up a parser
        raise MalformedInput("The body must not declare anything")
    try:
        members: Members = _value(shape, fromstring(body))  # noqa: S314  # see above
    except (ParseError, ValueError):
        raise MalformedInput("The body is not XML of the operation's form") from None
    return members


def render(shape: StructureShape, name: str, members: Members) -> bytes:
    """The members as a document whose root element has this name."""
    root = Element(name, {"xmlns": "http://cloudfront.amazonaws.com/doc/2020-05-31/"})
    _fill(root, shape, members)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root)


def _value(shape: Shape, element: Element) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _value(member, child)
            for name, member in shape.members.items()
            if (child := _child(element, member.serialization.get("name", name))) is not None
        }
    if isinstance(shape, ListShape):
        return [_value(shape.member, each) for each in element]
    text = element.text or ""
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name in ("integer", "long") else text


def _fill(element: Element, shape: Shape, value: Any) -> None:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _fill(SubElement(element, member.serialization.get("name", name)), member, value[name])
    elif isinstance(shape, ListShape):
        for each in value:
            _fill(SubElement(element, shape.member.serialization.get("name", "member")), shape.member, each)
    else:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else str(value)


def _child(element: Element, name: str) -> Element | None:
    return next((each for each in element if each.tag.rpartition("}")[2] == name), None)
