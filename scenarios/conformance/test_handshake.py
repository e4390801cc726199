"""What a client sees whose handshake is refused (aws-behaviour §3.2), one test per row."""

from __future__ import annotations

import json

import pytest

from scenarios.conformance.client import dialled, refusal, signed, told
from scenarios.conformance.deployment import KEY, SPENT_KEY, Deployment
from scenarios.conformance.parity import Parity


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_handler_returns_another_status(deployed: Deployment, parity: Parity, status: int) -> None:
    """Row: "Handler returns `statusCode` N outside 2xx (e.g. 400, 401, 403, 500)": N."""
    answer = {"return": {"statusCode": status, "body": "no"}}
    refused = await refusal(deployed.websocket("plain") + told(**answer))
    assert parity(f"handshake-{status}", refused) == (status, "no")


@pytest.mark.parametrize(
    "do",
    [
        {"throw": "boom"},
        {"exit": True},
        {"return": None},
        {"return": "text"},
        {"return": {}},
        {"return": {"statusCode": 200, "x": 1}},
    ],
    ids=["throws", "exits", "absent", "text", "no status", "unknown key"],
)
async def test_handler_throws_or_answers_malformed(deployed: Deployment, parity: Parity, do: dict[str, object]) -> None:
    """Row: "Handler throws, init error, malformed/absent response": 502."""
    status, body = parity("handshake-502", await refusal(deployed.websocket("plain") + told(**do)))
    assert status == 502
    assert set(json.loads(body)) == {"message", "connectionId", "requestId"}


async def test_handler_fails_to_initialise(deployed: Deployment) -> None:
    """Row: "Handler throws, init error, malformed/absent response": 502."""
    assert (await refusal(deployed.websocket("broken")))[0] == 502


@pytest.mark.unverified
async def test_connect_times_out(deployed: Deployment, parity: Parity) -> None:
    """Row: "`$connect` integration exceeds its timeout": 504 (U)."""
    assert parity("handshake-504", await refusal(deployed.websocket("slow") + told(sleep=3)))[0] == 504


async def test_identity_source_is_missing(deployed: Deployment, parity: Parity) -> None:
    """Row: "Authorizer configured and an identity source is missing": 401, function not called (it would throw)."""
    status, body = parity("handshake-identity-source", await refusal(deployed.websocket("authorized")))
    assert (status, json.loads(body)["message"]) == (401, "Unauthorized")


async def test_authorizer_says_unauthorized(deployed: Deployment, parity: Parity) -> None:
    """Row: "Authorizer fails with the exact error text `Unauthorized`": 401."""
    refused = await refusal(deployed.websocket("authorized") + "?auth=unauthorized")
    assert parity("handshake-authorizer-unauthorized", refused)[0] == 401


@pytest.mark.parametrize("told_to", ["deny", "elsewhere"])
async def test_policy_does_not_allow(deployed: Deployment, parity: Parity, told_to: str) -> None:
    """Row: "Policy is Deny, or no statement allows the `$connect` ARN (note `…/stage/*/*` does **not** match
    `…/stage/$connect`)": 403.
    """
    refused = await refusal(deployed.websocket("authorized") + f"?auth={told_to}")
    assert parity(f"handshake-policy-{told_to}", refused)[0] == 403


@pytest.mark.parametrize("told_to", ["throw", "nested", "no-policy", "status"])
async def test_authorizer_is_no_good(deployed: Deployment, parity: Parity, told_to: str) -> None:
    """Row: "Authorizer crashes, times out, returns invalid output (nested context, no policy, `{statusCode:401}`)":
    500.
    """
    refused = await refusal(deployed.websocket("authorized") + f"?auth={told_to}")
    assert parity("handshake-authorizer-no-good", refused)[0] == 500


async def test_authorizer_times_out(deployed: Deployment, parity: Parity) -> None:
    """Row: "Authorizer crashes, times out, returns invalid output": 500."""
    refused = await refusal(deployed.websocket("hasty") + "?auth=sleep")
    assert parity("handshake-authorizer-times-out", refused)[0] == 500


async def test_allowed(deployed: Deployment) -> None:
    """And with a policy that allows it, the connection opens."""
    async with dialled(deployed.websocket("authorized") + "?auth=allow"):
        pass


async def test_no_signature(deployed: Deployment, parity: Parity) -> None:
    """Row: "AWS_IAM: no or bad signature / not allowed": 403. Bad: no signature at all, or one for another service."""
    assert parity("handshake-unsigned", await refusal(deployed.websocket("signed")))[0] == 403
    _, for_another = signed(deployed, deployed.websocket("signed"), in_query=False, service="lambda")
    for_another.pop("Host", None)
    for headers in ({"Authorization": "AWS4-HMAC-SHA256 nonsense"}, for_another):
        assert (await refusal(deployed.websocket("signed"), additional_headers=headers))[0] == 403


@pytest.mark.parametrize("in_query", [True, False], ids=["query", "headers"])
async def test_signature(deployed: Deployment, in_query: bool) -> None:
    """And with one, in headers or in the query as browsers do (§3.6), it opens."""
    url, headers = signed(deployed, deployed.websocket("signed"), in_query=in_query)
    headers.pop("Host", None)
    async with dialled(url, additional_headers=headers):
        pass


async def test_used_up_plan(deployed: Deployment) -> None:
    """Row: "Throttled": 429; here by a usage plan (§3.1: "exhausted plan → 429"). Without a key 403."""
    url = deployed.websocket("keyed")
    assert (await refusal(url))[0] == 403
    async with dialled(url, additional_headers={"x-api-key": KEY}):
        pass
    statuses = []
    for _ in range(3):
        try:
            async with dialled(url, additional_headers={"x-api-key": SPENT_KEY}):
                statuses.append(101)
        except Exception as refused:  # noqa: BLE001
            statuses.append(refused.response.status_code)  # type: ignore[attr-defined]
    assert statuses[-1] == 429
