"""A backtest from start to end: read, decide, add up.

What a backtest of vectors cannot show, and when it therefore equals a replay, is listed by `limitations`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.units import DAY_MS
from streams.backtest.cases import ALWAYS, NO_VERDICT, CaseArchive, CaseBlock
from streams.backtest.figures import (
    COLUMNS,
    BacktestTally,
    StrategyTally,
    day_lines,
    known_cases,
    moves,
    released,
    rule_lines,
    verdict_lines,
)
from streams.backtest.strategy import Strategy, StrategyResult

TALLY_COLUMNS: Final = (
    *COLUMNS,
    "reference_amount",
    "unrated",
    "propensity_micro",
    "holdout",
    "probability_micro",
    "phase",
)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class BacktestPlan:
    """What to try on which payments; times are engine times, ms."""

    archive: CaseArchive
    new: Strategy
    base: Strategy | None = None
    """What to compare with; None: what was decided then, where it was."""
    start: int = 0
    end: int = ALWAYS
    """Exclusive."""
    as_of: int | None = None
    """What was not known by then counts as unknown; None: the last recorded payment's time."""
    maturity_ms: int = 90 * DAY_MS
    """A payment of this age without a label counts as legitimate."""


@dataclass(frozen=True)
class BacktestResult:
    """The sums, and how long it took."""

    plan: BacktestPlan
    tally: BacktestTally
    as_of: int
    """The day of the plan, or the last recorded payment's time (ms)."""
    seconds: float

    def document(self) -> dict[str, Any]:
        """All figures as plain data; amounts in EUR cents."""
        tally, plan = self.tally, self.plan
        document: dict[str, Any] = {
            "rows": tally.coverage.payments,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(tally.coverage.payments / self.seconds) if self.seconds else None,
            "as_of": self.as_of,
            "maturity_days": plan.maturity_ms / DAY_MS,
            "coverage": {**vars(tally.coverage), **vars(plan.archive.excluded)},
            "verdicts": verdict_lines(tally.new),
            "rules": rule_lines(tally.new, rules_of(plan.new)),
            "released": released(tally),
            "days": day_lines(tally),
            "examples": tally.examples.document([rule["id"] for rule in rules_of(plan.new)]),
            "left_out": limitations(plan),
        }
        if tally.base is not None:
            base_rules = rules_of(plan.base) if plan.base else []
            document["base"] = {
                "is": "recomputed" if plan.base else "decided then",
                "verdicts": verdict_lines(tally.base),
                "rules": rule_lines(tally.base, base_rules),
                "moves": moves(tally),
            }
        return document


def run(plan: BacktestPlan, progress: Progress = lambda _: None) -> BacktestResult:
    """Backtests. Raises `Misconfigured` where there is nothing to test on."""
    started = time.perf_counter()
    plan.archive.check()
    as_of = plan.archive.last_time() if plan.as_of is None else plan.as_of
    strategies = [plan.new, *([plan.base] if plan.base else [])]
    columns = sorted({*TALLY_COLUMNS, *(name for strategy in strategies for name in strategy.columns)})
    features = sorted({name for strategy in strategies for name in strategy.features})
    tally: BacktestTally | None = None
    for block in plan.archive.blocks(columns, features, plan.start, plan.end):
        tally = tally or _empty(plan, block)
        base = plan.base.decide(block) if plan.base else _then(block) if tally.base else None
        tally.add(block, known_cases(block, as_of, plan.maturity_ms), plan.new.decide(block), base)
        progress(tally.coverage.payments)
    tally = tally or BacktestTally(StrategyTally(0), None)
    return BacktestResult(plan, tally, as_of, time.perf_counter() - started)


def _empty(plan: BacktestPlan, block: CaseBlock) -> BacktestTally:
    """Sums to begin with. What was decided then is a baseline where the first payment was decided at all."""
    if plan.base is not None:
        return BacktestTally(StrategyTally(_count(plan.new)), StrategyTally(_count(plan.base)))
    decided = bool((block.integers("verdict") != NO_VERDICT).all())
    return BacktestTally(StrategyTally(_count(plan.new)), StrategyTally(0) if decided else None)


def _count(strategy: Strategy) -> int:
    return len(strategy.ruleset.rule_ids) if strategy.ruleset else 0


def _then(block: CaseBlock) -> StrategyResult:
    verdict = block.integers("verdict")
    return StrategyResult(
        np.where(verdict == NO_VERDICT, 0, verdict).astype(np.uint8),
        block.integers("probability_micro"),
        None,
    )


def rules_of(strategy: Strategy) -> list[dict[str, Any]]:
    """Id, level, mode and effect of each rule."""
    if strategy.ruleset is None:
        return []
    rules = strategy.ruleset.rules
    return [{"id": r.id, "level": r.level, "mode": r.runs, "does": r.does} for r in rules]


def limitations(plan: BacktestPlan) -> list[str]:
    """What this backtest cannot show."""
    limits = []
    rules = plan.new.ruleset.rules if plan.new.ruleset else ()
    putting = [rule.id for rule in rules if rule.put_on_list is not None]
    if putting:
        limits.append(f"list entries that these rules would have made: {', '.join(putting)}")
    if plan.new.ruleset and plan.new.ruleset.lists_used and not plan.new.lists.lists:
        names = ", ".join(sorted(plan.new.ruleset.lists_used))
        limits.append(f"no history of the lists {names} was recorded: they are taken as empty")
    limits.append("review capacity: every review is taken as possible, at its plain price")
    if plan.new.policy.sca.enforce:
        limits.append("counters of Article 16 and TRA bands: small payments count as exempt, others as not")
    if plan.new.policy.holdout_by is not None:
        limits.append("the policy's random draw: no payment is approved by it here")
    limits += [
        "what other verdicts would have changed: later attempts, counters of declines and authentications",
        "features as they were logged: a change of the catalogue needs a replay",
    ]
    return limits
