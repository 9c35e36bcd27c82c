"""Which label stands for each attempt on a given day, and how much it weighs.

- Of what was said by then the strongest counts (`models.labels.strength`), then what was known last, then
  what lies last on the log. Whether the loss was shifted to the issuer changes nothing: fraud is fraud.
- Fraud is a positive from the moment it is known. Friendly fraud is not fraud.
- Where nothing was said, silence makes a negative of a payment that was really paid, weighted by age
  (`training.dataset.silence`). A payment that was declined, abandoned, voided or refunded, or whose
  authentication failed, has no label: nobody can dispute what was not paid, so its silence says nothing. An
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
from models.labels import strength
from models.messages import LabelValue
from models.units import DAY_MS
from training.dataset.history import NEVER, PARKED_PAYMENT, UNKNOWN_PAYMENT, column, parked_rows
from training.dataset.settings import DatasetSettings
from training.dataset.silence import WeightOfSilence, learned

FRAUD, LEGITIMATE, NONE = 1, 0, -1
SILENCE: Final = "silence"

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
class Labels:
    """Of n attempts: `label` (1, 0, -1 none), `weight` (0 without label), `known_at` (-1: by silence, or
    none), `source` (None without label). `waiting`: pieces of evidence not known yet; `replaced`: overruled.
    """

    label: NDArray[np.int8]
    weight: Floats
    known_at: Int64s
    source: NDArray[Any]
    parked: pa.Table
    weight_of_silence: WeightOfSilence
    waiting: int
    replaced: int
    by_silence: int


def labels_at(attempts: pa.Table, evidence: pa.Table, settings: DatasetSettings) -> Labels:
    """The labels of all attempts as known at `settings.as_of`."""
    times, known_at = column(attempts, "occurred_at"), column(evidence, "known_at")
    row = column(evidence, "row")
    faults = _faults(evidence, times)
    silent = column(evidence, "source") == SILENCE
    known = (known_at <= settings.as_of) & (faults == "") & ~silent
    standing = _standing(evidence, np.flatnonzero(known))
    contradicted = _contradicted(evidence, np.flatnonzero(known), standing)
    faults[contradicted] = CONTRADICTED
    found = _stated(attempts.num_rows, evidence, standing, settings)
    weight_of_silence = _learned(evidence, np.flatnonzero(known), standing, times, settings)
    said = np.zeros(attempts.num_rows, np.bool_)
    said[row[standing]] = True
    _by_silence(found, attempts, ~said, settings, weight_of_silence)
    parked = [parked_rows("label", fault, DETAILS[fault], evidence.filter(faults == fault))
              for fault in DETAILS if (faults == fault).any()]  # fmt: skip
    return Labels(
        **found, parked=pa.concat_tables([parked_rows("label", "", "", evidence[:0]), *parked]),
        weight_of_silence=weight_of_silence,
        waiting=int(((known_at > settings.as_of) & (faults == "")).sum()),
        replaced=int(known.sum()) - len(standing) - len(contradicted),
        by_silence=int(((known_at <= settings.as_of) & (faults == "") & silent).sum()),
    )  # fmt: skip


def _faults(evidence: pa.Table, times: Int64s) -> NDArray[Any]:
    """Why each piece of evidence cannot be used; empty where it can."""
    row, known_at = column(evidence, "row"), column(evidence, "known_at")
    faults = np.full(len(row), "", object)
    faults[row == UNKNOWN_PAYMENT] = UNKNOWN
    faults[row == PARKED_PAYMENT] = UNUSABLE
    matched = np.flatnonzero(row >= 0)
    faults[matched[known_at[matched] < times[row[matched]]]] = BEFORE_PAYMENT
    return faults


def _standing(evidence: pa.Table, at: Int64s) -> Int64s:
    """Of these pieces of evidence the one that stands for each attempt, in order of attempts."""
    row, known_at = column(evidence, "row")[at], column(evidence, "known_at")[at]
    order = np.lexsort((at, known_at, _strengths(evidence)[at], row))
    last = np.append(np.diff(row[order]) != 0, True) if len(at) else np.zeros(0, np.bool_)
    standing: Int64s = at[order[last]]
    return standing


def _strengths(evidence: pa.Table) -> Int64s:
    pairs = zip(column(evidence, "source").tolist(), column(evidence, "final").tolist(), strict=True)
    return np.array([strength(source, final) for source, final in pairs], np.int64)


def _contradicted(evidence: pa.Table, at: Int64s, standing: Int64s) -> Int64s:
    """Evidence that says otherwise than what stands, as strong and known at the same time."""
    row, label = column(evidence, "row"), column(evidence, "label")
    known_at, strengths = column(evidence, "known_at"), _strengths(evidence)
    winner = np.full(int(row.max(initial=-1)) + 1, -1, np.int64)
    winner[row[standing]] = standing
    of = winner[row[at]]
    same = (known_at[at] == known_at[of]) & (strengths[at] == strengths[of])
    found: Int64s = at[same & (label[at] != label[of])]
    return found


def _stated(n: int, evidence: pa.Table, standing: Int64s, settings: DatasetSettings) -> dict[str, Any]:
    """The columns of `Labels` by what was said."""
    meaning = {LabelValue.FRAUD: FRAUD, LabelValue.LEGITIMATE: LEGITIMATE, LabelValue.UNKNOWN: NONE}
    meaning[LabelValue.FRIENDLY] = {"excluded": NONE, "legitimate": LEGITIMATE, "fraud": FRAUD}[
        settings.friendly
    ]
    code = np.array([meaning[LabelValue(text)] for text in column(evidence, "label")[standing]], np.int8)
    row, weight = column(evidence, "row")[standing], column(evidence, "weight")[standing]
    code[weight <= 0] = NONE
    used, row = standing[code != NONE], row[code != NONE]
    label, source = np.full(n, NONE, np.int8), np.full(n, None, object)
    weights, known_at = np.zeros(n), np.full(n, -1, np.int64)
    label[row], source[row] = code[code != NONE], column(evidence, "source")[used]
    weights[row], known_at[row] = column(evidence, "weight")[used], column(evidence, "known_at")[used]
    return {"label": label, "weight": weights, "known_at": known_at, "source": source}


def _learned(
    evidence: pa.Table, at: Int64s, standing: Int64s, times: Int64s, settings: DatasetSettings
) -> WeightOfSilence:
    """From the delays of the frauds that stand, whatever time their payments are of; where silence never
    counts, from those of all labels: legitimate payments wait for theirs as well.

    A payment is silent until it is first spoken of: a fraud notice counts, not the arbitration that ends its
    dispute months later and stands then. `at`: the evidence known on the day.
    """
    label, row = column(evidence, "label"), column(evidence, "row")
    if settings.silence != "never":
        standing = standing[label[standing] == LabelValue.FRAUD.value]
    first = _first_known(evidence, at, standing, len(times))[row[standing]]
    made = times[row[standing]]
    delay, age = first - made, settings.as_of - made
    return learned(delay / DAY_MS, age / DAY_MS)


def _first_known(evidence: pa.Table, at: Int64s, standing: Int64s, n: int) -> Int64s:
    """When what stands was first said of each of n attempts, by whatever evidence."""
    label, row, known_at = (column(evidence, name) for name in ("label", "row", "known_at"))
    winner = np.full(n, -1, np.int64)
    winner[row[standing]] = standing
    at = at[winner[row[at]] >= 0]
    at = at[label[at] == label[winner[row[at]]]]
    first = np.full(n, NEVER, np.int64)
    np.minimum.at(first, row[at], known_at[at])
    return first


def _by_silence(
    found: dict[str, Any],
    attempts: pa.Table,
    unsaid: Bools,
    settings: DatasetSettings,
    weight_of_silence: WeightOfSilence,
) -> None:
    """Negatives by silence, written into the columns."""
    age = (settings.as_of - column(attempts, "occurred_at")) / DAY_MS
    weight = weight_of_silence(np.maximum(age, 0.0))
    silent = unsaid & _was_paid(attempts, settings) & (weight > 0) & (age >= 0)
    found["label"][silent], found["source"][silent] = LEGITIMATE, SILENCE
    found["weight"][silent] = weight[silent]


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
"""Close together where 0.9 and 0.95 are reached: whole weeks of evidence may lie between two of them."""


def maturity_curve(weight_of_silence: WeightOfSilence) -> tuple[tuple[float, float], ...]:
    """The weight of silence at some ages in days, for people and for choosing matured weeks."""
    days = np.asarray(CURVE_DAYS, np.float64)
    weights = np.round(weight_of_silence(days), 6)
    return tuple(zip(days.tolist(), weights.tolist(), strict=True))
