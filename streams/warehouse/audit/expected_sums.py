"""What each aggregate by one dimension must hold, added up from expected rows in plain Python."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from streams.warehouse.audit.expected_rows import Cells

LENGTHS_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
Sums = dict[tuple[Any, ...], Counter[str]]


def expected_sums(tables: dict[str, list[Cells]]) -> dict[str, Sums]:
    """By aggregate: measures by key, which is the period, dimension, value and the rest in order."""
    sums = {f"decisions_by_{grain}": _decisions(tables["decisions"], grain) for grain in LENGTHS_MS}
    return sums | {
        "labels_by_day": _labels(tables["labels"]),
        "outcomes_by_day": _outcomes(tables["outcomes"]),
    }


def _decisions(rows: Iterable[Cells], grain: str) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["duplicate"]:
            continue
        period = _period(row["engine_time"], grain)
        own = {
            "decisions": 1, "amount": row["amount"], "reference_amount": row["reference_amount"],
            "payments": 1, "payments_reference_amount": row["reference_amount"],
            "scored": row["probability"] is not None,
            "probability_millionths": round((row["probability"] or 0) * 1_000_000),
            "degraded": bool(row["degraded"]), "late": row["late"],
        }  # fmt: skip
        for dimension, value in _dimensions(row):
            _add(sums, (period, dimension, value, row["verdict"], row["currency"]), own)
        if row["superseded_verdict"]:
            gone = {"payments": -1, "payments_reference_amount": -row["superseded_reference_amount"]}
            for dimension, value in _dimensions(_superseded(row)):
                _add(sums, (period, dimension, value, row["superseded_verdict"], row["currency"]), gone)
    return sums


def _superseded(row: Cells) -> Cells:
    return row | {
        "model": row["superseded_model"],
        "decided_by": row["superseded_decided_by"],
        "deciding_rule": row["superseded_rule"],
        "hits": row["superseded_hits"],
    }


def _labels(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["stood_before"] == row["stands_after"]:
            continue
        for label, count in ((row["stood_before"], -1), (row["stands_after"], 1)):
            moved = {"payments": count, "reference_amount": count * row["payment_reference_amount"]}
            for dimension, value in _dimensions(row) if label else ():
                key = (
                    _period(row["cohort_at"], "day"),
                    row["age_days"],
                    dimension,
                    value,
                    row["verdict"],
                    label,
                )
                _add(sums, key, moved)
    return sums


def _outcomes(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["repeated"]:
            continue
        own = {
            "events": 1,
            "payments": int(row["first_of_kind"]),
            "reference_amount": row["reference_amount"],
        }
        for dimension, value in _dimensions(row):
            rest = (row["verdict"], row["challenged"], row["kind"], row["decline_group"])
            _add(sums, (_period(row["cohort_at"], "day"), dimension, value, *rest), own)
    return sums


def _dimensions(row: Cells) -> Iterator[tuple[str, str]]:
    yield "all", ""
    yield "merchant", row["merchant_id"]
    yield "rule", row["deciding_rule"]
    for name in ("merchant_country", "issuer_country", "bin", "mcc", "channel", "model", "decided_by"):
        yield name, row[name]
    for hit in row["hits"]:
        yield "hit", hit


def _period(time_ms: int, grain: str) -> Any:
    start = datetime.fromtimestamp(time_ms // LENGTHS_MS[grain] * LENGTHS_MS[grain] // 1000, UTC)
    return start.date() if grain == "day" else start.replace(tzinfo=None)


def _add(sums: Sums, key: tuple[Any, ...], measures: dict[str, int]) -> None:
    cell = sums.setdefault(key, Counter())
    for name, amount in measures.items():
        cell[name] += int(amount)
