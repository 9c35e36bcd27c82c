"""Population stability index: how far a feature's distribution moved between two times.

    PSI = sum over bins of (new - old) x ln(new / old)

with ten bins of equal share in the older time, and what is unknown as one more (Siddiqi 2006, "Credit Risk
Scorecards"). By custom, below 0.1 nothing moved, above 0.25 much did.
"""

from typing import Final

import numpy as np

from models.arrays import Floats

BINS: Final = 10
FLOOR: Final = 1e-4
"""An empty bin counts as this share: one missing value must not make the index infinite."""


def psi(old: Floats, new: Floats) -> float:
    """Between the values of two times; NaN where one of them has no rows.

    >>> old = np.arange(1_000.0)
    >>> psi(old, old), psi(old, old + 1_000) > 5
    (0.0, True)
    """
    if not len(old) or not len(new):
        return float("nan")
    known = old[~np.isnan(old)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
    before, after = (_shares(values, edges) for values in (old, new))
    return float(((after - before) * np.log(after / before)).sum())


def _shares(values: Floats, edges: Floats) -> Floats:
    """Share of values in each bin, the last is of the unknown."""
    unknown = np.isnan(values)
    bins = np.where(unknown, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(bins, minlength=len(edges) + 2)
    return np.maximum(counts / len(values), FLOOR)
