"""How much a payment's silence says, by its age: the share of frauds whose label has come by then.

A positive enters the data set as soon as it is known. Of payments of age a only the share F(a) of frauds is
known yet; so their silent payments weigh F(a) too, and each age keeps its share of fraud. Otherwise the
youngest weeks would look almost free of it.

F is learned from the delays of frauds known on the day, which are cut on the right: of a payment made a week
ago no delay beyond a week can have been seen. Lynden-Bell's product (1971) takes that into account.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WeightOfSilence = Callable[[Floats], Floats]

FRAUDS_MIN: Final = 30
"""Below so many delays nothing is learned."""

UNLEARNED_DAYS: Final = 90.0
"""Then silence gains weight evenly for so long: most schemes give cardholders 120 days, few take them."""


def learned(delay_days: Floats, seen_days: Floats) -> WeightOfSilence:
    """The weight of silence by age in days, 0..1, ascending.

    `delay_days`: from payment to label, of each fraud known; `seen_days`: from its payment to the day on
    which the data set is made.

    >>> weight = learned(np.repeat([1.0, 7.0], 20), np.full(40, 100.0))
    >>> weight(np.array([0.5, 1.0, 6.0, 7.0])).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    if len(delay_days) < FRAUDS_MIN:
        return lambda age: np.clip(age / UNLEARNED_DAYS, 0.0, 1.0)
    days, counts = np.unique(delay_days, return_counts=True)
    came = np.searchsorted(np.sort(delay_days), days, side="right")
    out_of_sight = np.searchsorted(np.sort(seen_days), days, side="left")
    at_risk = np.maximum(came - out_of_sight, counts)
    stays = 1.0 - counts / at_risk
    by_then = np.append(np.cumprod(stays[::-1])[::-1][1:], 1.0)

    def weight(age: Floats) -> Floats:
        found = np.searchsorted(days, age, side="right")
        share: Floats = np.concatenate([[0.0], by_then])[found]
        return share

    return weight
