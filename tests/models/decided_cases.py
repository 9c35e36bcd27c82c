"""Decided payments for tests: one row a dictionary, what is not given is that of a plain approved payment."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.decided_payments import NEVER, DecidedPayments
from models.decided_payments.from_messages import columns_of
from models.policy import DecidedBy
from models.verdict_value import LabelCode

PLAIN: Final[Mapping[str, Any]] = {
    "payments": 1, "accounts": "acme", "payment_ids": "p", "attempts": 1, "merchants": "shop",
    "countries": "FR",
    "methods": "card", "schemes": "visa", "bins": "411111", "cards": "c", "devices": None,
    "at_terminal": False, "amounts": 10_000, "currencies": "EUR", "reference_amounts": 10_000,
    "occurred_at": 0, "decided_at": 0,
    "verdicts": 0, "decided_by": DecidedBy.POLICY, "hits": (), "rulesets": "r", "models": "m",
    "probability_micro": 0, "degraded": False, "shifted_before": False, "authenticated": False,
    "authorised_at": 1, "declined_at": NEVER, "captured_at": 2, "captured": 10_000, "refunded": 0,
    "voided": False, "labels": LabelCode.NONE, "known_at": NEVER, "fraud_known_at": NEVER,
}  # fmt: skip


def decided(rows: Sequence[Mapping[str, Any]]) -> DecidedPayments:
    """The rows as columns; `day` sets the times of payment and decision."""
    filled = []
    for row in rows:
        times = (
            {"occurred_at": row["day"] * 86_400_000, "decided_at": row["day"] * 86_400_000}
            if "day" in row
            else {}
        )
        filled.append({**PLAIN, **times, **{key: value for key, value in row.items() if key != "day"}})
    return columns_of(filled)
