"""One payment as it was decided, which rules and policy can judge again with some of its inputs changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from models.messages import ReviewLoad
from models.policy.input_change import ON_LIST
from models.policy.policy import Policy
from models.policy.rows import PolicyRows
from models.rules import CompiledRuleset, RuleResult
from models.rules.language import RuleRows, Schema


@dataclass(frozen=True)
class CounterfactualCase:
    """One payment as it was judged."""

    values: Mapping[str, Any]
    """Value of each column; None or absent: missing."""
    policy: PolicyRows
    """What the policy reads: one row, without rules."""
    schema: Schema
    """Types of the columns."""
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which of the payment's tokens are on which list."""
    sample_key: int = 0
    """Hash of the payment's key, for rules with a sample."""
    rates: Any = None
    """Exchange rates, for amounts in other currencies."""
    load: ReviewLoad | None = None
    """How full the review queue was."""

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
                if key.startswith(f"{ON_LIST}{name}:") and values[row] == self.values.get(
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


def _spread(values: Any, n: int) -> Any:
    if isinstance(values, list):
        return values * n
    return np.repeat(values, n) if isinstance(values, np.ndarray) else values
