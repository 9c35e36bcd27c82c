"""A short name for content: what a decision cites as the version of its ruleset, policy or model.

>>> content_version({"b": 1, "a": [True, None]}) == content_version({"a": [True, None], "b": 1})
True
"""

import hashlib
import json
from typing import Any

VERSION_DIGITS = 16


def bytes_version(blob: bytes) -> str:
    """First 16 hex digits of SHA-256."""
    return hashlib.sha256(blob).hexdigest()[:VERSION_DIGITS]


def content_version(document: Any) -> str:
    """Version of a JSON-like document: of its canonical JSON (sorted keys, no spaces, UTF-8).

    Raises TypeError or ValueError for what JSON cannot carry (dates, NaN, other objects).
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return bytes_version(text.encode("utf-8", "surrogatepass"))
