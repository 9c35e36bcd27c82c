"""The figures of a backtest as its process writes them: thirty days of a rule that leaves shadow."""

from datetime import datetime, timedelta
from typing import Any, Final

LINES: Final = ("declined", "declined or reviewed", "not approved at once", "approved")


def backtest_result(now: datetime) -> dict[str, Any]:
    """New and live ruleset on the same payments."""
    return {
        "rows": 41_210, "as_of": now - timedelta(hours=2), "maturity_days": 60.0,
        "verdicts": _verdicts(1.09), "base": {"verdicts": _verdicts(1.0), "moves": _moves()},
        "days": [_day(now - timedelta(days=30 - number), number) for number in range(30)],
        "rules": [_rule("card_testing", "block", 96, 88), _rule("many_cards_on_device", "score 60", 130, 71)],
        "coverage": {
            "payments": 41_210, "labelled": 1_402, "presumed": 30_118, "young_unlabelled": 8_900,
            "stopped_unlabelled": 790, "no_vector": 0, "other_catalogue": 12,
        },
        "left_out": ["what customers do after a decline that did not happen", "changes of lists since"],
        "examples": [
            {"sequence": 40 + number, "engine_time": round(now.timestamp() * 1000) - 60_000 * number,
             "reference_amount": 84_000 - 3_100 * number, "from": "approve", "to": "review",
             "status": ("disputed", "succeeded", "refunded")[number % 3],
             "label": ("fraud", "unknown", "legitimate")[number % 3], "rules": ["many_cards_on_device"]}
            for number in range(6)
        ],
    }  # fmt: skip


def _verdicts(factor: float) -> dict[str, dict[str, Any]]:
    return {
        line: {
            "payments": round(900 * factor * (1 + number)), "value": round(5_100_000 * factor * (1 + number)),
            "fraud": round(310 * factor), "value_caught": round(2_050_000 * factor),
            "legitimate": 41 + number, "friendly": 3, "unknown": round(520 * factor * (1 + number)),
            "value_blocked_by_mistake": 260_000, "insult_rate": 0.0012 * factor,
            "precision": 0.84, "recall": min(1.0, 0.61 * factor),
        }
        for number, line in enumerate(LINES)
    }  # fmt: skip


def _moves() -> list[dict[str, Any]]:
    return [
        {"from": "approve", "to": "review", "payments": 71, "fraud": 31, "legitimate": 2, "unknown": 38,
         "value": 1_204_000},
        {"from": "challenge", "to": "review", "payments": 9, "fraud": 4, "legitimate": 1, "unknown": 4,
         "value": 90_000},
    ]  # fmt: skip


def _day(day: datetime, number: int) -> dict[str, Any]:
    base = {"declined": 24 + number % 9, "frauds_caught": 9 + number % 5, "mistakes": 1 + number % 2}
    new = {"declined": base["declined"] + 2, "frauds_caught": base["frauds_caught"] + number % 3,
           "mistakes": base["mistakes"]}  # fmt: skip
    return {"day": day.date().isoformat(), "base": base, "new": new}


def _rule(name: str, does: str, payments: int, fraud: int) -> dict[str, Any]:
    return {
        "id": name, "mode": "live", "does": does, "payments": payments, "disputed": fraud // 2,
        "refunded": 3, "stopped": fraud // 3, "succeeded": payments - fraud, "value": payments * 9_100,
        "unique": payments // 3, "fraud": fraud, "legitimate": 2, "friendly": 0,
        "unknown": payments - fraud - 2, "precision": fraud / (fraud + 2), "insult_rate": 0.0004,
    }  # fmt: skip
