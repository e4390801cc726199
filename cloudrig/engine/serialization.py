"""Members out of HTTP requests and HTTP responses out of members, by the shapes of a service model.

The server's side of restJson1 and awsJson: what botocore's serializers write is read here, and the other way round.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.errors import SerializationError
from cloudrig.engine.messages import Members, Request, Response

# --- requests -------------------------------------------------------------------------------------------------------


def parse_request(model: OperationModel, request: Request, labels: Mapping[str, str]) -> Members:
    """Members of an operation's input, by the model. Raises SerializationError; constraints are not checked here."""
    shape = model.input_shape
    if shape is None:
        return {}
    members: Members = {}
    payload = shape.serialization.get("payload")
    query = _multi(request.query)
    body: Any = None
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if place == "uri":
            if wire_name in labels:
                members[name] = _from_text(member, labels[wire_name])
        elif place == "querystring":
            _put(members, name, _from_query(member, wire_name, query))
        elif place == "header":
            if wire_name in request.headers:
                members[name] = _from_text(member, request.headers[wire_name])
        elif place == "headers":
            members[name] = {
                key[len(wire_name) :]: value
                for key, value in request.headers.items()
                if key.lower().startswith(wire_name.lower())
            }
        elif name == payload:
            _put(members, name, _from_payload(member, request.body))
        elif payload is None:
            body = _json_object(request.body) if body is None else body
            _put(members, name, _from_json(member, body.get(wire_name), name))
    return members


def _put(members: Members, name: str, value: Any) -> None:
    if value is not None:
        members[name] = value


def _multi(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(key, []).append(value)
    return values


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SerializationError(f"the request body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SerializationError("the request body is not a JSON object")
    return value


def _from_payload(shape: Shape, body: bytes) -> Any:
    if shape.type_name in ("blob", "string"):
        return body if shape.type_name == "blob" else body.decode("utf-8", "replace")
    return _from_json(shape, _json_object(body), shape.name)


def _from_query(shape: Shape, name: str, query: dict[str, list[str]]) -> Any:
    if isinstance(shape, ListShape):
        return [_from_text(shape.member, text) for text in query[name]] if name in query else None
    if isinstance(shape, MapShape):
        return {key: values[-1] for key, values in query.items()}
    return _from_text(shape, query[name][-1]) if name in query else None


def _from_text(shape: Shape, text: str) -> Any:
    """A value out of a header, label or query parameter."""
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return text.lower() == "true"
            case "timestamp":
                return _parse_timestamp(text)
            case "list":
                return text.split(",")
    except ValueError:
        raise SerializationError(f"{text!r} is no {shape.type_name}") from None
    return text


def _from_json(shape: Shape, value: Any, path: str) -> Any:
    if value is None:
        return None
    try:
        reader: Callable[[Any, Any, str], Any] = _JSON_READERS.get(shape.type_name, _read_scalar)
        return reader(shape, value, path)
    except (TypeError, ValueError, binascii.Error):
        raise SerializationError(f"the value of {path} cannot be read as {shape.type_name}") from None


def _read_structure(shape: StructureShape, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError
    if getattr(shape, "is_document_type", False):
        return value
    members: Members = {}
    for name, member in shape.members.items():
        _put(members, name, _from_json(member, value.get(member.serialization.get("name", name)), f"{path}.{name}"))
    return members


def _read_list(shape: ListShape, value: Any, path: str) -> Any:
    if not isinstance(value, list):
        raise TypeError
    return [_from_json(shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]


def _read_map(shape: MapShape, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError
    return {str(key): _from_json(shape.value, item, f"{path}.{key}") for key, item in value.items()}


_JAVA_NUMBER = "com.amazon.coral.value.json.numbers.TruncatingBigNumber"


def _read_scalar(shape: Shape, value: Any, path: str) -> Any:
    match shape.type_name:
        case "string" if not isinstance(value, str):
            if isinstance(value, dict | list):
                raise TypeError
            kind = "java.lang.Boolean" if isinstance(value, bool) else _JAVA_NUMBER
            raise SerializationError(f"class {kind} can not be converted to an String")
        case "integer" | "long":
            if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
                raise TypeError
            return int(value)
        case "float" | "double":
            return float(value)
        case "boolean" if not isinstance(value, bool):
            if value in ("true", "false"):
                return value == "true"
            raise TypeError
        case "blob":
            return base64.b64decode(value, validate=True)
        case "timestamp":
            return _parse_timestamp(value)
    return value


_JSON_READERS: Mapping[str, Callable[[Any, Any, str], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
}


def _parse_timestamp(value: Any) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return parsedate_to_datetime(value)


# --- responses ------------------------------------------------------------------------------------------------------


def serialize_response(model: OperationModel, members: Members) -> Response:
    """The HTTP response of an operation's output. Members that are None or absent are left out.

    An operation that has made the request id itself, or headers that are no members, gives them where boto3 shows them:
    `ResponseMetadata.RequestId` and `.HTTPHeaders`.
    """
    metadata = members.get("ResponseMetadata", {})
    headers: CIMultiDict[str] = CIMultiDict(metadata.get("HTTPHeaders", {}))
    headers["x-amzn-RequestId"] = metadata.get("RequestId") or names.request_id()
    response = Response(status=model.http.get("responseCode", 200), headers=headers)
    shape = model.output_shape
    if shape is None:
        return response
    payload = shape.serialization.get("payload")
    body: Members = {}
    for name, member in shape.members.items():
        value = members.get(name)
        if value is None:
            continue
        place = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if place == "statusCode":
            response.status = value
        elif place == "header":
            headers[wire_name] = _to_text(value)
        elif place == "headers":
            headers.extend({wire_name + key: _to_text(item) for key, item in value.items()})
        elif name != payload:
            body[wire_name] = _to_json(member, value)
    if payload is not None:
        response.body = _payload_body(shape.members[payload], members.get(payload))
    elif any(not member.serialization.get("location") for member in shape.members.values()):
        response.body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if response.body:
        headers.setdefault("Content-Type", _content_type(model))
    return response


def _content_type(model: OperationModel) -> str:
    metadata = model.service_model.metadata
    return (
        f"application/x-amz-json-{metadata.get('jsonVersion', '1.0')}"
        if metadata["protocol"] == "json"
        else "application/json"
    )


def _payload_body(shape: Shape, value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    return json.dumps(_to_json(shape, value), ensure_ascii=False, separators=(",", ":")).encode()


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return format_datetime(value.astimezone(UTC), usegmt=True)
    return str(value)


def _to_json(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        if getattr(shape, "is_document_type", False):
            return value
        return {
            member.serialization.get("name", name): _to_json(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_to_json(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _to_json(shape.value, item) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return _timestamp_json(shape, value)
    return value


def _timestamp_json(shape: Shape, value: datetime) -> float | str:
    if shape.serialization.get("timestampFormat") == "iso8601":
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return round(value.timestamp(), 3)
