"""Request models: JSON Schema (draft 4) that the messages of a WebSocket route must satisfy.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cloudrig.services.apigateway.v2.selection import Expression

DEFAULT_KEY = "$default"


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool: ...


class InvalidSchema(ValueError):
    """The text is no JSON Schema of draft 4, or refers to another document; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class RequestModels:
    """A route's models by key, and the expression that picks one; `$default` stands in for a key that is not there."""

    selection: Expression
    validators: Mapping[str, Validator]

    def accept(self, text: str, body: Any) -> bool:
        """Whether a message satisfies its model. `body` is its JSON value, None also where it is no JSON."""
        key = self.selection.evaluate({"request.body": body})
        validator = self.validators.get(key, self.validators.get(DEFAULT_KEY))
        if validator is None:
            return True
        if body is None and text.strip() != "null":
            return False
        try:
            return validator.is_valid(body)
        except RecursionError:
            return False


def compile_schema(text: str) -> Validator:
    """Raises InvalidSchema."""
    from jsonschema import Draft4Validator, SchemaError  # type: ignore[import-untyped]  # slow: not before a model is made

    try:
        schema = json.loads(text)
        Draft4Validator.check_schema(schema)
    except (ValueError, RecursionError, SchemaError) as error:
        raise InvalidSchema(str(error).partition("\n")[0]) from None
    outside = next((target for target in _references(schema) if not target.startswith("#")), None)
    if outside is not None:
        raise InvalidSchema(f"cloudrig does not resolve references to other documents: {outside}")
    validator: Validator = Draft4Validator(schema)
    return validator


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from _references(item)
    elif isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str):
            yield target
        for item in schema.values():
            yield from _references(item)
