"""The label of each attempt as known on a given day, and how much it weighs.

- Which of several labels stands is for `models.labels.standing` to say. Whether the loss was shifted to the
  issuer changes nothing: fraud is fraud.
- Fraud is a positive from the moment it is known. Friendly fraud is not fraud.
- Where no label was given, silence makes a negative of a payment that was really paid, weighted by age
  (`training.dataset.silence`). A payment that was declined, abandoned, voided or refunded, or whose
  authentication failed, has no label: what was not paid cannot be disputed, so its silence means nothing. An
  attack that the issuer declined to the last payment adds no negatives.
- Labels of `silence` on the log are left to the rule above: it knows the day.

Invariant: every piece of evidence either is the label that stands, was replaced by a stronger or later one,
was not known yet, or is parked with its reason.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.arrays import Bools, Floats
from models.labels import first_known_at, strengths, succession
from models.messages import LabelValue
from models.units import DAY_MS
from training.dataset.history import PARKED_PAYMENT, UNKNOWN_PAYMENT, column, parked_rows
from training.dataset.settings import DatasetSettings
from training.dataset.silence import WeightOfSilence, weight_of_silence

FRAUD, LEGITIMATE, NONE = 1, 0, -1
SILENCE: Final = "silence"
FRIENDLY_CODES: Final = {"excluded": NONE, "legitimate": LEGITIMATE, "fraud": FRAUD}

BEFORE_PAYMENT: Final = "label_before_payment"
UNKNOWN: Final = "unknown_payment"
UNUSABLE: Final = "payment_parked"
CONTRADICTED: Final = "contradicted"
DETAILS: Final = {
    UNKNOWN: "the history holds no such payment",
    UNUSABLE: "its payment is parked itself",
    BEFORE_PAYMENT: "known before its payment was made",
    CONTRADICTED: "an equally strong label known at the same time says otherwise and comes later",
}

Int64s = NDArray[np.int64]


@dataclass(frozen=True)
class DatasetLabels:
    """The labels of n attempts on a day, arrays of shape (n,), and what became of the evidence for them."""

    label: NDArray[np.int8]
    """1 fraud, 0 legitimate, -1 none."""
    weight: Floats
    """As an example; 0 without a label."""
    known_at: Int64s
    """When the label was known, UTC ms; -1 by silence, or without a label."""
    source: NDArray[Any]
    """What it rests on; None without a label."""
    parked: pa.Table
    """Evidence that could not be used, with reasons: rows of `training.dataset.history.PARKED`."""
    weight_of_silence: WeightOfSilence
    """The weight of a silent payment by its age."""
    waiting: int
    """Pieces of evidence not known yet."""
    replaced: int
    """Pieces of evidence overruled by others."""
    by_silence: int
    """Labels of the log that rest on silence, which is left to the rule above."""


class AttemptLabels:
    """Everything that was stated about the attempts of a history: gives the labels as known on any day.

    Which label stands when is worked out once: a walk forward asks for one day after another.
    """

    def __init__(self, attempts: pa.Table, evidence: pa.Table) -> None:
        """Tables of `training.dataset.history.ATTEMPTS` and `EVIDENCE`."""
        self._attempts, self._evidence = attempts, evidence
        self._occurred_at = column(attempts, "occurred_at")
        self._row, self._known_at = column(evidence, "row"), column(evidence, "known_at")
        self._label, self._source = column(evidence, "label"), column(evidence, "source")
        self._strength = strengths(self._source.tolist(), column(evidence, "final").tolist())
        self._faults = self._unusable()
        self._is_silence = self._source == SILENCE
        usable = np.flatnonzero((self._faults == "") & ~self._is_silence)
        order = succession(self._row[usable], self._strength[usable], self._known_at[usable])
        self._usable, self._succession = usable, usable[order]

    def labels(self, settings: DatasetSettings) -> DatasetLabels:
        """The labels of all attempts as known at `settings.as_of`."""
        as_of = settings.as_of
        known, standing = self._usable[self._known_at[self._usable] <= as_of], self._standing_at(as_of)
        contradicted = self._contradicted(known, standing)
        faults = self._faults.copy()
        faults[contradicted] = CONTRADICTED
        stated = self._stated(standing, settings)
        by_age = self._weight_of_silence(known, standing, settings)
        is_silent = np.ones(self._attempts.num_rows, np.bool_)
        is_silent[self._row[standing]] = False
        _add_silence(stated, self._attempts, is_silent, settings, by_age)
        is_known, is_usable = self._known_at <= as_of, self._faults == ""
        return DatasetLabels(
            **stated, parked=self._parked(faults), weight_of_silence=by_age,
            waiting=int((~is_known & is_usable).sum()),
            replaced=len(known) - len(standing) - len(contradicted),
            by_silence=int((is_known & is_usable & self._is_silence).sum()),
        )  # fmt: skip

    def _unusable(self) -> NDArray[Any]:
        """Why each piece of evidence cannot be used; empty where it can."""
        faults = np.full(len(self._row), "", object)
        faults[self._row == UNKNOWN_PAYMENT] = UNKNOWN
        faults[self._row == PARKED_PAYMENT] = UNUSABLE
        matched = np.flatnonzero(self._row >= 0)
        is_early = self._known_at[matched] < self._occurred_at[self._row[matched]]
        faults[matched[is_early]] = BEFORE_PAYMENT
        return faults

    def _standing_at(self, as_of: int) -> Int64s:
        """The evidence that stands for each attempt that has some by then, in order of attempts."""
        rows = self._succession[self._known_at[self._succession] <= as_of]
        attempts = self._row[rows]
        is_last = np.ones(len(rows), np.bool_)
        is_last[:-1] = attempts[1:] != attempts[:-1]
        standing: Int64s = rows[is_last]
        return standing

    def _contradicted(self, known: Int64s, standing: Int64s) -> Int64s:
        """Evidence that says otherwise than what stands, as strong and known at the same time."""
        winner = np.full(self._attempts.num_rows, -1, np.int64)
        winner[self._row[standing]] = standing
        stands = winner[self._row[known]]
        is_equal = (self._known_at[known] == self._known_at[stands]) & (
            self._strength[known] == self._strength[stands]
        )
        contradicted: Int64s = known[is_equal & (self._label[known] != self._label[stands])]
        return contradicted

    def _parked(self, faults: NDArray[Any]) -> pa.Table:
        """The evidence that could not be used, with reasons."""
        parts = [
            parked_rows("label", fault, DETAILS[fault], self._evidence.filter(faults == fault))
            for fault in DETAILS
            if (faults == fault).any()
        ]
        return pa.concat_tables([parked_rows("label", "", "", self._evidence[:0]), *parts])

    def _stated(self, standing: Int64s, settings: DatasetSettings) -> dict[str, Any]:
        """The columns of `DatasetLabels` by stated labels alone."""
        meaning = {LabelValue.FRAUD: FRAUD, LabelValue.LEGITIMATE: LEGITIMATE, LabelValue.UNKNOWN: NONE}
        meaning[LabelValue.FRIENDLY] = FRIENDLY_CODES[settings.friendly]
        code = np.array([meaning[LabelValue(text)] for text in self._label[standing]], np.int8)
        code[column(self._evidence, "weight")[standing] <= 0] = NONE
        used = standing[code != NONE]
        row, n = self._row[used], self._attempts.num_rows
        label, source = np.full(n, NONE, np.int8), np.full(n, None, object)
        weight, known_at = np.zeros(n), np.full(n, -1, np.int64)
        label[row], source[row] = code[code != NONE], self._source[used]
        weight[row], known_at[row] = column(self._evidence, "weight")[used], self._known_at[used]
        return {"label": label, "weight": weight, "known_at": known_at, "source": source}

    def _weight_of_silence(
        self, known: Int64s, standing: Int64s, settings: DatasetSettings
    ) -> WeightOfSilence:
        """From the delays of the frauds that stand, whatever time their payments are of; where silence never
        counts, from those of all labels: legitimate payments wait for theirs as well.

        A payment is silent until its first label: a fraud notice counts, not the arbitration that ends its
        dispute months later and stands then.
        """
        if settings.silence != "never":
            standing = standing[self._label[standing] == LabelValue.FRAUD.value]
        values = np.unique(self._label[known].astype(str), return_inverse=True)[1]
        first = first_known_at(
            self._row[known], values, self._known_at[known], np.searchsorted(known, standing)
        )
        paid = self._occurred_at[self._row[standing]]
        return weight_of_silence((first - paid) / DAY_MS, (settings.as_of - paid) / DAY_MS)


def labels_at(attempts: pa.Table, evidence: pa.Table, settings: DatasetSettings) -> DatasetLabels:
    """The labels of all attempts as known at `settings.as_of`. For several days, keep a `AttemptLabels`."""
    return AttemptLabels(attempts, evidence).labels(settings)


def _add_silence(
    labels: dict[str, Any],
    attempts: pa.Table,
    is_silent: Bools,
    settings: DatasetSettings,
    weight_of_silence: WeightOfSilence,
) -> None:
    """Negatives by silence, written into the columns."""
    age = (settings.as_of - column(attempts, "occurred_at")) / DAY_MS
    weight = weight_of_silence(np.maximum(age, 0.0))
    rows = is_silent & _was_paid(attempts, settings) & (weight > 0) & (age >= 0)
    labels["label"][rows], labels["source"][rows] = LEGITIMATE, SILENCE
    labels["weight"][rows] = weight[rows]


def _was_paid(attempts: pa.Table, settings: DatasetSettings) -> Bools:
    """Where money went to the merchant and stayed there, as far as known on the day."""
    happened = {
        name: column(attempts, name) <= settings.as_of
        for name in ("captured_at", "stopped_at", "refunded_at")
    }
    captured, stopped, refunded = happened.values()
    if settings.silence == "captured":
        # An issuer's decline before the capture is over; a void or a decline after it is not.
        later = column(attempts, "stopped_at") >= column(attempts, "captured_at")
        return np.asarray(captured & ~(stopped & later) & ~refunded, np.bool_)
    if settings.silence == "passed":
        return np.asarray((captured | (column(attempts, "passed") & ~stopped)) & ~refunded, np.bool_)
    return np.zeros(attempts.num_rows, np.bool_)


CURVE_DAYS: Final = (
    0, 1, 2, 3, 5, 7, 10, 14, 17, 21, 24, 28, 30, 32, 35, 38, 42, 45, 50, 55, 60, 70, 80, 90, 120, 180,
)  # fmt: skip
"""Close together where 0.9 and 0.95 are reached: two of them may be weeks apart."""


def maturity_curve(weight_of_silence: WeightOfSilence) -> tuple[tuple[float, float], ...]:
    """The weight of silence at some ages in days, for people and for choosing matured weeks."""
    days = np.asarray(CURVE_DAYS, np.float64)
    weights = np.round(weight_of_silence(days), 6)
    return tuple(zip(days.tolist(), weights.tolist(), strict=True))
