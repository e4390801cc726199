"""Errors that a REST API's gateway makes itself (aws-behaviour §9.3), one test per row."""

from __future__ import annotations

import pytest

from scenarios.conformance.client import call, told
from scenarios.conformance.deployment import KEY, SPENT_KEY, Deployment
from scenarios.conformance.parity import Parity


@pytest.mark.parametrize(("method", "path"), [("GET", "nowhere"), ("PUT", "ok")])
async def test_unknown_path_or_method(deployed: Deployment, parity: Parity, method: str, path: str) -> None:
    """Row: 403 `Missing Authentication Token` (unknown path or method), MissingAuthenticationTokenException."""
    answer = parity("rest-unknown", await call(deployed, method, path))
    assert answer.status == 403
    assert answer.content == {"message": "Missing Authentication Token"}
    assert answer.error_type == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "no such key"}])
async def test_api_key(deployed: Deployment, parity: Parity, headers: dict[str, str]) -> None:
    """Row: 403 `Forbidden` (API key), ForbiddenException."""
    answer = parity("rest-api-key", await call(deployed, "GET", "keyed", headers=headers))
    assert (answer.status, answer.content, answer.error_type) == (403, {"message": "Forbidden"}, "ForbiddenException")
    assert (await call(deployed, "GET", "keyed", headers={"x-api-key": KEY})).status == 200


@pytest.mark.parametrize(("told_to", "more"), [("deny", " with an explicit deny"), ("elsewhere", "")])
async def test_policy(deployed: Deployment, parity: Parity, told_to: str, more: str) -> None:
    """Row: 403, key is **`Message`**: `User is not authorized to access this resource` (+ "with an explicit deny"),
    AccessDeniedException.
    """
    answer = parity(f"rest-policy-{told_to}", await call(deployed, "GET", f"good?auth={told_to}"))
    assert answer.status == 403
    assert answer.content == {"Message": f"User is not authorized to access this resource{more}"}
    assert answer.error_type == "AccessDeniedException"


@pytest.mark.parametrize("path", ["good", "good?auth=unauthorized"])
async def test_unauthorized(deployed: Deployment, parity: Parity, path: str) -> None:
    """Row: 401 `Unauthorized`, UnauthorizedException."""
    answer = parity("rest-unauthorized", await call(deployed, "GET", path))
    assert (answer.status, answer.content) == (401, {"message": "Unauthorized"})
    assert answer.error_type == "UnauthorizedException"


async def test_bad_requests(deployed: Deployment, parity: Parity) -> None:
    """Row: 400 `Invalid request body` / missing parameters list, BadRequestException."""
    headers = {"Content-Type": "application/json"}
    answer = parity("rest-body", await call(deployed, "POST", "checked?page=1", headers=headers, body=b"{}"))
    assert (answer.status, answer.content) == (400, {"message": "Invalid request body"})
    assert answer.error_type == "BadRequestException"
    answer = parity("rest-parameters", await call(deployed, "POST", "checked", headers=headers, body=b'{"name": "x"}'))
    assert (answer.status, answer.error_type) == (400, "BadRequestException")
    assert answer.content == {"message": "Missing required request parameters: [page]"}


async def test_too_long(deployed: Deployment, parity: Parity) -> None:
    """Row: 413 `Request Too Long`."""
    answer = parity("rest-too-long", await call(deployed, "POST", "checked?page=1", body=b"x" * (10 * 1024 * 1024 + 1)))
    assert answer.status == 413
    assert answer.content == {"message": "Request Too Long"}


async def test_media_type(deployed: Deployment, parity: Parity) -> None:
    """Row: 415 `Unsupported Media Type`."""
    answer = parity(
        "rest-media-type", await call(deployed, "POST", "typed", headers={"Content-Type": "text/x"}, body=b"x")
    )
    assert (answer.status, answer.content) == (415, {"message": "Unsupported Media Type"})


async def test_limit_exceeded(deployed: Deployment, parity: Parity) -> None:
    """Row: 429 `Limit Exceeded`, LimitExceededException. (`Too Many Requests` is in test_limits.py.)"""
    for _ in range(3):
        answer = await call(deployed, "GET", "keyed", headers={"x-api-key": SPENT_KEY})
    parity("rest-limit-exceeded", answer)
    assert (answer.status, answer.content) == (429, {"message": "Limit Exceeded"})
    assert answer.error_type == "LimitExceededException"


@pytest.mark.parametrize("path", ["gone?auth=allow", "good?auth=no-policy", "good?auth=nested", "good?auth=throw"])
async def test_authorizer_is_no_good(deployed: Deployment, parity: Parity, path: str) -> None:
    """Row: 500 `null` (authorizer misconfigured), AuthorizerConfigurationException."""
    answer = parity("rest-authorizer-no-good", await call(deployed, "GET", path))
    assert (answer.status, answer.content) == (500, {"message": None})
    assert answer.error_type == "AuthorizerConfigurationException"


@pytest.mark.parametrize("do", [{"throw": "boom"}, {"return": "text"}, {"return": {"statusCode": 200, "x": 1}}])
async def test_internal_server_error(deployed: Deployment, parity: Parity, do: dict[str, object]) -> None:
    """Row: 502 / 500 `Internal server error`, InternalServerErrorException."""
    answer = parity("rest-internal", await call(deployed, "GET", "ok" + told(**do)))
    assert (answer.status, answer.content) == (502, {"message": "Internal server error"})
    assert answer.error_type == "InternalServerErrorException"


@pytest.mark.parametrize("path", ["got", "private", "missing"])
async def test_integration_can_never_work(deployed: Deployment, parity: Parity, path: str) -> None:
    """Row: 502 / 500 `Internal server error`: 500 where the function is invoked by GET, may not be, or is missing."""
    answer = parity(f"rest-integration-{path}", await call(deployed, "GET", path))
    assert (answer.status, answer.content) == (500, {"message": "Internal server error"})
    assert answer.error_type == "InternalServerErrorException"


async def test_timed_out(deployed: Deployment, parity: Parity) -> None:
    """Row: 504 `Endpoint request timed out`, InternalServerErrorException."""
    answer = parity("rest-timed-out", await call(deployed, "GET", "slow" + told(sleep=3)))
    assert (answer.status, answer.content) == (504, {"message": "Endpoint request timed out"})
    assert answer.error_type == "InternalServerErrorException"
