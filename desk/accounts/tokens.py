"""Tokens of sessions and links: 256 random bits, of which the database holds only the SHA-256."""

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32
LENGTH_MAX: Final = 64


def new_token() -> str:
    """A token, in characters that an address can hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def sha256_of(token: str) -> bytes:
    """What is stored. One that cannot be ours, however long or strange, has a hash that nothing has."""
    known = token if len(token) <= LENGTH_MAX else ""
    return hashlib.sha256(known.encode(errors="replace")).digest()
