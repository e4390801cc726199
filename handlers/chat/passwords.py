"""Password hashes: bcrypt, cost 10. The only module that imports bcrypt, which only signup and login carry."""

from __future__ import annotations

import bcrypt

from handlers.chat.errors import InvalidPassword

_COST = 10
_MIN_BYTES, _MAX_BYTES = 8, 72  # bcrypt reads no more than 72 bytes
# The hash of a random password that nobody kept: checking against it takes the time of a real check.
_NOBODY = b"$2b$10$LTr7aPDFQwhb.SYcBwbVI.TVs6opwn5Y2xeYNdnj/zAy8v41lkiyi"


def hash_password(password: str) -> str:
    """Raises InvalidPassword: not 8-72 bytes in UTF-8."""
    secret = password.encode()
    if not _MIN_BYTES <= len(secret) <= _MAX_BYTES:
        raise InvalidPassword
    return bcrypt.hashpw(secret, bcrypt.gensalt(_COST)).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the hashed one. None (no such user) is never matched, and takes as long to say so."""
    # Only the first 72 bytes can be checked; a longer password belongs to nobody, since none can be set.
    secret = password.encode()
    same = bcrypt.checkpw(secret[:_MAX_BYTES], password_hash.encode() if password_hash else _NOBODY)
    return same and password_hash is not None and len(secret) <= _MAX_BYTES
