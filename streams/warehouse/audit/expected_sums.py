"""What each aggregate by one dimension must hold, added up from expected rows in plain Python."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from streams.warehouse.audit.log_copy import Cells

LENGTHS_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
SCORE_BINS: Final = (
    0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000,
    400_000, 500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 990_000,
)  # fmt: skip
"""Lower bounds in millionths; the last bin is open."""
Sums = dict[tuple[Any, ...], Counter[str]]


def expected_sums(tables: dict[str, list[Cells]]) -> dict[str, Sums]:
    """By aggregate: measures by key, which is the period, dimension, value and the rest in order."""
    sums = {f"decisions_by_{grain}": _decisions(tables["decisions"], grain) for grain in LENGTHS_MS}
    return sums | {
        "labels_by_day": _labels(tables["labels"]),
        "outcomes_by_day": _outcomes(tables["outcomes"]),
        "trials_by_hour": _trials(tables["decisions"]),
        "trial_labels_by_day": _trial_labels(tables["labels"]),
        "sca_by_day": _authentication(tables["decisions"]),
        "merchant_channels_by_day": _merchant_channels(tables["decisions"]),
        "scores_by_hour": _scores(tables["decisions"]),
        "shadow_hits_by_day": _shadow_hits(tables["decisions"]),
        "merchant_accounts_by_day": _merchant_accounts(tables["decisions"]),
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


def _trials(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["duplicate"] or not row["challenger_model"]:
            continue
        canary = bool(row["champion_model"])
        other = row["champion_verdict" if canary else "challenger_verdict"]
        tried, ruling = (
            row["challenger_probability"],
            row["champion_probability" if canary else "probability"],
        )
        own = {
            "decisions": 1, "reference_amount": row["reference_amount"], "disagreed": other != row["verdict"],
            "challenger_scored": tried is not None, "challenger_millionths": round((tried or 0) * 1_000_000),
            "champion_scored": ruling is not None, "champion_millionths": round((ruling or 0) * 1_000_000),
        }  # fmt: skip
        _add(
            sums, (_period(row["engine_time"], "hour"), row["challenger_model"], canary, row["verdict"]), own
        )
    return sums


def _trial_labels(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["stood_before"] == row["stands_after"] or not row["challenger_model"]:
            continue
        canary = bool(row["champion_verdict"])
        champion = row["champion_verdict"] if canary else row["verdict"]
        models = (row["challenger_model"], canary, champion, row["challenger_verdict"])
        for label, count in ((row["stood_before"], -1), (row["stands_after"], 1)):
            if label:
                key = (_period(row["cohort_at"], "day"), row["age_days"], *models, label)
                cents = count * row["payment_reference_amount"]
                _add(sums, key, {"payments": count, "reference_amount": cents})
    return sums


def _authentication(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    names = ("method", "sca", "sca_exemption", "sca_scope", "liability", "verdict")
    for row in rows:
        if not row["duplicate"]:
            own = {"decisions": 1, "reference_amount": row["reference_amount"]}
            _add(sums, (_period(row["engine_time"], "day"), *(row[name] for name in names)), own)
    return sums


def _merchant_channels(rows: Iterable[Cells]) -> Sums:
    """A decision after 3-D Secure takes its payment out of the cell of the verdict before."""
    sums: Sums = {}
    for row in rows:
        if row["duplicate"]:
            continue
        place = (_period(row["engine_time"], "day"), row["merchant_id"], row["channel"])
        own = {
            "decisions": 1, "amount": row["amount"], "reference_amount": row["reference_amount"],
            "payments": 1, "payments_reference_amount": row["reference_amount"],
        }  # fmt: skip
        _add(sums, (*place, row["verdict"], row["currency"]), own)
        if row["superseded_verdict"]:
            gone = {"payments": -1, "payments_reference_amount": -row["superseded_reference_amount"]}
            _add(sums, (*place, row["superseded_verdict"], row["currency"]), gone)
    return sums


def _scores(rows: Iterable[Cells]) -> Sums:
    """The champion's score of each decision, and the challenger's while one is on trial."""
    sums: Sums = {}
    for row in rows:
        if row["duplicate"]:
            continue
        canary, hour = bool(row["champion_model"]), _period(row["engine_time"], "hour")
        first = "champion_" if canary else ""
        for role, prefix, decided in (("champion", first, not canary), ("challenger", "challenger_", canary)):
            model, verdict, said = (row[f"{prefix}{name}"] for name in ("model", "verdict", "probability"))
            if model:
                millionths = None if said is None else round(said * 1_000_000)
                key = (hour, role, model, decided, verdict, _bin(millionths))
                _add(sums, key, {"scores": 1, "millionths": millionths or 0})
    return sums


def _bin(millionths: int | None) -> int:
    """Lower bound of the bin of a probability; -1 without one.

    >>> _bin(None), _bin(0), _bin(499), _bin(500), _bin(1_000_000)
    (-1, 0, 0, 500, 990000)
    """
    return -1 if millionths is None else SCORE_BINS[bisect_right(SCORE_BINS, millionths) - 1]


def _shadow_hits(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if not row["duplicate"]:
            own = {"decisions": 1, "reference_amount": row["reference_amount"]}
            place = (_period(row["engine_time"], "day"), row["merchant_account"])
            for rule in row["shadow_hits"]:
                _add(sums, (*place, rule, row["verdict"]), own)
    return sums


def _merchant_accounts(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if not row["duplicate"]:
            key = (_period(row["engine_time"], "day"), row["merchant_id"], row["merchant_account"])
            _add(sums, key, {"decisions": 1, "reference_amount": row["reference_amount"]})
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
