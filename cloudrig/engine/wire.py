"""AWS's wire protocols, driven by botocore's service models read as data.

`OperationTable` is a service's API: it finds the operation of a REST request, turns the request into members, calls the
function that stands for the operation and turns its members, or the ServiceError it raised, into a response.
`error_response` is the one place where errors get their JSON or XML form.
Protocols: https://smithy.io/2.0/aws/protocols/index.html (restJson1, awsJson1_0/1_1, awsQuery errors).
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.errors import OperationNotImplemented, RequestEntityTooLarge, ServiceError, ValidationError
from cloudrig.engine.interfaces import MAX_BODY_BYTES
from cloudrig.engine.messages import Caller, Members, Request, Response
from cloudrig.engine.serialization import parse_request, serialize_response
from cloudrig.engine.validation import SMITHY, Constraints

log = logging.getLogger(__name__)

Operation = Callable[[Caller, Members], Members | Awaitable[Members | Response]]
"""An operation of a service: synchronous, and so atomic on the event loop, unless it has to wait for something.

One that streams gives its response itself.
"""


def too_large(operation: str, limit_bytes: int) -> ServiceError:
    """What most services answer to a body that is too long. The text is Lambda's."""
    return RequestEntityTooLarge(f"Request must be smaller than {limit_bytes} bytes for the {operation} operation")


def needs_no_signature(service: str, operation: str) -> bool:
    """Whether anybody may call an operation, as browsers call Cognito's sign-in."""
    model = service_model(service)
    return operation in model.operation_names and model.operation_model(operation).auth_type == "none"


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
        constraints: Constraints = SMITHY,
        too_large: Callable[[str, int], ServiceError] = too_large,
        limits: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`invalid` is the error that the service answers when a member breaks the model's constraints, in the words of
        `constraints`; `too_large` the one for a body that is longer than the operation takes: what `limits` says, else
        `MAX_BODY_BYTES`.
        """
        self._model = service_model(service)
        self._operations = operations
        self._invalid = invalid
        self._constraints = constraints
        self._too_large = too_large
        self._limits = limits
        self._paths = _PathTable(self._model)
        unknown = set(operations) - set(self._model.operation_names)
        if unknown:
            raise ValueError(f"{service} has no operation {', '.join(sorted(unknown))}")

    def find(self, method: str, path: str, query: str) -> str | None:
        """The operation of a REST request; None when the service has none there."""
        found = self._paths.match(method, path, query)
        return found[0].name if found else None

    def max_body_bytes(self, operation: str) -> int:
        return self._limits.get(operation, MAX_BODY_BYTES)

    async def call(self, operation: str, request: Request) -> Response:
        model = self._model.operation_model(operation)
        try:
            implementation = self._operations.get(operation)
            if implementation is None:
                raise OperationNotImplemented(f"cloudrig does not implement {self._model.service_name} {operation}")
            if len(request.body) > self.max_body_bytes(operation):
                raise self._too_large(operation, self.max_body_bytes(operation))
            members = parse_request(model, request, self._uri_labels(request))
            broken = self._constraints.violations(model, members)
            if broken:
                raise self._invalid(broken)
            result = implementation(request.caller, members)
            answer = await result if inspect.isawaitable(result) else result
            return answer if isinstance(answer, Response) else serialize_response(model, answer)
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


@dataclass(frozen=True, slots=True)
class _Path:
    """Where a REST operation is reached. `query` are the pairs its URI template asks for (`?mode=import`)."""

    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    query: frozenset[tuple[str, str]]
    operation: OperationModel

    @classmethod
    def of(cls, operation: OperationModel) -> _Path:
        path, _, query = operation.http.get("requestUri", "/").partition("?")
        labels = tuple(label.rstrip("+") for label in re.findall(r"\{([^}]+)\}", path))
        return cls(_template(path), labels, frozenset(parse_qsl(query, keep_blank_values=True)), operation)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sorts the more specific first: query pairs, then literal segments before labels, then length."""
        return (-len(self.query), len(self.labels), -len(self.pattern.pattern))


class _PathTable:
    """REST operations by method and depth of path; labels that take several segments (`{Name+}`) come last."""

    def __init__(self, model: ServiceModel) -> None:
        self._fixed: dict[tuple[str, int], list[_Path]] = {}
        self._greedy: dict[str, list[_Path]] = {}
        for operation in map(model.operation_model, model.operation_names):
            method, uri = operation.http["method"], operation.http.get("requestUri", "/").partition("?")[0]
            if "+}" in uri:
                self._greedy.setdefault(method, []).append(_Path.of(operation))
            else:
                self._fixed.setdefault((method, _depth(uri)), []).append(_Path.of(operation))
        for paths in (*self._fixed.values(), *self._greedy.values()):
            paths.sort(key=lambda path: path.rank)

    def match(self, method: str, path: str, query: str) -> tuple[OperationModel, Mapping[str, str]] | None:
        given = set(parse_qsl(query, keep_blank_values=True)) if query else set()
        for candidates in (self._fixed.get((method, _depth(path)), ()), self._greedy.get(method, ())):
            for one in candidates:
                found = one.pattern.fullmatch(path)
                if found and one.query <= given:
                    return one.operation, dict(zip(one.labels, map(unquote, found.groups()), strict=True))
        return None


def _depth(path: str) -> int:
    return path.rstrip("/").count("/")


def _template(path: str) -> re.Pattern[str]:
    """`/a/{B}/c/{D+}` → a pattern with one group per label; a trailing slash is optional, since templates vary."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    pattern = "".join(
        ("(.+)" if part.endswith("+}") else "([^/]+)") if part.startswith("{") else re.escape(part) for part in parts
    )
    return re.compile(pattern + "/?")


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
        content = {**error.members, error.message_member: error.message}
    return Response(error.status, json.dumps(content, ensure_ascii=False).encode(), headers)


def _xml_error(error: ServiceError, protocol: str, request_id: str) -> bytes:
    fault = "Sender" if error.status < 500 else "Receiver"
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "rest-xml":
        return f"<Error>{detail}<RequestId>{request_id}</RequestId></Error>".encode()
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type>{detail}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()
