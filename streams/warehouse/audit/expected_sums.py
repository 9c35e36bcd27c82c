"""What each aggregate by one dimension must hold, added up from expected rows in plain Python."""

from collections.abc import Iterable, Iterator

from streams.warehouse.audit.log_copy import Cells
from streams.warehouse.audit.sums import LENGTHS_MS, Sums, add, period
from streams.warehouse.audit.trial_sums import trial_sums


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
        "merchant_accounts_by_day": _merchant_accounts(tables["decisions"]),
        **trial_sums(tables["decisions"], tables["labels"]),
    }


def _decisions(rows: Iterable[Cells], grain: str) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["duplicate"]:
            continue
        start = period(row["engine_time"], grain)
        own = {
            "decisions": 1, "amount": row["amount"], "reference_amount": row["reference_amount"],
            "payments": 1, "payments_reference_amount": row["reference_amount"],
            "scored": row["probability"] is not None,
            "probability_millionths": round((row["probability"] or 0) * 1_000_000),
            "degraded": bool(row["degraded"]), "late": row["late"],
        }  # fmt: skip
        for dimension, value in _dimensions(row):
            add(sums, (start, dimension, value, row["verdict"], row["currency"]), own)
        if row["superseded_verdict"]:
            gone = {"payments": -1, "payments_reference_amount": -row["superseded_reference_amount"]}
            for dimension, value in _dimensions(_superseded(row)):
                add(sums, (start, dimension, value, row["superseded_verdict"], row["currency"]), gone)
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
                    period(row["cohort_at"], "day"),
                    row["age_days"],
                    dimension,
                    value,
                    row["verdict"],
                    label,
                )
                add(sums, key, moved)
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
            add(sums, (period(row["cohort_at"], "day"), dimension, value, *rest), own)
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
        add(sums, (period(row["engine_time"], "hour"), row["challenger_model"], canary, row["verdict"]), own)
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
                key = (period(row["cohort_at"], "day"), row["age_days"], *models, label)
                cents = count * row["payment_reference_amount"]
                add(sums, key, {"payments": count, "reference_amount": cents})
    return sums


def _authentication(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    names = ("method", "sca", "sca_exemption", "sca_scope", "liability", "verdict")
    for row in rows:
        if not row["duplicate"]:
            own = {"decisions": 1, "reference_amount": row["reference_amount"]}
            add(sums, (period(row["engine_time"], "day"), *(row[name] for name in names)), own)
    return sums


def _merchant_channels(rows: Iterable[Cells]) -> Sums:
    """A decision after 3-D Secure takes its payment out of the cell of the verdict before."""
    sums: Sums = {}
    for row in rows:
        if row["duplicate"]:
            continue
        place = (period(row["engine_time"], "day"), row["merchant_id"], row["channel"])
        own = {
            "decisions": 1, "amount": row["amount"], "reference_amount": row["reference_amount"],
            "payments": 1, "payments_reference_amount": row["reference_amount"],
        }  # fmt: skip
        add(sums, (*place, row["verdict"], row["currency"]), own)
        if row["superseded_verdict"]:
            gone = {"payments": -1, "payments_reference_amount": -row["superseded_reference_amount"]}
            add(sums, (*place, row["superseded_verdict"], row["currency"]), gone)
    return sums


def _merchant_accounts(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if not row["duplicate"]:
            key = (period(row["engine_time"], "day"), row["merchant_id"], row["merchant_account"])
            add(sums, key, {"decisions": 1, "reference_amount": row["reference_amount"]})
    return sums


def _dimensions(row: Cells) -> Iterator[tuple[str, str]]:
    yield "all", ""
    yield "merchant", row["merchant_id"]
    yield "rule", row["deciding_rule"]
    for name in ("merchant_country", "issuer_country", "bin", "mcc", "channel", "model", "decided_by"):
        yield name, row[name]
    for hit in row["hits"]:
        yield "hit", hit
