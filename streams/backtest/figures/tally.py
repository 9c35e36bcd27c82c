"""Exact counts and amounts of a backtest, added up block by block; integers, so that order does not matter.

A *cell* is (payment status, known label). Arrays end in (status, label, 2): the last is count and EUR cents.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Int64s
from models.policy import APPROVE, VERDICTS
from models.units import DAY_MS, MICRO
from streams.backtest.cases import CaseBlock
from streams.backtest.figures.examples import ExamplePayments
from streams.backtest.figures.known_cases import KnownCases, KnownLabel, PaymentStatus
from streams.backtest.strategy import StrategyResult

STATUSES: Final = len(PaymentStatus)
LABELS: Final = len(KnownLabel)
CELLS: Final = STATUSES * LABELS


def _cells(*shape: int) -> Int64s:
    return np.zeros((*shape, STATUSES, LABELS, 2), np.int64)


@dataclass
class StrategyTally:
    """What one strategy did, by verdict and by rule."""

    rules: int
    verdicts: Int64s = field(default_factory=lambda: _cells(len(VERDICTS)))
    hits: Int64s = field(init=False)
    """By rule."""
    unique: Int64s = field(init=False)
    """By rule: hits that no other live rule shares."""
    errors: Int64s = field(init=False)
    """By rule."""

    def __post_init__(self) -> None:
        self.hits = _cells(self.rules)
        self.unique, self.errors = np.zeros(self.rules, np.int64), np.zeros(self.rules, np.int64)

    def add(self, result: StrategyResult, cells: Int64s, amounts: Int64s) -> None:
        """Adds a block."""
        self.verdicts += _by_cell(result.verdict, len(VERDICTS), cells, amounts)
        if result.rules is None:
            return
        live = result.rules.hits.sum(axis=0, dtype=np.int16)
        for index in range(self.rules):
            hit = result.rules.hits[index]
            alone = live == 1
            if not hit.any():
                hit, alone = result.rules.shadow[index], live == 0
            rows = np.flatnonzero(hit)
            if len(rows):
                self.hits[index] += _by_cell(np.zeros(len(rows), np.uint8), 1, cells[rows], amounts[rows])[0]
                self.unique[index] += int(alone[rows].sum())
        self.errors += result.rules.errors.sum(axis=1)


@dataclass
class HoldoutSample:
    """Payments that only the random draw let through and the new strategy approves, weighted by 1 /
    propensity: an unbiased estimate (Horvitz and Thompson 1952) of all that were held then and would be
    approved.
    """

    payments: int = 0
    frauds: int = 0
    unknown: int = 0
    estimated: float = 0.0
    estimated_frauds: float = 0.0
    estimated_fraud_value: float = 0.0
    variance_frauds: float = 0.0

    def add(self, block: CaseBlock, known: KnownCases, approved: NDArray[np.bool_], amounts: Int64s) -> None:
        """Adds a block."""
        propensity = block.integers("propensity_micro")
        rows = np.flatnonzero(block.integers("holdout") & approved & (propensity > 0))
        weights = MICRO / propensity[rows]
        fraud, unknown = known.label[rows] == KnownLabel.FRAUD, known.label[rows] == KnownLabel.UNKNOWN
        self.payments += len(rows)
        self.frauds += int(fraud.sum())
        self.unknown += int(unknown.sum())
        self.estimated += float(weights.sum())
        self.estimated_frauds += float(weights[fraud].sum())
        self.estimated_fraud_value += float((weights * amounts[rows])[fraud].sum())
        self.variance_frauds += float((weights * (weights - 1))[fraud].sum())


@dataclass
class LabelCoverage:
    """How many payments something is known of; fields as in `KnownCases`."""

    payments: int = 0
    value: int = 0
    young: int = 0
    young_unlabelled: int = 0
    stopped_unlabelled: int = 0
    presumed: int = 0
    labelled: int = 0
    unrated: int = 0
    later_phases: int = 0
    fraud: int = 0
    fraud_later: int = 0

    def add(self, block: CaseBlock, known: KnownCases, amounts: Int64s) -> None:
        """Adds a block."""
        self.payments += block.n
        self.value += int(amounts.sum())
        self.young += int(known.young.sum())
        self.young_unlabelled += int((known.young & ~known.labelled & ~known.stopped).sum())
        self.stopped_unlabelled += int((known.stopped & ~known.labelled).sum())
        self.presumed += int(known.presumed.sum())
        self.labelled += int(known.labelled.sum())
        self.fraud += int((known.label == KnownLabel.FRAUD).sum())
        self.fraud_later += int(known.fraud_later.sum())
        self.unrated += int(block.integers("unrated").sum())
        self.later_phases += block.n - int(block.any_of("phase", ["pre_auth"]).sum())


@dataclass
class BacktestTally:
    """All sums of a backtest."""

    new: StrategyTally
    base: StrategyTally | None
    coverage: LabelCoverage = field(default_factory=LabelCoverage)
    sample: HoldoutSample = field(default_factory=HoldoutSample)
    moved: Int64s = field(default_factory=lambda: np.zeros((4, 4, LABELS, 2), np.int64))
    """Baseline verdict, new verdict, known label, count and value."""
    released: Int64s = field(default_factory=lambda: np.zeros((LABELS, 2), np.int64))
    """Known label, count and value of payments that were held then and are approved now."""
    days: dict[int, Int64s] = field(default_factory=dict)
    """Day since 1970 -> [baseline, new], verdict, known label, count and value."""
    examples: ExamplePayments = field(default_factory=ExamplePayments)

    def add(
        self, block: CaseBlock, known: KnownCases, new: StrategyResult, base: StrategyResult | None
    ) -> None:
        """Adds a block."""
        amounts = block.integers("reference_amount")
        cells = known.status.astype(np.int64) * LABELS + known.label
        self.coverage.add(block, known, amounts)
        self.new.add(new, cells, amounts)
        if base is not None and self.base is not None:
            self.base.add(base, cells, amounts)
            both = base.verdict.astype(np.int64) * 4 + new.verdict
            self.moved += _by_label(both, 16, known.label, amounts).reshape(4, 4, LABELS, 2)
        approved = new.verdict == APPROVE
        through = known.held & approved
        self.released += _by_label(
            np.zeros(int(through.sum()), np.int64), 1, known.label[through], amounts[through]
        )[0]
        self.sample.add(block, known, approved, amounts)
        self.examples.add(block, known, new, base, amounts)
        self._add_days(block, known, new, base, amounts)

    def _add_days(
        self,
        block: CaseBlock,
        known: KnownCases,
        new: StrategyResult,
        base: StrategyResult | None,
        amounts: Int64s,
    ) -> None:
        days = block.times // DAY_MS
        for day in np.unique(days).tolist():
            rows = np.flatnonzero(days == day)
            total = self.days.setdefault(day, np.zeros((2, 4, LABELS, 2), np.int64))
            for row, result in enumerate((base, new)):
                if result is not None:
                    total[row] += _by_label(result.verdict[rows], 4, known.label[rows], amounts[rows])


def _by_cell(groups: NDArray[np.uint8], count: int, cells: Int64s, amounts: Int64s) -> Int64s:
    return _sums(groups.astype(np.int64) * CELLS + cells, count * CELLS, amounts).reshape(
        count, STATUSES, LABELS, 2
    )


def _by_label(groups: NDArray[np.integer], count: int, label: NDArray[np.uint8], amounts: Int64s) -> Int64s:
    return _sums(groups.astype(np.int64) * LABELS + label, count * LABELS, amounts).reshape(count, LABELS, 2)


def _sums(groups: Int64s, count: int, amounts: Int64s) -> Int64s:
    """Rows and amounts by group, exact."""
    out = np.zeros((count, 2), np.int64)
    out[:, 0] = np.bincount(groups, minlength=count)
    np.add.at(out[:, 1], groups, amounts)
    return out
