"""New decisions with what they were made of, as rows of `case_file`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.ingest import reference_amounts
from models.messages import Payment
from streams.backtest.cases.case_columns import columns_of
from streams.backtest.cases.case_file import NEVER, NO_VERDICT
from streams.backtest.cases.label_history import LabelHistory
from streams.engine.admission import request_keys

NONE: Final = -1


@dataclass(frozen=True)
class DecisionColumns:
    """n decided payments and the fields of their decisions; columns that only an engine gives may be None."""

    payments: Sequence[Payment]
    sequences: NDArray[np.int64]
    times: NDArray[np.int64]
    """Engine times, ms."""
    received_at: NDArray[np.int64] | None = None
    """Append times of the payments, ms."""
    reference_amount: NDArray[np.int64] | None = None
    """EUR cents; computed where not given."""
    unrated: NDArray[np.bool_] | None = None
    verdict: NDArray[np.uint8] | None = None
    probability_micro: NDArray[np.int64] | None = None
    propensity_micro: NDArray[np.int64] | None = None
    holdout: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class ReportColumns:
    """What was reported of n payments: their labels, and when each thing happened (`NEVER`: it did not)."""

    labels: LabelHistory
    completed_at: NDArray[np.int64]
    failed_at: NDArray[np.int64]
    refunded_at: NDArray[np.int64]

    @classmethod
    def nothing(cls, n: int) -> "ReportColumns":
        """Nothing yet, to be filled in."""
        return cls(LabelHistory.none(n), *(np.full(n, NEVER, np.int64) for _ in range(3)))


def case_rows(
    decided: DecisionColumns,
    reported: ReportColumns,
    tables: Mapping[str, Any],
    soft_declined: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """All columns of `case_file.SCHEMA`. `soft_declined`: the issuer asked for authentication before."""
    n = len(decided.payments)
    amounts, unrated = decided.reference_amount, decided.unrated
    if amounts is None or unrated is None:
        amounts, unrated = reference_amounts(tables.get("fx"), decided.payments, decided.times)
    return {
        "sequence": decided.sequences,
        "engine_time": decided.times,
        "received_at": decided.times if decided.received_at is None else decided.received_at,
        "key": request_keys(decided.payments)[:, 0] if n else np.zeros(0, np.uint64),
        "reference_amount": amounts,
        "unrated": unrated,
        "verdict": _or(decided.verdict, n, NO_VERDICT, np.uint8),
        "probability_micro": _or(decided.probability_micro, n, NONE, np.int64),
        "propensity_micro": _or(decided.propensity_micro, n, NONE, np.int64),
        "holdout": _or(decided.holdout, n, 0, np.bool_),
        "labels": reported.labels.to_arrow(),
        "completed_at": reported.completed_at,
        "failed_at": reported.failed_at,
        "refunded_at": reported.refunded_at,
        **columns_of(decided.payments, decided.times, tables, _or(soft_declined, n, 0, np.bool_)),
    }


def _or(values: NDArray[Any] | None, n: int, otherwise: int, kind: Any) -> NDArray[Any]:
    return np.full(n, otherwise, kind) if values is None else values
