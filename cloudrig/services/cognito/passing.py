"""Requests and answers of the JSON protocol that Cognito speaks, as far as the rig looks into them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request, Response
from cloudrig.services.cognito.errors import InvalidParameterException

Members = dict[str, Any]


def members_of(body: bytes) -> Members:
    """The members in a body; none where it is no JSON object, which the upstream then says."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def text(members: Members, name: str) -> str:
    """Raises InvalidParameterException."""
    value = members.get(name)
    if not isinstance(value, str):
        raise InvalidParameterException(f"1 validation error detected: Value at '{name}' must be a string")
    return value


def with_members(request: Request, members: Members) -> Request:
    """The same request with other members; the length that its headers tell goes with the old ones."""
    headers = CIMultiDict(request.headers)
    headers.popall("Content-Length", None)
    return replace(request, headers=CIMultiDictProxy(headers), body=json.dumps(members).encode())


def answer(content: Members) -> Response:
    return Response(200, json.dumps(content).encode(), CIMultiDict({"Content-Type": "application/x-amz-json-1.1"}))


def error_type(response: Response) -> str:
    """`UserNotFoundException`; empty where it is no error."""
    return str(members_of(response.body).get("__type", "")).rpartition("#")[2] if response.status != 200 else ""
