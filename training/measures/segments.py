"""How a model does for each kind of payment: by method, channel, country, currency and amount."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from training.measures.curves import ScoredExamples

AMOUNT_EDGES: Final = (1_000, 5_000, 20_000, 100_000)
AMOUNT_NAMES: Final = (
    "below 10 EUR",
    "10 to 50 EUR",
    "50 to 200 EUR",
    "200 to 1,000 EUR",
    "1,000 EUR and more",
)
SHOWN: Final = ("method", "channel", "merchant_country", "currency", "amount")
KINDS_MAX: Final = 8
UNKNOWN: Final = "(unknown)"


class SegmentFigures(Struct, frozen=True):
    """One kind of payment. `precision` is the average precision there, None without frauds; `predicted` and
    `observed` are mean probability and share of fraud.
    """

    by: str
    kind: str
    payments: int
    frauds: int
    precision: float | None
    predicted: float
    observed: float


def amount_bands(amount: NDArray[np.int64]) -> NDArray[Any]:
    """The band of each amount (EUR cents), in words."""
    return np.array(AMOUNT_NAMES, object)[np.searchsorted(AMOUNT_EDGES, amount, side="right")]


def segments(
    scored: ScoredExamples,
    kinds: Mapping[str, NDArray[Any]],
    average_precision: Callable[[ScoredExamples], float],
) -> list[SegmentFigures]:
    """The largest kinds of each segment that splits the payments at all."""
    return [row for by in SHOWN if by in kinds for row in _by_kind(by, scored, kinds[by], average_precision)]


def _by_kind(
    by: str, scored: ScoredExamples, kind: NDArray[Any], average_precision: Callable[[ScoredExamples], float]
) -> Iterator[SegmentFigures]:
    words = np.array([UNKNOWN if word is None else str(word) for word in kind.tolist()], object)
    names, counts = np.unique(words.astype(str), return_counts=True)
    if len(names) < 2:
        return
    for name in names[np.argsort(-counts, kind="stable")][:KINDS_MAX].tolist():
        at = words == name
        part = ScoredExamples(scored.score[at], scored.fraud[at], scored.weight[at])
        weight = max(float(part.weight.sum()), 1e-9)
        yield SegmentFigures(
            by, name, int(at.sum()), int(part.fraud.sum()),
            average_precision(part) if part.fraud.any() else None,
            float((part.score * part.weight).sum()) / weight,
            float((part.fraud * part.weight).sum()) / weight,
        )  # fmt: skip
