"""GetModelTemplate: a mapping template that makes a payload of a model's structure, with made-up values.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetModelTemplate.html
"""

from __future__ import annotations

from typing import Any

SAMPLES = {"string": '"foo"', "integer": "42", "number": "3.14", "boolean": "true", "null": "null"}  # unverified
_ROOT = "#set($inputRoot = $input.path('$'))"
_LOOP = "##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot{})"
_MAX_DEPTH = 20
"""A model may refer to itself."""


def model_template(schema: dict[str, Any]) -> str:
    return f"{_ROOT}\n{_sample(schema, schema, '', '')}"


def _sample(schema: Any, root: dict[str, Any], path: str, indent: str) -> str:
    schema = _resolved(schema, root)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if len(indent) > 2 * _MAX_DEPTH or (kind is None and "properties" not in schema):
        return "{}"
    if kind == "array":
        item = _sample(schema.get("items"), root, path, indent + "  ")
        return f"[\n{_LOOP.format(path)}\n{indent}  {item}#if($foreach.hasNext),#end\n\n#end\n{indent}]"
    if kind in SAMPLES:
        return SAMPLES[kind]
    members = [
        f'{indent}  "{name}" : {_sample(one, root, f"{path}.{name}", indent + "  ")}'
        for name, one in (schema.get("properties") or {}).items()
    ]
    return "{\n" + ",\n".join(members) + f"\n{indent}}}" if members else "{}"


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the schema (`#/definitions/X`) stands for; those to other models are not followed."""
    if not isinstance(schema, dict):
        return {}
    found: Any = schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        found = root
        for part in reference[2:].split("/"):
            found = found.get(part, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
