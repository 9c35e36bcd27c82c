"""Why not? The smallest change of one rule input that turns a verdict, proved by judging the payment again.

    decline: would be approve if card_payment_count_1h were 4 instead of 6 (velocity_card_1h no longer hits)

Every input that the live rules read is moved to each value at which one of their tests turns
(`models.rules.turning_points`); rules and policy then judge all those payments in one batch, and of those
that get the wanted verdict the smallest change is told. Where no single one does, pairs are tried, smallest
first.

**Small** is measured so that inputs compare: a number's change over the larger of its two absolute values; a
flip (text, boolean, flag, list) counts 1; to or from missing counts 2. A pair counts the sum. Ties go to the
input the rules read first.

Where the policy reads an input itself (the probability, the amount), the values at which its verdict turns
are looked for too, by halving the intervals between the rules' values.

**What is held.** All other inputs: features that contain the changed one stay as they were logged, and so
does the model's probability, unless it is the input. The amount moves in all its columns together, and in the
policy. So the answer explains the verdict; it is no promise of what another payment would get.

Invariant: an answer's changes, put into the payment, give the answer's verdict under the same rules and
policy. Nothing is told that was not judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from typing import Any, Final

import numpy as np

from models.messages import ReviewLoad, Verdict
from models.policy.policy import Policy
from models.policy.rows import VERDICTS, PolicyRows
from models.rules import OTHER_TEXT, CompiledRuleset, Input, Inputs, RuleResult
from models.rules.language import RuleRows, Schema

PAIRS_MAX: Final = 50_000
PAIRED_MAX: Final = 400
"""Single changes, the smallest first, of which pairs are made."""
FLIP: Final = 1.0
MISSING: Final = 2.0
_AMOUNTS: Final = ("reference_amount", "amount_eur_cents", "amount")
_ON_LIST: Final = "list:"
_OF_POLICY: Final = {"probability": 1_000_000.0, "reference_amount": 1.0}
"""Inputs that the policy reads as well, and how many steps it sees in one."""
HALVINGS: Final = 64


@dataclass(frozen=True)
class Situation:
    """One payment as it was judged. `values` by column, None or absent: missing; `lists`: which of the
    payment's tokens are on which list; `policy` one row, without rules.
    """

    values: Mapping[str, Any]
    policy: PolicyRows
    schema: Schema
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sample_key: int = 0
    rates: Any = None
    load: ReviewLoad | None = None

    def probes(self, changed: Sequence[Mapping[str, Any]]) -> RuleRows:
        """The payment's rows with these columns changed; `list:NAME:COLUMN` turns its place on a list."""
        n = len(changed)
        return RuleRows(
            n, np.repeat(self.policy.times, n), np.full(n, self.sample_key, np.uint64),
            np.repeat(self.policy.merchants, n), lambda name: self._column(name, changed),
            lambda name, values: self._listed(name, values, changed), self.rates,
        )  # fmt: skip

    def _column(self, name: str, changed: Sequence[Mapping[str, Any]]) -> np.ndarray:
        now = self.values.get(name)
        values = [change.get(name, now) for change in changed]
        if self.schema.get(name) in ("number", "money"):
            return np.array([np.nan if value is None else value for value in values], np.float64)
        column = np.empty(len(values), object)
        column[:] = values
        return column

    def _listed(self, name: str, values: np.ndarray, changed: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Lists hold values, not columns: a token that is turned is turned wherever it is looked for."""
        on = [value in self.lists.get(name, ()) for value in values]
        for row, change in enumerate(changed):
            for key, truth in change.items():
                if key.startswith(f"{_ON_LIST}{name}:") and values[row] == self.values.get(
                    key.split(":", 2)[2]
                ):
                    on[row] = truth
        return np.array(on, np.bool_)

    def judged(
        self, ruleset: CompiledRuleset, policy: Policy, changed: Sequence[Mapping[str, Any]]
    ) -> tuple[np.ndarray, RuleResult]:
        """Verdict codes and rule results of the payment with each of these changes."""
        rules = ruleset.run(self.probes(changed))
        n = len(changed)
        spread = {f.name: _spread(getattr(self.policy, f.name), n) for f in fields(self.policy)}
        rows = replace(self.policy, **spread)
        amount, micro = self._amount_and_probability(rows, changed)
        rows = replace(rows, score=rules.score, rules=rules, amount=amount, probability_micro=micro)
        return policy.judge(rows, self.load).verdict, rules

    def _amount_and_probability(
        self, rows: PolicyRows, changed: Sequence[Mapping[str, Any]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the policy itself reads of changed columns."""
        amount, micro = rows.amount.copy(), rows.probability_micro.copy()
        for row, change in enumerate(changed):
            if change.get("reference_amount") is not None:
                amount[row] = round(change["reference_amount"])
            if "probability" in change:
                given = change["probability"]
                micro[row] = -1 if given is None else min(max(round(given * 1_000_000), 0), 1_000_000)
        return amount, micro


@dataclass(frozen=True)
class Change:
    """One input, its value and the value it would need. For a list: whether the value is on it."""

    input: Input
    before: Any
    after: Any

    @property
    def size(self) -> float:
        """How small the change is; see the module."""
        if self.before is None or self.after is None:
            return MISSING
        if self.input.kind not in ("whole", "real"):
            return FLIP
        return float(abs(self.after - self.before) / max(abs(self.after), abs(self.before)))

    def words(self) -> str:
        """The change in words."""
        name = self.input.column
        if self.input.kind == "list":
            return f"{name} were {'on' if self.after else 'not on'} the list {self.input.list}"
        text = f"{name} were {_said(self.after)} instead of {_said(self.before)}"
        if self.input.kind in ("whole", "real") and self.before is not None and self.after is not None:
            text += f" ({_said(self.after - self.before, sign=True)})"
        return text


@dataclass(frozen=True)
class Answer:
    """`after` None: no change of one or two inputs, as far as was tried, gives a wanted verdict.

    `stopped` and `started`: rules that no longer hit, and that newly hit. `tried`: payments judged again.
    """

    before: Verdict
    after: Verdict | None
    changes: tuple[Change, ...]
    stopped: tuple[str, ...]
    started: tuple[str, ...]
    tried: int

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
    situation: Situation,
    kinds: Mapping[str, str],
    wanted: Verdict | None = None,
) -> Answer:
    """The smallest change that gives `wanted`; without it, a milder verdict (of an approval, any other).

    `kinds` as in `Inputs.of`.
    """
    inputs = Inputs.of(ruleset, situation.schema, kinds)
    codes, rules = situation.judged(ruleset, policy, [{}])
    before = VERDICTS[int(codes[0])]
    if wanted is before:
        return Answer(before, before, (), (), (), 1)
    singles = _singles(inputs, situation)
    singles = _with_policys(singles, ruleset, policy, situation)
    best, tried = _best(ruleset, policy, situation, [(one,) for one in singles], before, wanted)
    if best is None:
        pairs = _pairs(singles)
        best, more = _best(ruleset, policy, situation, pairs, before, wanted)
        tried += more
    if best is None:
        return Answer(before, None, (), (), (), tried)
    codes, changed = situation.judged(ruleset, policy, [_as_probe(best, situation)])
    was, now = rules.hits[:, 0], changed.hits[:, 0]
    ids = ruleset.rule_ids
    stopped = tuple(ids[index] for index in np.flatnonzero(was & ~now).tolist())
    started = tuple(ids[index] for index in np.flatnonzero(now & ~was).tolist())
    return Answer(before, VERDICTS[int(codes[0])], best, stopped, started, tried)


