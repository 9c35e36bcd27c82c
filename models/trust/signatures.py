"""Ed25519 (RFC 8032): the one place where signatures are made and checked.

A signature is over `DOMAIN` and the text, so that nothing that was signed for another purpose passes for a
control. Ed25519 is deterministic: the same key and text give the same signature.
"""

import base64
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DOMAIN: Final = b"tollgate control 1\n"


class SigningKey:
    """A private key. Its seed is drawn elsewhere; it is neither shown nor compared.

    >>> key = SigningKey(bytes(32))
    >>> verify(key.public, sign(key, b"text"), b"text"), verify(key.public, sign(key, b"text"), b"other")
    (True, False)
    """

    def __init__(self, seed: bytes) -> None:
        """`seed`: 32 random bytes. Raises `ValueError` for another number."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public: Final = to_text(raw)
        """The public key, base64url."""

    def signature(self, message: bytes) -> bytes:
        """64 bytes over exactly this message."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey(of {self.public})"


def sign(key: SigningKey, text: bytes) -> str:
    """The signature of a statement's text, base64url."""
    return to_text(key.signature(DOMAIN + text))


def verify(public: str, signature: str, text: bytes) -> bool:
    """Whether the holder of the private key signed exactly this text. False for what is no key."""
    try:
        _public_key(public).verify(from_text(signature), DOMAIN + text)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_text(content: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes of `to_text`. Raises `ValueError` for any other spelling of them."""
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_text(content) != text:
        raise ValueError(f"{text!r} is not how its bytes are written in base64url")
    return content


@lru_cache(maxsize=1_024)
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(from_text(public))
