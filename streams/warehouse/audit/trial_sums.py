"""What the aggregates of models' scores and of rules on trial must hold, in plain Python."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final

from streams.warehouse.audit.log_copy import Cells
from streams.warehouse.audit.sums import Sums, add, period

BINS: Final = (
    0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000,
    400_000, 500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 990_000,
)  # fmt: skip
"""Lower bounds in millionths; the last bin is open."""


def trial_sums(decisions: Iterable[Cells], labels: Iterable[Cells]) -> dict[str, Sums]:
    """By aggregate: measures by key."""
    made = [row for row in decisions if not row["duplicate"]]
    moved = [(row, *move) for row in labels for move in _moves(row)]
    return {
        "scores_by_hour": _scores(made),
        "shadow_hits_by_day": _shadow_hits(made),
        "score_labels_by_day": _score_labels(moved),
        "shadow_labels_by_day": _shadow_labels(moved),
    }


def _moves(row: Cells) -> Iterator[tuple[str, int]]:
    """Of a label that changes what stands: the label before less one, the label after plus one."""
    if row["stood_before"] != row["stands_after"]:
        yield from ((name, n) for name, n in ((row["stood_before"], -1), (row["stands_after"], 1)) if name)


def _said(row: Cells) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The champion's score, and the challenger's while one is on trial: key and millionths."""
    canary = bool(row["champion_model"])
    first = "champion_" if canary else ""
    for role, prefix, decided in (("champion", first, not canary), ("challenger", "challenger_", canary)):
        model, verdict, said = (row[f"{prefix}{name}"] for name in ("model", "verdict", "probability"))
        if model:
            millionths = None if said is None else round(said * 1_000_000)
            yield (role, model, decided, verdict, _bin(millionths)), millionths or 0


def _bin(millionths: int | None) -> int:
    """Lower bound of the bin of a probability; -1 without one.

    >>> _bin(None), _bin(0), _bin(499), _bin(500), _bin(1_000_000)
    (-1, 0, 0, 500, 990000)
    """
    return -1 if millionths is None else BINS[bisect_right(BINS, millionths) - 1]


def _scores(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        for key, millionths in _said(row):
            hour = period(row["engine_time"], "hour")
            add(sums, (hour, *key), {"scores": 1, "millionths": millionths})
    return sums


def _shadow_hits(rows: Iterable[Cells]) -> Sums:
    sums: Sums = {}
    for row in rows:
        place = (period(row["engine_time"], "day"), row["merchant_account"])
        for rule in row["shadow_hits"]:
            own = {"decisions": 1, "reference_amount": row["reference_amount"]}
            add(sums, (*place, rule, row["verdict"]), own)
    return sums


def _score_labels(moved: Iterable[tuple[Cells, str, int]]) -> Sums:
    sums: Sums = {}
    for row, label, count in moved:
        day = period(row["cohort_at"], "day")
        for key, millionths in _said(row):
            add(sums, (day, *key, label), {"payments": count, "millionths": count * millionths})
    return sums


def _shadow_labels(moved: Iterable[tuple[Cells, str, int]]) -> Sums:
    sums: Sums = {}
    for row, label, count in moved:
        place = (period(row["cohort_at"], "day"), row["merchant_account"])
        for rule in row["shadow_hits"]:
            cents = count * row["payment_reference_amount"]
            add(sums, (*place, rule, row["verdict"], label), {"payments": count, "reference_amount": cents})
    return sums
