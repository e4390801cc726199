"""What a mapping template can refer to: `$input`, `$context`, `$stageVariables` and `$util`.

Source: AG `api-gateway-mapping-template-reference.html`, `apigateway-websocket-api-mapping-template-reference.html`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from cloudrig.services.apigateway.vtl.jsonpath import MISSING, InvalidPath, compile_path
from cloudrig.services.apigateway.vtl.velocity import NOTHING, Template, TemplateFailed, as_json, as_text, from_json

Parameters = Mapping[str, Mapping[str, str]]
"""`path`, `querystring` and `header` to names and values."""

_NO_PARAMETERS: Parameters = {"path": {}, "querystring": {}, "header": {}}


class NotJson(TemplateFailed):
    """A template reads a payload as JSON that is none."""


@dataclass(slots=True)
class Variables:
    """What one rendering starts from. `payload` is the body of the request, or of the back end's answer.

    `overrides` (`requestOverride`, `responseOverride`) are entries of `$context` that a template may set.
    """

    payload: str
    context: Mapping[str, Any]
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=lambda: _NO_PARAMETERS)
    overrides: dict[str, Any] = field(default_factory=dict)

    def render(self, template: Template) -> str:
        """Raises TemplateFailed."""
        return template.render(
            {
                "input": _input(self.payload, self.parameters),
                "context": from_json(self.context) | self.overrides,
                "stageVariables": from_json(self.stage_variables),
                "util": dict(_UTIL),
            }
        )


def _input(payload: str, parameters: Parameters) -> dict[str, Any]:
    """`$input`. An empty body reads as `{}`; `json` of what is not there is an empty text."""
    payload = payload or "{}"
    parsed: list[Any] = []

    def find(path: str) -> Any:
        if not parsed:
            parsed.append(_parse(payload))
        try:
            return compile_path(path).find(parsed[0])
        except InvalidPath as error:
            raise TemplateFailed(str(error)) from None

    def path(path: str = "$") -> Any:
        found = find(path)
        return NOTHING if found is MISSING else from_json(found)

    def json_text(path: str = "$") -> str:
        found = find(path)
        return '""' if found is MISSING else as_json(found)

    return {
        "body": payload,
        "json": json_text,
        "path": path,
        "params": lambda name=None: from_json(parameters) if name is None else _parameter(parameters, name),
    }


def _parse(payload: str) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _parameter(parameters: Parameters, name: str) -> str:
    """A parameter of the path, else of the query, else a header, whose name compares without case."""
    for place in ("path", "querystring"):
        if name in parameters[place]:
            return parameters[place][name]
    lower = name.lower()
    return next((value for header, value in parameters["header"].items() if header.lower() == lower), NOTHING)


# --- $util ----------------------------------------------------------------------------------------------------------

_ESCAPES = {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _escape_javascript(value: Any) -> str:
    """As commons-lang's: quotes of both kinds, backslashes, control characters and what is not ASCII."""
    return "".join(_ESCAPES.get(char) or _escaped(char) for char in as_text(value))


def _escaped(char: str) -> str:
    if " " <= char <= "~":
        return char
    utf16 = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{utf16[at : at + 2].hex().upper()}" for at in range(0, len(utf16), 2))


def _parse_json(text: Any) -> Any:
    try:
        return from_json(json.loads(as_text(text)))
    except (ValueError, RecursionError) as error:
        raise TemplateFailed(f"$util.parseJson: {error}") from None


def _base64_encode(value: Any) -> str:
    return base64.b64encode(as_text(value).encode("utf-8", "surrogatepass")).decode()


def _base64_decode(value: Any) -> str:
    try:
        return base64.b64decode(as_text(value), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise TemplateFailed(f"$util.base64Decode: {error}") from None


_UTIL: Mapping[str, Callable[..., Any]] = {
    "escapeJavaScript": _escape_javascript,
    "parseJson": _parse_json,
    "urlEncode": lambda value: quote_plus(as_text(value), safe="*").replace("~", "%7E"),
    "urlDecode": lambda value: unquote_plus(as_text(value)),
    "base64Encode": _base64_encode,
    "base64Decode": _base64_decode,
}
