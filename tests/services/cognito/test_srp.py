"""Proofs, made by a client library that knows nothing of ours."""

import pytest
from pycognito.aws_srp import AWSSRP

from cloudrig.services.cognito.srp import Exchange, N, Verifier

POOL = "us-east-1_abcdefghi"


def prove(exchange: Exchange, client: AWSSRP) -> tuple[str, str]:
    """Signature and timestamp, as the client answers the challenge."""
    answer = client.process_challenge(exchange.parameters(), {"USERNAME": "Ann"})
    return answer["PASSWORD_CLAIM_SIGNATURE"], answer["TIMESTAMP"]


def client(password: str = "correct horse") -> AWSSRP:
    return AWSSRP("Ann", password, POOL, "client", client=object())


def exchange(client: AWSSRP, pool: str = POOL) -> Exchange:
    return Exchange(pool, Verifier.of(pool, "Ann", "correct horse"), client.large_a_value)


@pytest.mark.parametrize("attempt", range(8))
def test_the_right_password_is_proven(attempt: int) -> None:
    """Several times: numbers whose first byte is from 0x80 on are written with a zero before it, or a proof fails."""
    knows = client()
    begun = exchange(knows)
    assert begun.is_proven_by(*prove(begun, knows))


def test_a_wrong_password_proves_nothing() -> None:
    guesses = client("Correct horse")
    begun = exchange(guesses)
    assert not begun.is_proven_by(*prove(begun, guesses))


def test_a_proof_holds_for_one_exchange_and_one_time() -> None:
    knows = client()
    begun, another = exchange(knows), exchange(knows)
    signature, timestamp = prove(begun, knows)
    assert not another.is_proven_by(signature, timestamp)
    assert not begun.is_proven_by(signature, "Thu Nov 26 00:00:00 UTC 2026")
    assert not begun.is_proven_by("", timestamp)


def test_the_pool_is_part_of_the_proof() -> None:
    knows = client()
    begun = exchange(knows, pool="us-east-1_another")
    assert not begun.is_proven_by(*prove(begun, knows))


@pytest.mark.parametrize("public", [0, N, 2 * N])
def test_a_public_value_that_makes_the_key_known_to_all_is_refused(public: int) -> None:
    with pytest.raises(ValueError, match="multiple"):
        Exchange(POOL, Verifier.of(POOL, "Ann", "x"), public)


def test_nobodys_verifier_looks_like_any_other() -> None:
    somebody, nobody = Verifier.of(POOL, "Ann", "correct horse"), Verifier.of_nobody(POOL, "Ann")
    assert len(f"{somebody.salt:x}") == len(f"{nobody.salt:x}") == 32
    knows = client()
    begun = Exchange(POOL, nobody, knows.large_a_value)
    assert not begun.is_proven_by(*prove(begun, knows))


def test_neither_password_nor_secrets_show_in_what_may_be_logged() -> None:
    begun = exchange(client())
    shown = repr(begun)
    assert "secret" not in shown
    assert "horse" not in shown
