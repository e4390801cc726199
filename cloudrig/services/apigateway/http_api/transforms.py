"""Parameter mappings of an integration, compiled: requests on their way out, responses on their way back.

Source: AG `http-api-parameter-mapping.html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.mappings import REQUEST_KEY, RESPONSE_KEY, Template, from_json

_LINE_BREAKS = str.maketrans("", "", "\r\n\0")
"""What must not get into a header's value."""


@dataclass(slots=True)
class Outgoing:
    """A request as the back end gets it. `query` is what is on the wire; `headers` bear the sender's names.

    `path` is the one that events show, or what a mapping put in its place: `overwritten` tells.
    """

    path: str
    query: str
    parameters: dict[str, list[str]]
    headers: dict[str, list[str]]
    overwritten: bool = False


class RequestTransform:
    """The `RequestParameters` of an integration that calls a function or an HTTP back end."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._steps = [
            (found[1] or "overwrite", found[2] or "path", found[3] or "", Template(value))
            for key, value in parameters.items()
            if (found := REQUEST_KEY.fullmatch(key))
        ]

    def apply(self, call: Call) -> Outgoing:
        outgoing = Outgoing(call.event_path, call.request.query, call.query, call.headers)
        if not self._steps:
            return outgoing
        outgoing.headers, outgoing.parameters = dict(call.headers), dict(call.query)
        for action, place, name, template in self._steps:
            value = template.value(call.value)
            if place == "path":
                outgoing.path, outgoing.overwritten = f"/{(value or '').lstrip('/')}", True
            elif place == "header":
                _change(
                    outgoing.headers, action, _case(outgoing.headers, name), value and value.translate(_LINE_BREAKS)
                )
            else:
                _change(outgoing.parameters, action, name, value)
                outgoing.query = urlencode(outgoing.parameters, doseq=True)
        return outgoing


def _case(headers: Mapping[str, object], name: str) -> str:
    """A header's name as it is there, or as it was given."""
    return next((known for known in headers if known.lower() == name.lower()), name)


def _change(values: dict[str, list[str]], action: str, name: str, value: str | None) -> None:
    if action == "remove":
        values.pop(name, None)
    elif value is not None:
        values[name] = [*values.get(name, ()), value] if action == "append" else [value]


class ResponseTransform:
    """The `ResponseParameters` of an integration, by status code."""

    def __init__(self, parameters: Mapping[str, Mapping[str, str]]) -> None:
        self._steps = {
            int(status): [
                (found[1] or "overwrite", found[2], Template(value))
                for key, value in mappings.items()
                if (found := RESPONSE_KEY.fullmatch(key))
            ]
            for status, mappings in parameters.items()
        }

    def apply(self, call: Call, response: Response) -> Response:
        steps = self._steps.get(response.status)
        if not steps:
            return response
        before = Response(response.status, response.body, CIMultiDict(response.headers))
        for action, header, template in steps:
            value = template.value(lambda source: _response_value(call, before, source))
            if header is None:
                response.status = int(value) if value is not None and value.isdecimal() else response.status
            elif action == "remove":
                response.headers.popall(header, None)
            elif value is not None and action == "append":
                response.headers.add(header, value.translate(_LINE_BREAKS))
            elif value is not None:
                response.headers[header] = value.translate(_LINE_BREAKS)
        return response


def _response_value(call: Call, response: Response, source: str) -> str | None:
    place, _, name = source.removeprefix("response.").partition(".")
    if not source.startswith("response."):
        return call.value(source)
    if place == "header":
        values = response.headers.getall(name, None)
        return ",".join(values) if values is not None else None
    return (
        from_json(response.body, source.removeprefix("response.body").lstrip(".")) if place.startswith("body") else None
    )
