"""Why not? The smallest change of one rule input that turns a verdict, proved by judging the payment again.

decline: would be approve if card_payment_count_1h were 4 instead of 6 (velocity_card_1h no longer hits)

Every input that the live rules read is moved to each value at which one of their tests turns
(`models.rules.turning_points`); rules and policy then judge all those payments in one batch, and of those
that get the wanted verdict the smallest change is the answer. Where no single one does, pairs are tried,
smallest first.

**Small** is measured so that inputs compare: a number's change over the larger of its two absolute values; a
flip (text, boolean, flag, list) counts 1; to or from missing counts 2. A pair counts the sum. Ties go to the
input the rules read first.

Where the policy reads an input itself (the probability, the amount), the values at which its verdict turns
are looked for too, by halving the intervals between the rules' values.

**What is held.** All other inputs: features that contain the changed one stay as they were logged, and so
does the model's probability, unless it is the input. The amount moves in all its columns together, and in the
policy. So the answer explains the verdict; it is no promise of what another payment would get.

Invariant: an answer's changes, put into the payment, give the answer's verdict under the same rules and
policy. No answer is given that was not judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np

from models.messages import Verdict
from models.policy.counterfactual_case import CounterfactualCase
from models.policy.input_change import InputChange, as_probe
from models.policy.policy import Policy
from models.policy.rows import VERDICTS
from models.rules import CompiledRuleset, RuleInput, RuleInputs

PAIRS_MAX: Final = 50_000
PAIRED_MAX: Final = 400
"""Single changes, the smallest first, of which pairs are made."""
_OF_POLICY: Final = {"probability": 1_000_000.0, "reference_amount": 1.0}
"""Inputs that the policy reads as well, and how many steps it sees in one."""
HALVINGS: Final = 64


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change that gives a wanted verdict, or that none was found among those tried."""

    before: Verdict
    """The verdict as it is."""
    after: Verdict | None
    """The verdict with the changes; None: no change of one or two inputs gives a wanted one."""
    changes: tuple[InputChange, ...]
    """The changes, together."""
    stopped: tuple[str, ...]
    """Ids of rules that no longer hit."""
    started: tuple[str, ...]
    """Ids of rules that newly hit."""
    tried: int
    """How many payments were judged again."""

    def words(self) -> str:
        """The answer in one sentence."""
        if self.after is None:
            return f"{self.before}: no change of one or two rule inputs turns it ({self.tried:,} tried)"
        changes = " and ".join(change.words() for change in self.changes)
        rules = [f"{name} no longer hits" for name in self.stopped] + [f"{n} hits" for n in self.started]
        which = ", ".join(rules) or "the policy alone decides"
        return f"{self.before}: would be {self.after} if {changes} ({which})"


def why_not(
    ruleset: CompiledRuleset,
    policy: Policy,
    case: CounterfactualCase,
    kinds: Mapping[str, str],
    wanted: Verdict | None = None,
) -> Counterfactual:
    """The smallest change that gives `wanted`; without it, a milder verdict (of an approval, any other).

    `kinds` as in `RuleInputs.of`.
    """
    inputs = RuleInputs.of(ruleset, case.schema, kinds)
    codes, rules = case.judged(ruleset, policy, [{}])
    before = VERDICTS[int(codes[0])]
    if wanted is before:
        return Counterfactual(before, before, (), (), (), 1)
    singles = _singles(inputs, case)
    singles = _with_policys(singles, ruleset, policy, case)
    best, tried = _best(ruleset, policy, case, [(one,) for one in singles], before, wanted)
    if best is None:
        pairs = _pairs(singles)
        best, more = _best(ruleset, policy, case, pairs, before, wanted)
        tried += more
    if best is None:
        return Counterfactual(before, None, (), (), (), tried)
    codes, changed = case.judged(ruleset, policy, [as_probe(best, case.values)])
    was, now = rules.hits[:, 0], changed.hits[:, 0]
    ids = ruleset.rule_ids
    stopped = tuple(ids[index] for index in np.flatnonzero(was & ~now).tolist())
    started = tuple(ids[index] for index in np.flatnonzero(now & ~was).tolist())
    return Counterfactual(before, VERDICTS[int(codes[0])], best, stopped, started, tried)


