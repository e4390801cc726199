"""Answers of services with the query protocol (SNS, SQS), which are XML, as the JSON that AWS gives an integration.

Integrations accept JSON unless they map an `Accept` of their own; these services then answer
`{"SendMessageResponse": {"SendMessageResult": {…}, "ResponseMetadata": {"RequestId": …}}}`, and members that are absent
are null. Evidence: users of AWS who pasted answers; recorded on AWS in LocalStack's snapshots
(`test_ssm_aws_integration`, `test_sqs_request_and_response_xml_templates_integration`).
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cloudrig.engine.wire import service_model

_RESPONSE, _ERROR = "Response", "ErrorResponse"
_KEYS = {"Messages": "messages"}
"""Members that have another name in JSON, of all that is known."""


def as_json(service: str, body: bytes) -> bytes:
    """What is no answer of the query protocol stays what it is."""
    try:
        root = fromstring(body)  # noqa: S314  the rig's own answer
    except ParseError:
        return body
    name = _name(root)
    if not name.endswith(_RESPONSE):
        return body
    content = _error(root) if name == _ERROR else {name: _answer(service, name.removesuffix(_RESPONSE), root)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element | None, *names: str) -> Element | None:
    return next((child for child in element or () if _name(child) in names), None)


def _text(element: Element | None) -> str | None:
    return None if element is None else element.text or ""


def _error(root: Element) -> dict[str, Any]:
    error = _child(root, "Error")
    told = {name: _text(_child(error, name)) for name in ("Code", "Message", "Type")}
    return {"Error": told, "RequestId": _text(_child(root, "RequestId"))}


def _answer(service: str, action: str, root: Element) -> dict[str, Any]:
    metadata = {"ResponseMetadata": {"RequestId": _text(_child(_child(root, "ResponseMetadata"), "RequestId"))}}
    shape = service_model(service).operation_model(action).output_shape
    result = _child(root, f"{action}Result")
    return metadata if shape is None else {f"{action}Result": _structure(shape, result), **metadata}


def _structure(shape: StructureShape, element: Element | None) -> dict[str, Any]:
    members = shape.members.items()
    return {_KEYS.get(name, name): _member(name, member, element) for name, member in members}


def _member(name: str, shape: Shape, parent: Element | None) -> Any:
    if isinstance(shape, ListShape):
        items = _items(parent, name, name.removesuffix("s"), shape.member.name)
        return [_value(shape.member, item) for item in items] or None
    if isinstance(shape, MapShape):
        return [_plain(item) for item in _items(parent, name, name.removesuffix("s"))] or None
    found = _child(parent, name)
    return None if found is None else _value(shape, found)


def _items(parent: Element | None, *names: str) -> list[Element]:
    """The elements of a list or map: side by side, each under its own name, or together under the member's."""
    found = [child for child in parent or () if _name(child) in names]
    wrapped = [item for child in found for item in child if _name(item) in ("member", "entry")]
    return wrapped or found


def _value(shape: Shape, element: Element) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, element)
    match shape.type_name:
        case "integer" | "long":
            return int(element.text or 0)
        case "boolean":
            return element.text == "true"
    return _plain(element)


def _plain(element: Element) -> Any:
    return {_name(child): _plain(child) for child in element} if len(element) else _text(element)
