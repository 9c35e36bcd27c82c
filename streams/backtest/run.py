"""A backtest from start to end: read, judge, add up. Bounded: a block of rows, the model, the tallies.

What a backtest of vectors leaves out, and when it therefore equals a replay, is said by `left_out`.
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
    """What to try on which payments. `as_of`: what was not known by then counts as unknown; None: the last
    recorded payment's time. `base`: judges to compare with; None: what was decided, where it was.
    """

    archive: CaseArchive
    new: Strategy
    base: Strategy | None = None
    start: int = 0
    end: int = ALWAYS
    as_of: int | None = None
    maturity_ms: int = 90 * DAY_MS


@dataclass(frozen=True)
class BacktestResult:
    """The sums, and how long it took."""

    plan: BacktestPlan
    tally: BacktestTally
    as_of: int
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
            "coverage": {**vars(tally.coverage), **vars(plan.archive.left)},
            "verdicts": verdict_lines(tally.new),
            "rules": rule_lines(tally.new, rules_of(plan.new)),
            "released": released(tally),
            "days": day_lines(tally),
            "left_out": left_out(plan),
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
    judges = [plan.new, *([plan.base] if plan.base else [])]
    columns = sorted({*TALLY_COLUMNS, *(name for judge in judges for name in judge.columns)})
    features = sorted({name for judge in judges for name in judge.features})
    tally: BacktestTally | None = None
    for block in plan.archive.blocks(columns, features, plan.start, plan.end):
        tally = tally or _empty(plan, block)
        base = plan.base.judge(block) if plan.base else _then(block) if tally.base else None
        tally.add(block, known_cases(block, as_of, plan.maturity_ms), plan.new.judge(block), base)
        progress(tally.coverage.payments)
    tally = tally or BacktestTally(StrategyTally(0), None)
    return BacktestResult(plan, tally, as_of, time.perf_counter() - started)


def _empty(plan: BacktestPlan, block: CaseBlock) -> BacktestTally:
    """Sums to begin with. What was decided then is a baseline where the first payment was decided at all."""
    if plan.base is not None:
        return BacktestTally(StrategyTally(_count(plan.new)), StrategyTally(_count(plan.base)))
    decided = bool((block.integers("verdict") != NO_VERDICT).all())
    return BacktestTally(StrategyTally(_count(plan.new)), StrategyTally(0) if decided else None)


def _count(judges: Strategy) -> int:
    return len(judges.ruleset.rule_ids) if judges.ruleset else 0


def _then(block: CaseBlock) -> StrategyResult:
    verdict = block.integers("verdict")
    return StrategyResult(
        np.where(verdict == NO_VERDICT, 0, verdict).astype(np.uint8),
        block.integers("probability_micro"),
        None,
    )


def rules_of(judges: Strategy) -> list[dict[str, Any]]:
    """What the rules are called and do."""
    if judges.ruleset is None:
        return []
    rules = judges.ruleset.rules
    return [{"id": r.id, "level": r.level, "mode": r.runs, "does": r.does} for r in rules]


def left_out(plan: BacktestPlan) -> list[str]:
    """What this backtest does not see, in words."""
    said = []
    rules = plan.new.ruleset.rules if plan.new.ruleset else ()
    putting = [rule.id for rule in rules if rule.put_on_list is not None]
    if putting:
        said.append(f"list entries that these rules would have made: {', '.join(putting)}")
    if plan.new.ruleset and plan.new.ruleset.lists_used and not plan.new.lists.lists:
        names = ", ".join(sorted(plan.new.ruleset.lists_used))
        said.append(f"no history of the lists {names} was recorded: they are taken as empty")
    said.append("review capacity: every review is taken as possible, at its plain price")
    if plan.new.policy.sca.enforce:
        said.append("counters of Article 16 and TRA bands: small payments count as exempt, others as not")
    if plan.new.policy.holdout_by is not None:
        said.append("the policy's random draw: nobody is approved by it here")
    said += [
        "what other verdicts would have changed: later attempts, counters of declines and authentications",
        "features as they were logged: a change of the catalogue needs a replay",
    ]
    return said