def _singles(inputs: RuleInputs, case: CounterfactualCase) -> list[InputChange]:
    """Every change of one input that may matter, smallest first."""
    numbers = {
        one.column: case.values.get(one.column)
        for one in inputs.inputs
        if one.kind in ("whole", "real", "flag")
    }
    turning = inputs.turning(case, numbers)
    changes = []
    for one in inputs.inputs:
        now = _now(one, case)
        if one.kind == "list" and case.values.get(one.column) is None:
            continue
        values = inputs.values(one, now, turning.get(one.column, ()), case.values)
        changes += [InputChange(one, now, to) for to in values]
    return sorted(changes, key=lambda change: change.size)


def _now(rule_input: RuleInput, case: CounterfactualCase) -> Any:
    value = case.values.get(rule_input.column)
    return value in case.lists.get(rule_input.list, ()) if rule_input.kind == "list" else value


def _pairs(singles: Sequence[InputChange]) -> list[tuple[InputChange, ...]]:
    pairs: list[tuple[InputChange, ...]] = [
        pair for pair in combinations(singles[:PAIRED_MAX], 2) if pair[0].input != pair[1].input
    ]
    return sorted(pairs, key=_size)[:PAIRS_MAX]


def _size(changes: Sequence[InputChange]) -> float:
    return sum(change.size for change in changes)


def _best(
    ruleset: CompiledRuleset,
    policy: Policy,
    case: CounterfactualCase,
    tries: Sequence[tuple[InputChange, ...]],
    before: Verdict,
    wanted: Verdict | None,
) -> tuple[tuple[InputChange, ...] | None, int]:
    """The first of `tries` that gives a wanted verdict; judged in batches. And how many were judged."""
    done = 0
    while done < len(tries):
        batch = tries[done : done + 2_000]
        done += len(batch)
        codes, _ = case.judged(ruleset, policy, [as_probe(one, case.values) for one in batch])
        for one, code in zip(batch, codes.tolist(), strict=True):
            verdict = VERDICTS[code]
            if _suits(verdict, before, wanted):
                return one, done
    return None, done


def _suits(verdict: Verdict, before: Verdict, wanted: Verdict | None) -> bool:
    if wanted is not None or before is Verdict.APPROVE:
        return verdict is wanted if wanted is not None else verdict is not before
    return VERDICTS.index(verdict) < VERDICTS.index(before)


def _with_policys(
    singles: Sequence[InputChange], ruleset: CompiledRuleset, policy: Policy, case: CounterfactualCase
) -> list[InputChange]:
    """And the changes of inputs at which the policy turns, smallest first."""
    more = list(singles)
    for name, steps in _OF_POLICY.items():
        of_it = [change for change in singles if change.input.column == name]
        known = [change for change in of_it if change.before is not None and change.after is not None]
        if known:
            ends = {0.0, steps if name == "probability" else 2.0 * known[0].before * steps}
            values = {float(round(value * steps)) for value in (known[0].before, *(c.after for c in known))}
            found = _crossings(sorted(values | ends), known[0], steps, ruleset, policy, case)
            more += [replace(known[0], after=value / steps) for value in found]
    return sorted((c for c in more if c.after != c.before), key=lambda change: change.size)


def _crossings(
    values: Sequence[float], change: InputChange, steps: float, ruleset: CompiledRuleset, policy: Policy,
    case: CounterfactualCase,
) -> list[float]:  # fmt: skip
    """Both sides of where the verdict turns between neighbours among `values`, whole numbers of steps."""

    def judged(points: Sequence[float]) -> np.ndarray:
        probes = [as_probe((replace(change, after=value / steps),), case.values) for value in points]
        return case.judged(ruleset, policy, probes)[0]

    codes = judged(values)
    at = np.flatnonzero(codes[1:] != codes[:-1])
    # Twice each interval: where it leaves the lower end's verdict, and where it comes to the upper end's.
    low, high = np.tile(np.array(values)[at], 2), np.tile(np.array(values)[at + 1], 2)
    of_low = np.arange(len(low)) < len(at)
    for _ in range(HALVINGS if len(at) else 0):
        middle = np.floor((low + high) / 2)
        found = judged(middle.tolist())
        below = np.where(of_low, found == np.tile(codes[at], 2), found != np.tile(codes[at + 1], 2))
        below |= middle == low
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return [*low.tolist(), *high.tolist()]
