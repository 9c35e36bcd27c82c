"""Is the model still the one that was trained: coverage, drift of its probabilities, calibration.

Drift is the population stability index of the day against the four weeks before it
(`models.rollout.score_stability`): below 0.1 nothing moved, above 0.25 much did. Calibration compares, of
payments that were executed (paid back or not) and are old enough, the sum of their probabilities with the
frauds that were reported: a ratio above 1 means that there is more fraud than the model says. Payments that
were stopped cannot be in it, which makes high bins thin.
"""

from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Bools
from models.decided_payments import DecidedPayments
from models.policy import NO_PROBABILITY
from models.rollout import EDGES, psi_micro
from models.units import DAY_MS, MICRO
from models.verdict_value import LabelCode, exact_sums

REFERENCE_DAYS: Final = 28


class ModelDay(Struct, frozen=True):
    """What one model did on the report's day."""

    model: str | None
    """Its version; None where none was live."""
    payments: int
    """Decided with it."""
    unscored: int
    """Without a probability."""
    mean_probability: float | None
    """Of those with one."""


class CalibrationBin(Struct, frozen=True):
    """Matured payments with probabilities in one range."""

    from_probability: float
    """Inclusive."""
    to_probability: float
    """Exclusive; the last bin ends with 1, inclusive."""
    payments: int
    """That were executed, paid back or not, and are old enough."""
    expected: float
    """Sum of their probabilities."""
    frauds: int
    """Reported."""


class ModelHealth(Struct, frozen=True):
    """The models of the day, together."""

    by_model: tuple[ModelDay, ...]
    """Most payments first."""
    degraded: int
    """Payments of the day that something could not be used for."""
    psi: float | None
    """Drift of the day's probabilities; None without payments on both sides."""
    bins: tuple[CalibrationBin, ...]
    """Calibration on matured payments."""

    @property
    def expected_frauds(self) -> float:
        """By the probabilities of matured payments."""
        return sum(each.expected for each in self.bins)

    @property
    def frauds(self) -> int:
        """Reported among them."""
        return sum(each.frauds for each in self.bins)

    @property
    def observed_over_expected(self) -> float | None:
        """Frauds over what was expected; None where nothing was."""
        return self.frauds / self.expected_frauds if self.expected_frauds else None


def model_health(
    decided: DecidedPayments, day: int, maturity_days: int, matured_days: int = REFERENCE_DAYS
) -> ModelHealth:
    """Of a day (since 1970, UTC); calibration on payments that were `maturity_days` old within the last
    `matured_days` days up to its end.
    """
    days = decided.decided_at // DAY_MS
    today = np.asarray(days == day, np.bool_)
    before = np.asarray((days >= day - REFERENCE_DAYS) & (days < day), np.bool_)
    end = (day + 1 - maturity_days) * DAY_MS
    matured = (decided.occurred_at < end) & (decided.occurred_at >= end - matured_days * DAY_MS)
    return ModelHealth(
        by_model=_by_model(decided, today), degraded=int(decided.payments[decided.degraded & today].sum()),
        psi=_psi(decided, today, before),
        bins=_bins(decided, np.asarray(matured & decided.executed, np.bool_)),
    )  # fmt: skip


def _by_model(decided: DecidedPayments, today: Bools) -> tuple[ModelDay, ...]:
    versions, weights = decided.models[today], decided.payments[today]
    micro = decided.probability_micro[today]
    found = []
    for model in set(versions.tolist()):
        mine = versions == model
        scored = mine & (micro != NO_PROBABILITY)
        payments, known = int(weights[mine].sum()), int(weights[scored].sum())
        mean = float((micro[scored] * weights[scored]).sum()) / known / MICRO if known else None
        found.append(ModelDay(model, payments, payments - known, mean))
    return tuple(sorted(found, key=lambda each: (-each.payments, each.model or "")))


def _psi(decided: DecidedPayments, today: Bools, before: Bools) -> float | None:
    seen, expected = (_histogram(decided, chosen) for chosen in (today, before))
    return psi_micro(seen, expected) / MICRO if sum(seen) and sum(expected) else None


def _histogram(decided: DecidedPayments, chosen: Bools) -> list[int]:
    """Payments by bin of probability, as `models.rollout.histogram` has them."""
    chosen = chosen & (decided.probability_micro != NO_PROBABILITY)
    place = np.searchsorted(EDGES, decided.probability_micro[chosen], side="right")
    return exact_sums(decided.payments[chosen], place, len(EDGES) + 1)


def _bins(decided: DecidedPayments, chosen: Bools) -> tuple[CalibrationBin, ...]:
    chosen = chosen & (decided.probability_micro != NO_PROBABILITY)
    micro, weights = decided.probability_micro[chosen], decided.payments[chosen]
    place = np.searchsorted(EDGES, micro, side="right")
    fraud = np.where(decided.labels[chosen] == LabelCode.FRAUD, weights, 0)
    payments, expected, frauds = (
        exact_sums(values, place, len(EDGES) + 1) for values in (weights, micro * weights, fraud)
    )
    bounds = [0, *EDGES, MICRO]
    return tuple(
        CalibrationBin(
            bounds[number] / MICRO, bounds[number + 1] / MICRO, payments[number], expected[number] / MICRO,
            frauds[number],
        )
        for number in range(len(EDGES) + 1)
    )  # fmt: skip
