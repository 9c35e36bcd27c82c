"""Networks of payers' addresses under a keyed hash: equal networks are equal, and none can be read back.

Invariants
- No address and no network is in any table, only 16 hex digits of HMAC-SHA256 under a key of this
  installation. There are only 16 million networks /24: without a key anybody could try them all.
- The same key gives the same hash, so that a rebuild gives the same rows. The key is made once, in a file
  that only its owner can read; other hosts that fill the same ClickHouse get a copy of it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from models.reference import network, parsed
from storage import StagedFile
from streams.errors import Misconfigured

DIGITS: Final = 16
KEY_BYTES_MIN: Final = 16
OTHERS: Final = 0o007
REMEMBERED_MAX: Final = 1 << 16


class BadNetworkKeyError(Misconfigured):
    """The key of the networks' hash is missing, too short, or others can read it."""


class IpNetworks:
    """Hashes the networks of addresses under `key`."""

    def __init__(self, key: bytes) -> None:
        self._hashed = lru_cache(REMEMBERED_MAX)(lambda name: _hash(key, name))

    def hashed(self, ips: Iterable[str | None]) -> list[str]:
        """16 hex digits each; empty where there is no address, or one that cannot be read.

        >>> a, b, c, d = IpNetworks(16 * b"k").hashed(["203.0.113.7", "203.0.113.99", "203.0.114.7", "x"])
        >>> a == b, a == c, len(a), d
        (True, False, 16, '')
        """
        addresses = parsed(list(ips)).text
        return ["" if text is None else self._hashed(network(text)) for text in addresses]


def _hash(key: bytes, name: str) -> str:
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def network_key(path: Path) -> bytes:
    """The key in this file, made where there is none. Raises BadNetworkKeyError."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedFile(path, durable=True) as file:
            file.discard()
            file.partial.touch(mode=0o600)
            file.partial.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    key = path.read_bytes().strip()
    if path.stat().st_mode & OTHERS:
        raise BadNetworkKeyError(f"everybody on this machine can read {path}: run `chmod 600 {path}`")
    if len(key) < KEY_BYTES_MIN:
        raise BadNetworkKeyError(f"{path} has {len(key)} bytes: a key has {KEY_BYTES_MIN} or more")
    return key
