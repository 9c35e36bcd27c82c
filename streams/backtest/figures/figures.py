"""From exact sums to the figures people decide by. A figure that cannot be computed is None: unknown, not 0.

Of the payments that are flagged (a rule hits, or the verdict is at least this strict), by what is known:

    precision                      frauds / (frauds + legitimate)
    recall                         frauds flagged / all frauds known
    value caught                   EUR cents of the frauds flagged
    value blocked by mistake       EUR cents of the legitimate ones flagged
    insult rate                    legitimate flagged / all legitimate known
    false positives per fraud      legitimate flagged / frauds flagged
    fraud in basis points          frauds x 10,000 / (frauds + legitimate), by count and by value
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.arrays import Int64s
from models.policy import CHALLENGE, DECLINE, REVIEW
from streams.backtest.figures.known_cases import KnownLabel, PaymentStatus
from streams.backtest.figures.tally import BacktestTally, StrategyTally

COUNT, VALUE = 0, 1
LINES: Final = (("declined", DECLINE), ("declined or reviewed", REVIEW), ("not approved at once", CHALLENGE))
"""What counts as flagged by the verdict: from this verdict on."""


def ratio(part: int, whole: int) -> float | None:
    """None where there is nothing to divide by."""
    return part / whole if whole else None


def basis_points(part: int, whole: int) -> float | None:
    """Hundredths of a percent."""
    return 10_000 * part / whole if whole else None


@dataclass(frozen=True)
class FlaggedPayments:
    """Payments that a rule or verdict flags, among all payments; arrays as in `tally`."""

    cells: Int64s
    all: Int64s

    def document(self) -> dict[str, Any]:
        """The figures as plain data; values in EUR cents."""
        labels, every = self.cells.sum(axis=0), self.all.sum(axis=0)
        fraud, good = labels[KnownLabel.FRAUD].tolist(), labels[KnownLabel.LEGITIMATE].tolist()
        statuses = self.cells.sum(axis=1)[:, COUNT].tolist()
        return {
            "payments": int(labels[:, COUNT].sum()),
            "value": int(labels[:, VALUE].sum()),
            **{status.name.lower(): statuses[status] for status in PaymentStatus},
            **{label.name.lower(): int(labels[label, COUNT]) for label in KnownLabel},
            "precision": ratio(fraud[COUNT], fraud[COUNT] + good[COUNT]),
            "recall": ratio(fraud[COUNT], int(every[KnownLabel.FRAUD, COUNT])),
            "value_caught": fraud[VALUE],
            "value_blocked_by_mistake": good[VALUE],
            "insult_rate": ratio(good[COUNT], int(every[KnownLabel.LEGITIMATE, COUNT])),
            "false_positives_per_fraud": ratio(good[COUNT], fraud[COUNT]),
            "fraud_bp_by_count": basis_points(fraud[COUNT], fraud[COUNT] + good[COUNT]),
            "fraud_bp_by_value": basis_points(fraud[VALUE], fraud[VALUE] + good[VALUE]),
        }


def verdict_lines(tally: StrategyTally) -> dict[str, dict[str, Any]]:
    """By what counts as flagged, and `approved`: what passes at once."""
    every = tally.verdicts.sum(axis=0)
    lines = {
        name: FlaggedPayments(tally.verdicts[least:].sum(axis=0), every).document() for name, least in LINES
    }
    return lines | {"approved": FlaggedPayments(tally.verdicts[0], every).document()}


def rule_lines(tally: StrategyTally, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One a rule, in the ruleset's order. `rules`: id, level, mode and effect of each."""
    every = tally.verdicts.sum(axis=0)
    return [
        {
            **rule,
            "unique": int(tally.unique[index]),
            "errors": int(tally.errors[index]),
            **FlaggedPayments(tally.hits[index], every).document(),
        }
        for index, rule in enumerate(rules)
    ]


def day_lines(tally: BacktestTally) -> list[dict[str, Any]]:
    """One an engine day (UTC), in order."""
    return [_day(day, tally.days[day], tally.base is not None) for day in sorted(tally.days)]


def _day(day: int, sums: Int64s, has_base: bool) -> dict[str, Any]:
    line = {"day": str(np.datetime64(day, "D")), "new": _day_of(sums[1])}
    return line | ({"base": _day_of(sums[0])} if has_base else {})


def _day_of(verdicts: Int64s) -> dict[str, Any]:
    total, stopped, passed = (
        verdicts.sum(axis=0),
        verdicts[REVIEW:].sum(axis=0),
        verdicts[:REVIEW].sum(axis=0),
    )
    passing = passed[KnownLabel.FRAUD] + passed[KnownLabel.LEGITIMATE]
    return {
        "payments": int(total[:, COUNT].sum()),
        "frauds": int(total[KnownLabel.FRAUD, COUNT]),
        "unknown": int(total[KnownLabel.UNKNOWN, COUNT]),
        "declined": int(verdicts[DECLINE, :, COUNT].sum()),
        "reviewed": int(verdicts[REVIEW, :, COUNT].sum()),
        "frauds_caught": int(stopped[KnownLabel.FRAUD, COUNT]),
        "mistakes": int(stopped[KnownLabel.LEGITIMATE, COUNT]),
        "value_caught": int(stopped[KnownLabel.FRAUD, VALUE]),
        "value_blocked_by_mistake": int(stopped[KnownLabel.LEGITIMATE, VALUE]),
        "fraud_bp_by_count": basis_points(int(passed[KnownLabel.FRAUD, COUNT]), int(passing[COUNT])),
        "fraud_bp_by_value": basis_points(int(passed[KnownLabel.FRAUD, VALUE]), int(passing[VALUE])),
    }


def moves(tally: BacktestTally) -> list[dict[str, Any]]:
    """How verdicts change: from, to, payments by known label, value. Only what changes."""
    names = ("approve", "challenge", "review", "decline")
    changes = []
    for then, now in np.argwhere(tally.moved[..., COUNT].sum(axis=2) > 0).tolist():
        if then != now:
            sums = tally.moved[then, now]
            changes.append({
                "from": names[then], "to": names[now], "payments": int(sums[:, COUNT].sum()),
                **{label.name.lower(): int(sums[label, COUNT]) for label in KnownLabel},
                "value": int(sums[:, VALUE].sum()),
            })  # fmt: skip
    return changes


def released(tally: BacktestTally) -> dict[str, Any]:
    """Payments held then that the new strategy approves, and what the random draw shows of such ones."""
    sample, sums = tally.sample, tally.released
    document: dict[str, Any] = {
        "payments": int(sums[:, COUNT].sum()),
        "value": int(sums[:, VALUE].sum()),
        **{label.name.lower(): int(sums[label, COUNT]) for label in KnownLabel},
        "estimate": None,
    }
    if sample.payments > sample.unknown:
        document["estimate"] = {
            "sample": sample.payments,
            "sample_frauds": sample.frauds,
            "sample_unknown": sample.unknown,
            "payments": sample.estimated,
            "frauds": sample.estimated_frauds,
            "fraud_value": sample.estimated_fraud_value,
            "frauds_standard_error": float(np.sqrt(sample.variance_frauds)),
        }
    return document
