"""The server's side of USER_SRP_AUTH: a client proves that it knows a password without showing it.

SRP-6a (RFC 5054) as Cognito does it: the 3072-bit group of RFC 3526, SHA-256, the user named `{pool name}{user id}`,
the session key drawn out by HKDF under the info "Caldera Derived Key". Cognito's documentation describes the messages
only; the arithmetic is that of AWS's client libraries (amazon-cognito-identity-js, `AuthenticationHelper`).
Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from dataclasses import dataclass, field

N = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7"
    "abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c"
    "bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    16,
)
G = 2
_INFO = b"Caldera Derived Key\x01"


@dataclass(frozen=True)
class Verifier:
    """What is kept of a password; it lets one check a proof and not make one."""

    user_id: str
    salt: int
    value: int

    @classmethod
    def of(cls, pool_id: str, user_id: str, password: str) -> Verifier:
        """Some milliseconds of arithmetic."""
        # 16 bytes, of which the first needs no padding in any way of writing the number.
        salt = 1 << 126 | secrets.randbits(126)
        identity = hashlib.sha256(f"{_pool_name(pool_id)}{user_id}:{password}".encode()).digest()
        return cls(user_id, salt, pow(G, _hash(_bytes(salt), identity), N))

    @classmethod
    def of_nobody(cls, pool_id: str, user_id: str) -> Verifier:
        """One that no password goes with, to answer for a user who does not exist."""
        return cls.of(pool_id, user_id, secrets.token_hex())


@dataclass(frozen=True)
class Exchange:
    """One attempt: the client has sent A, and gets salt, B and a secret block that it has to sign.

    Raises:
        ValueError: A is one with which anybody would know the key.
    """

    pool_id: str
    verifier: Verifier
    client_public: int
    _secret: int = field(default_factory=lambda: secrets.randbits(1024), repr=False)
    secret_block: bytes = field(default_factory=lambda: secrets.token_bytes(96), repr=False)

    def __post_init__(self) -> None:
        if self.client_public % N == 0:
            raise ValueError("SRP_A is a multiple of the group's modulus")

    @property
    def public(self) -> int:
        """B."""
        return (_hash(_bytes(N), _bytes(G)) * self.verifier.value + pow(G, self._secret, N)) % N

    def parameters(self) -> dict[str, str]:
        """The challenge's parameters, as InitiateAuth answers them."""
        return {
            "SALT": f"{self.verifier.salt:x}",
            "SRP_B": f"{self.public:x}",
            "SECRET_BLOCK": b64encode(self.secret_block).decode(),
            "USERNAME": self.verifier.user_id,
            "USER_ID_FOR_SRP": self.verifier.user_id,
        }

    def is_proven_by(self, signature: str, timestamp: str) -> bool:
        """Whether PASSWORD_CLAIM_SIGNATURE was made with the right password."""
        message = f"{_pool_name(self.pool_id)}{self.verifier.user_id}".encode() + self.secret_block + timestamp.encode()
        expected = b64encode(hmac.digest(self._key(), message, "sha256"))
        return hmac.compare_digest(expected, signature.encode())

    def _key(self) -> bytes:
        u = _hash(_bytes(self.client_public), _bytes(self.public))
        shared = pow(self.client_public * pow(self.verifier.value, u, N), self._secret, N)
        return hmac.digest(hmac.digest(_bytes(u), _bytes(shared), "sha256"), _INFO, "sha256")[:16]


def _pool_name(pool_id: str) -> str:
    return pool_id.partition("_")[2]


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest())


def _bytes(number: int) -> bytes:
    """Big-endian, with a zero byte before a first byte from 0x80 on: Java's BigInteger, whose form the protocol has."""
    return number.to_bytes(number.bit_length() // 8 + 1)
