"""Which label stands: of several labels of one payment the one that counts on a given day.

Of the labels known by then the strongest stands (`models.labels.strength`), of equally strong ones the one
known last, of those the one that comes last on the log. Training, backtests, the label agent and evaluation
ask here, so that they agree.

- Scalar: `standing_label`, of one payment's labels.
- Columnar: `standing_at`, of any number of payments at once, and `succession`, of all days at once. Rows are
  labels in order of the log; `payments` holds any integer that names the attempt a label is of.

A payment gets a fraud notice on day 5, a reviewer's "legitimate" on day 9, which is weaker and changes
nothing, and a chargeback on day 30. So the notice stands on days 5 to 29:

>>> payments, known_on = np.array([7, 7, 7]), np.array([5, 9, 30])
>>> by_source = strengths(["fraud_notice", "review", "chargeback"], [False, False, False])
>>> [standing_at(payments, by_source, known_on, as_of=day).tolist() for day in (4, 10, 30)]
[[], [0], [2]]
>>> succession(payments, by_source, known_on).tolist()
[0, 2]
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Int64s
from models.labels.strength import strength

ALWAYS: Final = 2**63 - 1
"""As of a day after all others."""


class RankedLabel(Protocol):
    """What decides which label stands; `models.messages.Label` has it."""

    @property
    def source(self) -> str:
        """What the label rests on."""

    @property
    def final(self) -> bool:
        """Whether nothing is expected to change it."""

    @property
    def known_at(self) -> int:
        """When it was known (ms)."""


AnyLabel = TypeVar("AnyLabel", bound=RankedLabel)
Numbers = NDArray[Any]


def standing_label(labels: Iterable[AnyLabel], as_of: int = ALWAYS) -> AnyLabel | None:
    """The label that stands at `as_of` (ms, inclusive) of one payment's labels, given in order of the log;
    None where none is known by then.
    """
    standing = None
    for label in labels:
        if label.known_at <= as_of and (standing is None or _rank(label) >= _rank(standing)):
            standing = label
    return standing


def standing_at(payments: Numbers, strengths: Int64s, known_at: Int64s, as_of: int) -> Int64s:
    """The rows that stand at `as_of` (ms, inclusive): one for each payment with a label known by then, in
    ascending order of `payments`.
    """
    rows = np.flatnonzero(known_at <= as_of)
    ordered = rows[np.lexsort((rows, known_at[rows], strengths[rows], payments[rows]))]
    return ordered[_is_last(payments[ordered])]


def succession(payments: Numbers, strengths: Int64s, known_at: Int64s) -> Int64s:
    """The rows that stand on some day, in ascending order of `payments`, then `known_at`. Of a payment's rows
    the last one known by a day is the one that stands on it.
    """
    rows = np.arange(len(payments))
    ordered = rows[np.lexsort((rows, strengths, known_at, payments))]
    ordered = ordered[_is_last(payments[ordered], known_at[ordered])]
    # The strongest so far of each payment: a running maximum, with payments set apart from each other.
    apart = np.cumsum(_is_first(payments[ordered])) * (1 + int(strengths.max(initial=0)))
    raised = apart + strengths[ordered]
    return ordered[raised >= np.maximum.accumulate(raised)]


def first_known_at(payments: Numbers, values: Numbers, known_at: Int64s, standing: Int64s) -> Int64s:
    """When the value of each standing row was first known of its payment (ms), from any of the rows: a fraud
    is reported by its notice, not by the arbitration that ends the dispute months later.
    """
    rows = np.arange(len(payments))
    ordered = rows[np.lexsort((known_at, values, payments))]
    firsts = ordered[_is_first(payments[ordered], values[ordered])]
    first_of = np.zeros(len(payments), np.int64)
    group = np.cumsum(_is_first(payments[ordered], values[ordered])) - 1
    first_of[ordered] = known_at[firsts][group]
    return first_of[standing]


def strengths(sources: Sequence[str], final: Sequence[bool]) -> Int64s:
    """`models.labels.strength` of many labels."""
    return np.array(
        [strength(source, is_final) for source, is_final in zip(sources, final, strict=True)], np.int64
    )


def _rank(label: RankedLabel) -> tuple[int, int]:
    return strength(label.source, label.final), label.known_at


def _is_first(*columns: Numbers) -> Bools:
    """Where a run of equal rows begins."""
    starts = np.ones(len(columns[0]), np.bool_)
    starts[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return starts


def _is_last(*columns: Numbers) -> Bools:
    """Where a run of equal rows ends."""
    return _is_first(*(column[::-1] for column in columns))[::-1]
