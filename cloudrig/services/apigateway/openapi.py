"""OpenAPI definitions as both control planes read them.

Source: AG `api-gateway-import-api.html`, `http-api-open-api.html`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from cloudrig.services.apigateway.errors import BadRequestException

ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
AUTHORIZER = "x-amazon-apigateway-authorizer"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")

Definition = Mapping[str, Any]


def parse(body: bytes | str) -> Definition:
    """Raises BadRequestException for what is neither JSON nor YAML, or no definition of a known version."""
    try:
        definition = yaml.safe_load(body)  # JSON is YAML
    except (yaml.YAMLError, ValueError, RecursionError):
        definition = None
    if not isinstance(definition, dict):
        raise BadRequestException("Unable to build importer with provided input.")
    version = str(definition.get("swagger") or definition.get("openapi") or "")
    if version != "2.0" and not version.startswith("3."):
        raise BadRequestException("Unable to build importer with provided input.")
    return definition


def operations(item: Definition) -> Iterator[tuple[str, Definition]]:
    for key, operation in item.items():
        if key.lower() in _METHODS:
            yield key.upper(), operation
        elif key == ANY_METHOD:
            yield "ANY", operation


def path_prefix(definition: Definition, mode: str | None) -> str:
    """What an import puts before the definition's paths, by its `basepath` parameter.

    `ignore` (the default): nothing; `prepend`: the definition's base path; `split`: that without its first part.
    Raises BadRequestException for anything else. Source: AG `api-gateway-import-api-basePath.html`.
    """
    if mode not in (None, "", "ignore", "prepend", "split"):
        raise BadRequestException("Invalid basepath specified. Valid options are ignore, prepend and split")
    base = _base_path(definition) if mode in ("prepend", "split") else ""
    if mode == "split":
        _, slash, rest = base[1:].partition("/")
        return slash + rest
    return base


def _base_path(definition: Definition) -> str:
    """Swagger's `basePath`, or the path of the first server that has one. Without a slash at its end."""
    paths = [str(definition.get("basePath") or "")]
    for server in definition.get("servers") or ():
        url = server["url"]
        for name, variable in (server.get("variables") or {}).items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        paths.append(urlsplit(url).path)
    cleaned = (re.sub("/+", "/", f"/{path}").rstrip("/") for path in paths)
    return next((path for path in cleaned if path), "")
