import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from handlers.chat.rs256 import PublicKey
from tests.handlers.chat.pool import jwk, private_key, public_key

MESSAGE = b"header.payload"


def sign(message: bytes, kid: str = "a") -> bytes:
    return private_key(kid).sign(message, padding.PKCS1v15(), hashes.SHA256())


@given(st.binary())
def test_what_the_private_key_signed_is_verified(message: bytes) -> None:
    assert public_key().verifies(sign(message), message)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_keys_of_every_usual_length_are_used(bits: int) -> None:
    numbers = private_key("long", bits).public_key().public_numbers()
    signature = private_key("long", bits).sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert PublicKey(numbers.n, numbers.e).verifies(signature, MESSAGE)


@given(st.integers(0, 8 * 256 - 1))
def test_one_bit_changed_in_a_signature_breaks_it(bit: int) -> None:
    signature = bytearray(sign(MESSAGE))
    signature[bit // 8] ^= 1 << bit % 8
    assert not public_key().verifies(bytes(signature), MESSAGE)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_pass_for_a_signature(signature: bytes) -> None:
    assert not public_key().verifies(signature, MESSAGE)


def test_another_message_another_key_and_another_scheme_are_refused() -> None:
    assert not public_key().verifies(sign(MESSAGE), MESSAGE + b"!")
    assert not public_key("b").verifies(sign(MESSAGE), MESSAGE)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    assert not public_key().verifies(private_key().sign(MESSAGE, pss, hashes.SHA256()), MESSAGE)
    assert not public_key().verifies(private_key().sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512()), MESSAGE)


def test_the_modulus_added_to_a_signature_is_no_second_signature() -> None:
    """The sum has the same power; RFC 8017 refuses numbers that are not below the modulus."""
    number = int.from_bytes(sign(MESSAGE)) + public_key().modulus
    assert not public_key().verifies(number.to_bytes(257), MESSAGE)
    assert not public_key().verifies(b"\x00" + sign(MESSAGE), MESSAGE)


def test_a_block_with_less_padding_and_something_behind_the_digest_is_refused() -> None:
    """The forgery of 2006: with exponent 3 a cube root gives a block that begins as it should."""
    tail = b"\x00" + bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(MESSAGE).digest()
    wanted = int.from_bytes((b"\x00\x01" + b"\xff" * 8 + tail).ljust(256, b"\xff"))
    root = 1 << (wanted.bit_length() // 3 + 1)
    while root**3 > wanted:
        root = (2 * root + wanted // root**2) // 3
    assert (root**3).to_bytes(256)[: 10 + len(tail)] == b"\x00\x01" + b"\xff" * 8 + tail
    key = PublicKey(public_key().modulus, 3)
    assert not key.verifies(root.to_bytes(256), MESSAGE)


@pytest.mark.parametrize(
    "change",
    [{"kty": "EC"}, {"alg": "RS512"}, {"n": "AQAB"}, {"n": "A" * 2000}, {"e": "AQ"}, {"n": "ü"}],
    ids=["no RSA", "another algorithm", "short", "long", "exponent 1", "no base64"],
)
def test_a_key_that_is_none_for_this_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # which one is told by the case
        PublicKey.from_jwk({**jwk(), **change})
    without = jwk()
    del without["n"]
    with pytest.raises(ValueError, match="without 'n'"):
        PublicKey.from_jwk(without)


def test_the_numbers_are_the_keys() -> None:
    numbers = private_key().public_key().public_numbers()
    assert public_key() == PublicKey(numbers.n, numbers.e)
    assert base64.urlsafe_b64decode(jwk()["e"]) == b"\x01\x00\x01"
