"""What draws hostile messages from a seed: a valid payment to spoil, and random choices.

Hostile payments that are valid all the same use entities of their own, so that windows of good payments must
not notice them.
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

DECISION, LETTER, SILENT = "decision", "dead letter", "known input"


@dataclass(frozen=True)
class Hostile:
    """One message: where it goes, its bytes (None: a record without value) and what may become of it."""

    kind: str
    role: str
    value: bytes | None
    allowed: frozenset[str]


def dump(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


class Maker:
    """Draws hostile messages. `now` is the time in ms that valid ones carry."""

    def __init__(self, seed: int, now: int) -> None:
        self.draw = Random(seed)
        self.now = now
        self.count = 0

    def payment(self, **changes: Any) -> dict[str, Any]:
        """A valid payment with entities of its own."""
        self.count += 1
        n = self.count
        return {
            "type": "payment",
            "merchant_account": "hostile",
            "payment_id": f"hostile-{n}",
            "occurred_at": self.now,
            "amount": 1250,
            "currency": "EUR",
            "merchant": {"id": f"hostile-m{n % 7}", "mcc": "5411", "country": "DE"},
            "method": {"kind": "card", "token": f"hostile-t{n % 50}", "bin": "599999", "country": "DE"},
            "customer": {"id": f"hostile-c{n % 40}", "created_at": 1},
            "device_id": f"hostile-d{n % 30}",
            "ip": f"203.0.113.{n % 20}",
        } | changes

    def text(self, at: str, value: object) -> bytes:
        """A payment whose field `at` holds the JSON text `value`."""
        return dump(self.payment(**{at: "@@"})).replace(b'"@@"', str(value).encode(), 1)
