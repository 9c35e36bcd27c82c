"""Gates that ask whether there is anything to judge by: enough matured frauds, on days that neither model
knows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from models.units import DAY_MS
from training.dataset import DatasetManifest
from training.gates.gate import Gate, GateBounds
from training.gates.matured_payments import MaturedPayments

NEVER_DAYS: Final = 180
"""Where even the oldest age of the curve is not matured."""

SIMULATED: Final = "training.seed_model.baseline"
"""`trained.by` of the seed model: it learned from simulated traffic, so from no day of anybody's."""


def learned_until(trained: Mapping[str, Any]) -> int | None:
    """End (exclusive, ms) of the payments a model learned from, by its artefact; None where it does not say.

    >>> learned_until({"to": 1_700_000_000_000}), learned_until({"by": "training.seed_model.baseline"})
    (1700000000000, 0)
    >>> learned_until({"to": "2018-07-04"}), learned_until({})
    (1530662400000, None)
    """
    if trained.get("by") == SIMULATED:
        return 0
    until = trained.get("to")
    if isinstance(until, str):
        at = datetime.fromisoformat(until)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    return int(until) if isinstance(until, int | float) else None


def matured_until(manifest: DatasetManifest, share: float) -> int:
    """Until when (ms, exclusive) labels are matured: this share of a day's frauds is known by `as_of`."""
    ages = [days for days, known in manifest.maturity if known >= share]
    return manifest.as_of - round(min(ages, default=NEVER_DAYS) * DAY_MS)


def unseen(first: int | None, challenger_until: int | None, champion_until: int | None) -> Gate:
    """Whether the days judged on are later than all that both models learned from, `first` on."""
    if challenger_until is None:
        return Gate(
            "unseen",
            False,
            "the challenger does not say until when it learned (`trained.to`)",
            next="train it with `tollgate train`, which writes it down",
        )
    known = {"challenger": challenger_until, "champion": champion_until}
    seen = [
        f"the {who} learned until {day(at)}"
        for who, at in known.items()
        if at and first is not None and at > first
    ]
    figures = {f"{who}_until": float(at) for who, at in known.items() if at is not None}
    if seen:
        return Gate(
            "unseen",
            False,
            f"judged from {day(first or 0)} on, but {' and '.join(seen)}",
            figures,
            "learned before",
            "judge on a data set that reaches later",
        )
    words = "all later than what both models learned from"
    if champion_until is None:
        words = (
            "later than what the challenger learned from; the champion does not say: if it saw these days, "
            "it looks better than it is"
        )
    return Gate("unseen", True, words, figures, "learned before")


def enough(payments: MaturedPayments, bounds: GateBounds) -> Gate:
    """Whether there are frauds, others and days enough for the figures to mean anything."""
    days = len(np.unique(payments.day[payments.fraud]))
    figures = {
        "payments": float(len(payments.fraud)),
        "frauds": float(payments.fraud.sum()),
        "days": float(days),
    }
    bound = f"{bounds.frauds_min:,} frauds on {bounds.days_min} days"
    words = (
        f"{int(payments.fraud.sum()):,} frauds among {len(payments.fraud):,} matured payments, on {days} days"
    )
    if payments.fraud.sum() < bounds.frauds_min or days < bounds.days_min or payments.fraud.all():
        return Gate(
            "evidence",
            False,
            words if len(payments.fraud) else "no matured payment is later than what the models learned from",
            figures,
            bound,
            "wait until more labels are known, or train on a period that ends earlier",
        )
    return Gate("evidence", True, words, figures, bound)


def day(time_ms: int) -> str:
    """The UTC day, and the time where it is not midnight."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return f"{moment:%Y-%m-%d}" if time_ms % DAY_MS == 0 else f"{moment:%Y-%m-%d %H:%M}"
