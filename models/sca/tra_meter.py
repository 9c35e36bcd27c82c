"""The meter of a legal entity's fraud rate, on which its exemption threshold for risk analysis depends.

Delegated Regulation (EU) 2018/389, Article 18 with its Annex: for remote card-based payments the exemption
threshold value is 500 EUR where the payment service provider's overall fraud rate is at most 1 basis point
(0.01 %), 250 EUR at 6 (0.06 %), 100 EUR at 13 (0.13 %). Article 19: the rate is the *value* of unauthorised
or fraudulent remote card payments over the value of all remote card payments, authenticated or exempt, of the
whole legal entity (EBA Q&A 2018_4033, 2018_4439), computed once every calendar quarter (2018_4045); one rate
for all amounts (2018_4043).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from models.messages import Label, LabelValue, MethodKind, Outcome, OutcomeKind
from models.sca.tra_bands import QUARTERS_KEPT, quarters
from models.units import BASIS_POINTS

REFERENCE_RATES: Final = {500: 1, 250: 6, 100: 13}
"""Threshold (EUR) -> highest fraud rate in basis points of value (Annex, remote card-based payments)."""


class TraMeter:
    """Fraud rate by value of remote card payments, by quarter of the payment: for people to look at; it
    decides nothing.

    Values are EUR cents. Python integers: no overflow. The newest `QUARTERS_KEPT` quarters are kept. Reports
    do not tell whether a payment was remote: where terminals share the engine, their value is in it.

    >>> meter = TraMeter()
    >>> meter.pay(np.array([0, 1]), np.array([600_000, 400_000]))
    >>> meter.defraud(np.array([1]), np.array([600]))
    >>> meter.rate_micro(0), meter.threshold_eur(0)
    (600, 250)
    """

    def __init__(self, values: dict[int, list[int]] | None = None) -> None:
        """`values`: quarter -> [value paid, value defrauded]."""
        self._values = values if values is not None else {}

    def observe(self, reports: Sequence[Outcome | Label], amounts: NDArray[np.int64]) -> None:
        """Takes authorisations and frauds of cards among reports that are new; EUR cents."""
        for what, put in ((_authorised, self.pay), (_fraud, self.defraud)):
            rows = [row for row, report in enumerate(reports) if what(report)]
            times = np.array([reports[row].occurred_at for row in rows], np.int64)
            put(times, amounts[rows])

    def pay(self, times: NDArray[np.int64], amounts: NDArray[np.int64]) -> None:
        """Remote card payments that went through, authenticated or exempt."""
        self._add(0, times, amounts)

    def defraud(self, times: NDArray[np.int64], amounts: NDArray[np.int64]) -> None:
        """Payments among those that became known as fraud; `times` are the payments'."""
        self._add(1, times, amounts)

    def quarters(self) -> list[tuple[int, int, int]]:
        """Quarter, value of payments, value of frauds (EUR cents), oldest first."""
        return [(quarter, paid, fraud) for quarter, (paid, fraud) in sorted(self._values.items())]

    def rate_micro(self, quarter: int) -> int | None:
        """Fraud over all, in micro-units of value; None where nothing was paid. 1 basis point is 100."""
        paid, fraud = self._values.get(quarter, (0, 0))
        return fraud * 1_000_000 // paid if paid else None

    def threshold_eur(self, quarter: int) -> int:
        """The highest threshold the Annex would allow at this quarter's rate; 0 is none."""
        paid, fraud = self._values.get(quarter, (0, 0))
        reached = [
            eur for eur, points in REFERENCE_RATES.items() if paid and fraud * BASIS_POINTS <= points * paid
        ]
        return max(reached, default=0)

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """What a snapshot keeps: rows of quarter, value paid, value defrauded, oldest first."""
        rows = [[quarter, *values] for quarter, values in sorted(self._values.items())]
        return {"quarters": np.array(rows, np.int64).reshape(-1, 3)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> "TraMeter":
        """The inverse of `arrays`."""
        return cls({quarter: [paid, fraud] for quarter, paid, fraud in arrays["quarters"].tolist()})

    def logical_hash(self) -> int:
        """64 bits over the state."""
        return int(xxhash.xxh3_64_intdigest(msgspec.json.encode(sorted(self._values.items()))))

    def _add(self, which: int, times: NDArray[np.int64], amounts: NDArray[np.int64]) -> None:
        for quarter, amount in zip(quarters(times).tolist(), amounts.tolist(), strict=True):
            self._values.setdefault(quarter, [0, 0])[which] += amount
        for old in sorted(self._values)[:-QUARTERS_KEPT]:
            del self._values[old]


def _authorised(report: Outcome | Label) -> bool:
    return type(report) is Outcome and report.kind is OutcomeKind.AUTHORISED and _by_card(report)


def _fraud(report: Outcome | Label) -> bool:
    return type(report) is Label and report.label is LabelValue.FRAUD and _by_card(report)


def _by_card(report: Outcome | Label) -> bool:
    return report.tokens.method.kind in (MethodKind.CARD, MethodKind.WALLET)
