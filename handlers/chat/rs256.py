"""RS256, the verifying half: RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 section 8.2.2.

It is one power of public numbers and one comparison, with nothing secret in it that time could tell. The expected
block is built and compared as a whole; it is never taken apart, which is how verifiers of this kind were broken
(CVE-2006-4339). The library for it, cryptography, would add 15 MB to a function's package, and a part that is compiled
for one version of Python.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# DigestInfo of SHA-256 before the digest itself: RFC 8017 section 9.2, note 1.
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_MIN_MODULUS_BITS: Final = 2048
_MAX_MODULUS_BITS: Final = 4096


@dataclass(frozen=True)
class PublicKey:
    modulus: int
    exponent: int

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, str]) -> PublicKey:
        """The key of a JWK (RFC 7518 section 6.3.1). Raises ValueError: it is no RSA key, or one too short or long."""
        if jwk.get("kty") != "RSA" or jwk.get("alg", "RS256") != "RS256":
            raise ValueError("no key for RS256")
        try:
            key = cls(_number(jwk["n"]), _number(jwk["e"]))
        except KeyError as error:
            raise ValueError(f"a key without {error}") from error
        if not _MIN_MODULUS_BITS <= key.modulus.bit_length() <= _MAX_MODULUS_BITS or key.exponent < 3:
            raise ValueError(f"a key of {key.modulus.bit_length()} bits")
        return key

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature of the message was made with the other half of this key."""
        size_bytes = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != size_bytes or number >= self.modulus:
            return False
        block = pow(number, self.exponent, self.modulus).to_bytes(size_bytes)
        return hmac.compare_digest(block, _expected_block(message, size_bytes))


def _expected_block(message: bytes, size_bytes: int) -> bytes:
    tail = b"\x00" + _DIGEST_INFO + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size_bytes - 2 - len(tail)) + tail


def _number(base64url: str) -> int:
    return int.from_bytes(urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4)))
