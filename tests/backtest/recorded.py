"""Recorded payments written by hand, and strategies to try on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.labels.strength import strength
from models.messages.label import LabelValue
from models.messages.payment import Merchant, Method, MethodKind, Payment
from models.policy.policy import Policy
from models.policy.rows import VERDICTS
from models.rules.payment_columns import PAYMENT_COLUMNS
from streams.backtest.cases.archive import CaseArchive
from streams.backtest.cases.case_file import NEVER, CaseFile
from streams.backtest.cases.case_rows import DecisionColumns, ReportColumns, case_rows
from streams.backtest.cases.label_history import LABEL_CODES, LabelHistory
from streams.backtest.strategy.strategy import Strategy, strategy_of

DAY = 86_400_000
FIRST = 20_000 * DAY
"""Engine time of the first payment: 2024-10-04."""

ONLINE_BY_CARD = {
    "channel_code": 0.0,
    "method_code": 0.0,
    "is_merchant_initiated": np.nan,
    "three_ds_code": np.nan,
}
"""What vectors say of a payment online by card without authentication."""

SCHEMA = {
    **PAYMENT_COLUMNS,
    **dict.fromkeys(ONLINE_BY_CARD, "number"),
    "f": "number",
    "card_payment_count_1h": "number",
}

POLICY = Policy.from_dict({
    "name": "test", "version": 1,
    "probability": {"challenge_from": 300_000, "review_from": 500_000, "decline_from": 900_000},
})  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One payment of a card; amount in EUR cents, `day` of engine time counted from `FIRST`."""

    amount: int
    day: int = 0
    feature: float = 0.0
    verdict: str | None = "approve"
    label: LabelValue | None = None
    known_day: int = 10
    labels: tuple[tuple[int, str, LabelValue], ...] = ()
    """(day known, source, value) in order of the log, where there are several."""
    completed_day: int | None = None
    failed_day: int | None = None
    refunded_day: int | None = None
    probability: float = 0.001
    propensity: float | None = None
    holdout: bool = False
    metadata: Mapping[str, Any] | None = None


def write(folder: Path, cases: Sequence[Case], first: int = 1, name: str = "0000.parquet") -> CaseArchive:
    """Cases numbered from `first`, and their vectors: a feature `f`, and what every payment has."""
    sequences = first + np.arange(len(cases))
    with CaseFile(folder / "cases" / name) as file:
        file.add(case_rows(_decided(cases, sequences), _reported(cases), {}))
    write_vectors(folder / "vectors" / name, sequences, [case.feature for case in cases])
    return CaseArchive(folder / "cases", folder / "vectors")


def write_vectors(
    path: Path, sequences: Any, values: Sequence[float], feature: str = "f", group: int = 3
) -> None:
    """A file of vectors in small row groups."""
    path.parent.mkdir(parents=True, exist_ok=True)
    of_payments = {name: np.full(len(values), value) for name, value in ONLINE_BY_CARD.items()}
    own = {"sequence": np.asarray(sequences, np.int64), feature: np.asarray(values, np.float64)}
    table = pa.table(of_payments | own)
    pq.write_table(table, path, row_group_size=group)


def strategy(rules: Sequence[Mapping[str, Any]], policy: Policy = POLICY, **more: Any) -> Strategy:
    """A ruleset of these rules with a policy of thresholds."""
    own = [{"description": "a rule", "owner": "test", **rule} for rule in rules]
    return strategy_of({"name": "test", "version": 2, "rules": own}, policy, None, SCHEMA, **more)


def _decided(cases: Sequence[Case], sequences: Any) -> DecisionColumns:
    payments = [
        Payment(
            "acme", f"p{sequence}", FIRST + case.day * DAY, case.amount, "EUR",
            Method(MethodKind.CARD, "tok"), Merchant("m1"),
            metadata=None if case.metadata is None else dict(case.metadata),
        )
        for sequence, case in zip(sequences.tolist(), cases, strict=True)
    ]  # fmt: skip
    codes = {verdict.value: code for code, verdict in enumerate(VERDICTS)}
    return DecisionColumns(
        payments, sequences, np.array([p.occurred_at for p in payments], np.int64),
        verdict=np.array([codes.get(case.verdict or "", 255) for case in cases], np.uint8),
        probability_micro=np.array([round(case.probability * 1e6) for case in cases], np.int64),
        propensity_micro=np.array([_micro(case.propensity) for case in cases], np.int64),
        holdout=np.array([case.holdout for case in cases], np.bool_),
    )  # fmt: skip


def _micro(propensity: float | None) -> int:
    return -1 if propensity is None else round(propensity * 1e6)


def _reported(cases: Sequence[Case]) -> ReportColumns:
    reported = ReportColumns(_labels(cases), *(np.full(len(cases), NEVER, np.int64) for _ in range(3)))
    for row, case in enumerate(cases):
        for column, day in (
            (reported.completed_at, case.completed_day),
            (reported.failed_at, case.failed_day),
            (reported.refunded_at, case.refunded_day),
        ):
            if day is not None:
                column[row] = FIRST + day * DAY
    return reported


def _labels(cases: Sequence[Case]) -> LabelHistory:
    labels = [
        (row, FIRST + day * DAY, LABEL_CODES[value], strength(source, False))
        for row, case in enumerate(cases)
        for day, source, value in (case.labels or _single(case))
    ]
    columns = np.array(labels, np.int64).reshape(-1, 4).T
    row, known_at, code, strong = columns
    return LabelHistory.of(len(cases), row, known_at, code.astype(np.uint8), strong)


def _single(case: Case) -> tuple[tuple[int, str, LabelValue], ...]:
    return () if case.label is None else ((case.known_day, "unspecified", case.label),)
