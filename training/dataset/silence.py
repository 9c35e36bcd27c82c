"""The weight of a payment's silence by its age: the share of frauds whose label has come by then.

A positive enters the data set as soon as it is known. Of payments of age a only the share F(a) of frauds is
known yet; so their silent payments weigh F(a) too, and each age keeps its share of fraud. Otherwise the
youngest weeks would look almost free of it. F is learned from the delays of frauds known on the day
(`models.labels.maturity`).
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from models.arrays import Floats
from models.labels import Maturity

WeightOfSilence = Callable[[Floats], Floats]

FRAUDS_MIN: Final = 30
"""With fewer delays nothing is learned."""

DAYS_MAX: Final = 3_650
"""Longer delays and ages are cut to this: a wrong time stamp must not make a curve of a million days."""

UNLEARNED_DAYS: Final = 90.0
"""Without a curve, silence gains weight evenly over this time: most schemes give cardholders 120 days, few
take them."""


def weight_of_silence(delay_days: Floats, age_days: Floats) -> WeightOfSilence:
    """The weight of silence by age in days, 0..1, ascending.

    `delay_days`: from payment to label, of each fraud known; `age_days`: from its payment to the day on which
    the data set is made. Both are taken as whole days, rounded down.

    >>> weight = weight_of_silence(np.repeat([1.0, 7.0], 20), np.full(40, 100.0))
    >>> weight(np.array([0.5, 1.0, 6.0, 7.0])).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    if len(delay_days) < FRAUDS_MIN:
        return lambda age: np.clip(age / UNLEARNED_DAYS, 0.0, 1.0)
    delays, ages = (np.minimum(days, DAYS_MAX).astype(np.int64).tolist() for days in (delay_days, age_days))
    return Maturity.learn(delays, ages).shares_at