def _singles(inputs: Inputs, situation: Situation) -> list[Change]:
    """Every change of one input that may matter, smallest first."""
    numbers = {
        one.column: situation.values.get(one.column)
        for one in inputs.inputs
        if one.kind in ("whole", "real", "flag")
    }
    turning = inputs.turning(situation, numbers)
    changes = []
    for one in inputs.inputs:
        now = _now(one, situation)
        if one.kind == "list" and situation.values.get(one.column) is None:
            continue
        values = inputs.values(one, now, turning.get(one.column, ()), situation.values)
        changes += [Change(one, now, to) for to in values]
    return sorted(changes, key=lambda change: change.size)


def _now(one: Input, situation: Situation) -> Any:
    value = situation.values.get(one.column)
    return value in situation.lists.get(one.list, ()) if one.kind == "list" else value


def _pairs(singles: Sequence[Change]) -> list[tuple[Change, ...]]:
    pairs: list[tuple[Change, ...]] = [
        pair for pair in combinations(singles[:PAIRED_MAX], 2) if pair[0].input != pair[1].input
    ]
    return sorted(pairs, key=_size)[:PAIRS_MAX]


def _size(changes: Sequence[Change]) -> float:
    return sum(change.size for change in changes)


def _best(
    ruleset: CompiledRuleset,
    policy: Policy,
    situation: Situation,
    tries: Sequence[tuple[Change, ...]],
    before: Verdict,
    wanted: Verdict | None,
) -> tuple[tuple[Change, ...] | None, int]:
    """The first of `tries` that gives a wanted verdict; judged in batches. And how many were judged."""
    done = 0
    while done < len(tries):
        batch = tries[done : done + 2_000]
        done += len(batch)
        codes, _ = situation.judged(ruleset, policy, [_as_probe(one, situation) for one in batch])
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
    singles: Sequence[Change], ruleset: CompiledRuleset, policy: Policy, situation: Situation
) -> list[Change]:
    """And the changes of inputs at which the policy turns, smallest first."""
    more = list(singles)
    for name, steps in _OF_POLICY.items():
        of_it = [change for change in singles if change.input.column == name]
        known = [change for change in of_it if change.before is not None and change.after is not None]
        if known:
            ends = {0.0, steps if name == "probability" else 2.0 * known[0].before * steps}
            values = {float(round(value * steps)) for value in (known[0].before, *(c.after for c in known))}
            found = _crossings(sorted(values | ends), known[0], steps, ruleset, policy, situation)
            more += [replace(known[0], after=value / steps) for value in found]
    return sorted((c for c in more if c.after != c.before), key=lambda change: change.size)


