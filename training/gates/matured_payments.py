"""Matured payments that a challenger and the champion are both judged on, and what they cost under each.

Invariant: every payment here is later than what either model learned from, so neither has seen it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.policy import Policy
from models.units import DAY_MS
from training.dataset import Dataset
from training.measures import amount_bands
from training.policy_comparison import Costs

SEGMENTS: Final[tuple[str, ...]] = ("method", "merchant_country", "currency", "channel")
CARD_KNOWN: Final = "card_hours_since_first_payment"


@dataclass(frozen=True)
class MaturedPayments:
    """Labelled payments in time order, shape (n,); `matrix` (n, names). Segments by name, null for none."""

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    fraud: NDArray[np.bool_]
    weight: NDArray[np.float64]
    occurred_at: NDArray[np.int64]
    amount: NDArray[np.int64]
    segments: Mapping[str, NDArray[Any]]

    @property
    def day(self) -> NDArray[np.int64]:
        """UTC day of each payment, counted from 1970."""
        return self.occurred_at // DAY_MS


def matured_payments(dataset: Dataset, names: Sequence[str], start: int, end: int) -> MaturedPayments:
    """The labelled payments of `dataset` in [start, end). Raises `DatasetError` for a feature it lacks."""
    within = (dataset.occurred_at >= start) & (dataset.occurred_at < end)
    rows = np.flatnonzero(within & (dataset.label >= 0) & (dataset.weight > 0))
    amount = dataset.amount[rows]
    segments = {name: dataset.segments[name][rows] for name in SEGMENTS if name in dataset.segments}
    segments["amount"] = amount_bands(amount)
    if CARD_KNOWN in dataset.manifest.features:
        first = dataset.matrix([CARD_KNOWN])[rows, 0]
        segments["card"] = np.where(np.isnan(first), "new", "known").astype(object)
    return MaturedPayments(
        tuple(names),
        np.ascontiguousarray(dataset.matrix(names)[rows]),
        dataset.label[rows] == 1,
        dataset.weight[rows],
        dataset.occurred_at[rows],
        amount,
        segments,
    )


def cost(payments: MaturedPayments, micro: NDArray[np.int64], policy: Policy) -> NDArray[np.float64]:
    """EUR cents that verdicts by these probabilities (micro-units) lose on each payment against the best
    verdict in hindsight, times the payment's weight. `policy` is one by cost (version 2).
    """
    lost: NDArray[np.float64] = (
        Costs(payments.fraud, payments.amount, payments.occurred_at, policy).by_policy(micro)
        * payments.weight
    )
    return lost
