"""Rows as the warehouse gives them for one payment, for tests without a warehouse."""

from datetime import datetime
from typing import Any, Final

from dashboards.console.warehouse import Rows

AT: Final = datetime(2026, 6, 14, 9, 30, 0, 206_000)
SCRIPT: Final = "<script>alert(1)</script>"
DECISION: Final[dict[str, Any]] = {
    "engine_time": AT,
    "merchant_account": "acme",
    "payment_id": "order-1",
    "attempt": 1,
    "phase": "pre_auth",
    "verdict": "decline",
    "probability": 0.871,
    "score": 85,
    "hits": ["velocity"],
    "decided_by": "block",
    "level": "global",
    "tags": [],
    "shadow_hits": ["trial"],
    "reasons": ["velocity", "NEW_DEVICE"],
    "propensity": None,
    "sca": "required",
    "sca_exemption": "",
    "sca_scope": "",
    "liability": "merchant",
    "challenger_model": "",
    "challenger_probability": None,
    "challenger_verdict": "",
    "champion_model": "",
    "champion_probability": None,
    "champion_verdict": "",
    "amount": 56_000,
    "currency": "EUR",
    "reference_amount": 56_000,
    "method": "card",
    "merchant_id": "shop-1",
    "merchant_country": "DE",
    "occurred_at": AT,
    "received_at": AT,
    "decided_at": AT,
    "latency_ms": 12,
    "model": "0123456789abcdef",
    "ruleset": "rules-1",
    "policy": "policy-1",
    "catalogue": "c",
    "degraded": [],
    "redacted": [],
    "sequence": 7,
    "deciding_rule": "velocity",
    "payment_known": True,
    "card": "tok_card_0001",
    "bin": "411111",
    "issuer_country": "FR",
    "customer": "customer-17",
    "device": "device-0009",
    "ip_network": "aabbccddeeff",
    "email": "",
    "delivery_address": "",
    "mcc": "5411",
    "channel": "ecommerce",
    "three_ds_result": "",
    "superseded_verdict": "",
    "late": False,
}
HABIT: Final[dict[str, Any]] = {
    "payments": 20, "declined": 1, "since": datetime(2026, 1, 1), "last_at": datetime(2026, 6, 1),
    "comparable": 20, "median_amount": 3_000, "most_amount": 9_000, "at_merchant": 0, "near_hour": 12,
    "last_hour": 0, "last_day": 1, "a_day": 0.12,
}  # fmt: skip
LINKED: Final[dict[str, Any]] = {
    "merchant_account": "acme", "payment_id": "order-2", "first_at": AT, "verdict": "approve", "paid": 100,
    "paid_in": "EUR", "merchant": "shop-1", "shared": ["card", "device"], "linked": 3,
}  # fmt: skip
EVENT: Final[dict[str, Any]] = {
    "at": AT,
    "event": "outcome",
    "what": "captured",
    "detail": "",
    "merchant_account": "acme",
    "payment_id": "order-1",
    "attempt": 1,
    "phase": "",
    "merchant_id": "shop-1",
    "amount": 56_000,
    "currency": "EUR",
}
RULE: Final[dict[str, Any]] = {
    "id": "velocity", "description": "Six payments in an hour", "condition": "card_payment_count_1h > 5",
    "owner": "fraud-team", "of_group": "", "of_merchant": "",
}  # fmt: skip
LABEL: Final[dict[str, Any]] = {
    "merchant_account": "acme",
    "attempt": 1,
    "known_at": AT,
    "label": "fraud",
    "source": "chargeback",
    "strength": 80,
    "final": False,
    "age_days": 12,
    "stood_before": "",
    "stands_after": "fraud",
}
DISPUTE: Final[dict[str, Any]] = {
    "dispute_id": "d-1", "attempt": 1, "stage": "chargeback", "stages": ["chargeback"], "opened_at": AT,
    "reached_at": AT, "disputed_amount": 56_000, "currency": "EUR", "scheme": "visa", "reason_code": "10.4",
    "ground": "",
}  # fmt: skip
REVIEW: Final[dict[str, Any]] = {
    "at": AT, "author": "ana", "label": "fraud", "reason": "seen before", "is_overturned": False
}  # fmt: skip
MESSAGE: Final[dict[str, Any]] = {
    "customer_since": None, "three_ds_version": "", "three_ds_result": "", "eci": "", "liability_shift": None,
    "sca_exemption_asked": "", "merchant_initiated": False, "avs_result": "", "cvv_result": "M",
    "metadata": {"basket": "3 items"}, "redacted": [],
}  # fmt: skip


def rows(*found: dict[str, Any]) -> Rows:
    """Rows of dictionaries with the same keys."""
    return Rows(tuple(found[0]), [tuple(row.values()) for row in found]) if found else Rows((), [])


def scripted(row: dict[str, Any], *but: str) -> dict[str, Any]:
    """The row with a script in each of its texts, in lists and maps as well, but for some fields."""
    return {name: value if name in but else _scripted(value) for name, value in row.items()}


def _scripted(value: Any) -> Any:
    if isinstance(value, str):
        return SCRIPT
    if isinstance(value, list):
        return [SCRIPT]
    if isinstance(value, dict):
        return {SCRIPT: SCRIPT}
    return value