def _crossings(
    values: Sequence[float], one: Change, steps: float, ruleset: CompiledRuleset, policy: Policy,
    situation: Situation,
) -> list[float]:  # fmt: skip
    """Both sides of where the verdict turns between neighbours among `values`, whole numbers of steps."""

    def judged(at: Sequence[float]) -> np.ndarray:
        probes = [_as_probe((replace(one, after=value / steps),), situation) for value in at]
        return situation.judged(ruleset, policy, probes)[0]

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


def _as_probe(changes: Sequence[Change], situation: Situation) -> dict[str, Any]:
    probe: dict[str, Any] = {}
    for change in changes:
        column = change.input.column
        if change.input.kind == "list":
            probe[f"{_ON_LIST}{change.input.list}:{column}"] = change.after
        elif column in _AMOUNTS and change.before and change.after is not None:
            share = change.after / change.before
            moved = {n: situation.values[n] * share for n in _AMOUNTS if situation.values.get(n) is not None}
            probe |= {name: float(round(value)) for name, value in moved.items()}
            probe[column] = change.after
        else:
            probe[column] = change.after
    return probe


def _spread(values: Any, n: int) -> Any:
    return np.repeat(values, n) if isinstance(values, np.ndarray) else values


def _said(value: Any, *, sign: bool = False) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return value if value == OTHER_TEXT else f'"{value}"'
    if isinstance(value, bool):
        return str(value)
    shown = f"{value:+.12g}" if sign else f"{value:.12g}"
    near = float(shown)
    if not sign and near != value:
        return f"just {'under' if value < near else 'over'} {shown}"
    return shown
