"""AWS's wire protocols, driven by botocore's service models read as data.

`OperationTable` is a service's API: it finds the operation of a REST request, turns the request into members, calls the
function that stands for the operation and turns its members, or the ServiceError it raised, into a response.
`error_response` is the one place where errors get their JSON or XML form.
Protocols: https://smithy.io/2.0/aws/protocols/index.html (restJson1, awsJson1_0/1_1, awsQuery errors).
"""

from __future__ import annotations

import base64
import binascii
import functools
import inspect
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.errors import OperationNotImplemented, SerializationError, ServiceError, ValidationError
from cloudrig.engine.messages import Caller, Members, Request, Response
from cloudrig.engine.validation import violations

log = logging.getLogger(__name__)

Operation = Callable[[Caller, Members], Members | Awaitable[Members]]
"""An operation of a service: synchronous, and so atomic on the event loop, unless it has to wait for something."""


@functools.cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service (its directory name: `apigatewayv2`, `lambda`)."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class OperationTable:
    """One service's operations behind its wire protocol. Implements `interfaces.Service.call`."""

    def __init__(
        self,
        service: str,
        operations: Mapping[str, Operation],
        *,
        invalid: type[ServiceError] = ValidationError,
    ) -> None:
        """`invalid` is the error that the service answers when a member breaks the model's constraints."""
        self._model = service_model(service)
        self._operations = operations
        self._invalid = invalid
        self._paths = _PathTable(self._model)
        unknown = set(operations) - set(self._model.operation_names)
        if unknown:
            raise ValueError(f"{service} has no operation {', '.join(sorted(unknown))}")

    def find(self, method: str, path: str, query: str) -> str | None:
        """The operation of a REST request; None when the service has none there."""
        found = self._paths.match(method, path, query)
        return found[0].name if found else None

    async def call(self, operation: str, request: Request) -> Response:
        model = self._model.operation_model(operation)
        try:
            implementation = self._operations.get(operation)
            if implementation is None:
                raise OperationNotImplemented(f"cloudrig does not implement {self._model.service_name} {operation}")
            members = parse_request(model, request, self._uri_labels(request))
            broken = violations(model.input_shape, members)
            if broken:
                raise self._invalid(broken)
            result = implementation(request.caller, members)
            return serialize_response(model, await result if inspect.isawaitable(result) else result)
        except ServiceError as error:
            return error_response(error, self._model.metadata["protocol"])
        except Exception:  # the request edge: one bad request must not be more than one 500
            log.exception("%s %s failed", self._model.service_name, operation)
            return error_response(
                ServiceError("The request failed inside cloudrig; its log has the traceback."), "rest-json"
            )

    def _uri_labels(self, request: Request) -> Mapping[str, str]:
        found = self._paths.match(request.method, request.path, request.query)
        return found[1] if found else {}


class _PathTable:
    """Operations by method and URI template, literal segments before labels."""

    def __init__(self, model: ServiceModel) -> None:
        self._entries: dict[str, list[tuple[re.Pattern[str], frozenset[tuple[str, str]], OperationModel]]] = {}
        for name in model.operation_names:
            operation = model.operation_model(name)
            uri = operation.http.get("requestUri", "/")
            path, _, query = uri.partition("?")
            entry = (_template(path), frozenset(parse_qsl(query, keep_blank_values=True)), operation)
            self._entries.setdefault(operation.http["method"], []).append(entry)
        for entries in self._entries.values():
            entries.sort(key=lambda entry: (-len(entry[1]), entry[0].pattern.count("("), -len(entry[0].pattern)))

    def match(self, method: str, path: str, query: str) -> tuple[OperationModel, Mapping[str, str]] | None:
        given = set(parse_qsl(query, keep_blank_values=True)) if query else set()
        for pattern, required, operation in self._entries.get(method, ()):
            found = pattern.fullmatch(path)
            if found and required <= given:
                labels = _labels(operation)
                return operation, {labels[i]: unquote(value) for i, value in enumerate(found.groups())}
        return None


def _template(path: str) -> re.Pattern[str]:
    """`/a/{B}/c/{D+}` → a pattern with one group per label; a trailing slash is optional, since templates vary."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    pattern = "".join(
        ("(.+)" if part.endswith("+}") else "([^/]+)") if part.startswith("{") else re.escape(part) for part in parts
    )
    return re.compile(pattern + "/?")


def _labels(operation: OperationModel) -> list[str]:
    return [label.rstrip("+") for label in re.findall(r"\{([^}]+)\}", operation.http["requestUri"].partition("?")[0])]


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


def _read_scalar(shape: Shape, value: Any, path: str) -> Any:
    match shape.type_name:
        case "string" if not isinstance(value, str):
            if isinstance(value, dict | list):
                raise TypeError
            return json.dumps(value)
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
    """The HTTP response of an operation's output. Members that are None or absent are left out."""
    headers: CIMultiDict[str] = CIMultiDict()
    headers["x-amzn-RequestId"] = names.request_id()
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


# --- errors ---------------------------------------------------------------------------------------------------------


def error_response(error: ServiceError, protocol: str) -> Response:
    """A ServiceError as its protocol writes it: `rest-json`, `json`, `query`/`ec2` or `rest-xml`."""
    request_id = names.request_id()
    headers: CIMultiDict[str] = CIMultiDict({"x-amzn-RequestId": request_id})
    if protocol in ("query", "ec2", "rest-xml"):
        headers["Content-Type"] = "text/xml"
        return Response(error.status, _xml_error(error, protocol, request_id), headers)
    headers["x-amzn-ErrorType"] = error.code
    if protocol == "json":
        headers["Content-Type"] = "application/x-amz-json-1.0"
        content = {"__type": error.code, "message": error.message, **error.members}
    else:
        headers["Content-Type"] = "application/json"
        content = {**error.members, "message": error.message}
    return Response(error.status, json.dumps(content, ensure_ascii=False).encode(), headers)


def _xml_error(error: ServiceError, protocol: str, request_id: str) -> bytes:
    fault = "Sender" if error.status < 500 else "Receiver"
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "rest-xml":
        return f"<Error>{detail}<RequestId>{request_id}</RequestId></Error>".encode()
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type>{detail}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()
