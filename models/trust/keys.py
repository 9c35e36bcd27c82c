"""Ids of keys, and the fingerprint of a root of trust."""

import base64
import hashlib

import msgspec

from models.messages import RootKey, RootOfTrust, TrustChange, TrustedKey
from models.trust.signatures import from_text

_sorted = msgspec.json.Encoder(order="sorted").encode


def key_id(public: str) -> str:
    """Names a public key in signatures: the first 120 bits of its SHA-256, base32.

    >>> key_id("A" * 43)
    'mzuhvlpymk6xo3epygfy5h4o'
    """
    return base64.b32encode(hashlib.sha256(from_text(public)).digest()[:15]).decode().lower()


def root_fingerprint(root: RootOfTrust) -> str:
    """SHA-256 of a root of trust: what a setting and the journal name it by."""
    return hashlib.sha256(_sorted(root)).hexdigest()


def fault_of(change: TrustChange) -> str | None:
    """What is wrong with these keys in themselves; None where nothing is."""
    root = change.root
    listed: tuple[RootKey | TrustedKey, ...] = (*root.keys, *change.keys)
    for each in listed:
        try:
            key_id(each.key)
        except ValueError as error:
            return f"key {each.name}: {error}"
    if root.threshold > len(root.keys):
        return f"{root.threshold} of {len(root.keys)} root keys cannot sign"
    for what, keys in (("root key", root.keys), ("key", change.keys)):
        if len({each.key for each in keys}) < len(keys):
            return f"a {what} is listed twice"
        if len({each.name for each in keys}) < len(keys):
            return f"two of its {what}s have one name"
    if {each.key for each in root.keys} & {each.key for each in change.keys}:
        return "a root key has a role as well: a root key signs changes of keys only"
    return None
