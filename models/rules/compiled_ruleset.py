"""Rulesets as they run over the rows of a batch.

The language of conditions is in `models.rules.language.expression`, which payments a rule looks at in
`models.rules.levels`.

**Score.** The highest `set_score` among the hits, or else the sum of their `score`; within 0..100.

**Actions**, in order of precedence, as Radar's users know it: legal_block > allow > block > review. One
difference is deliberate: a legal block (sanctions) beats an allow. `challenge` (3-D Secure is requested) is
not final: it turns an approval into a challenge and yields to everything else. A rule with a `tag` or a list
entry changes no verdict.

**Each rule hits, does not hit, or errs**, for each payment. It errs where something it reads cannot be read;
then it does not hit, the decision is made without it and marked so. Shadow rules leave their hits apart and
change nothing.

Invariant: what a rule does about a payment depends on that payment and the log before it, never on which
other payments are in the batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.rules.budget import RulesetCost
from models.rules.document import SCORE_MAX, RulesetDocument
from models.rules.language import BROKEN, Expression, Graph, RuleBatch, RuleRows
from models.rules.levels import CARD, RuleScope, ScopeMasks

ACTIONS: Final = ("legal_block", "allow", "block", "review", "challenge")
"""In order of precedence."""


@dataclass(frozen=True)
class RuleResult:
    """What the rules do about n payments; rules are counted as in the ruleset (`rule_ids`)."""

    score: NDArray[np.int64]
    """0..100, shape (n,)."""
    hits: NDArray[np.bool_]
    """Hits of live rules, shape (rules, n)."""
    shadow: NDArray[np.bool_]
    """Hits of shadow rules, shape (rules, n)."""
    errors: NDArray[np.bool_]
    """Errors of live rules, shape (rules, n)."""
    legal_block: NDArray[np.bool_]
    """Where a rule asks for it, shape (n,); so the next four."""
    allow: NDArray[np.bool_]
    """Approve."""
    block: NDArray[np.bool_]
    """Decline."""
    review: NDArray[np.bool_]
    """At least a review."""
    challenge: NDArray[np.bool_]
    """3-D Secure."""
    deciding: NDArray[np.int64]
    """The first hit rule with the action that wins; -1 where no rule asked for one."""


class CompiledRuleset:
    """Rules ready to run. Running keeps no state: what it gives depends on the rows alone."""

    def __init__(
        self,
        document: RulesetDocument,
        version: str,
        expressions: tuple[Expression, ...],
        graph: Graph,
        scopes: tuple[RuleScope, ...],
        cost: RulesetCost,
    ) -> None:
        """Use `models.rules.ruleset.Ruleset.compile`."""
        self.document = document
        self.version = version
        self.rules = document.rules
        self.rule_ids = tuple(rule.id for rule in document.rules)
        self.tags = tuple(rule.tag for rule in document.rules)
        self.expressions = expressions
        drawn = [CARD] if any(scope.by_card and scope.share < 1.0 for scope in scopes) else []
        self.columns_used = frozenset(drawn).union(*(expression.columns for expression in expressions))
        self.lists_used = frozenset[str]().union(*(expression.lists for expression in expressions))
        self.reaches = scopes
        self.cost = cost
        self._graph = graph
        self._runs = tuple(
            (index, rule.runs == "live", expression.step, reach)
            for index, (rule, expression, reach) in enumerate(
                zip(self.rules, expressions, self.reaches, strict=True)
            )
            if rule.runs != "off"
        )
        self._asking = {
            action: np.array([i for i, rule in enumerate(self.rules) if rule.action == action], np.intp)
            for action in ACTIONS
        }
        self._adding = _scores([rule.score for rule in self.rules])
        self._setting = _scores([rule.set_score for rule in self.rules])

    @property
    def steps(self) -> int:
        """How many distinct steps the rules take together."""
        return len(self._graph.steps)

    def run(self, rows: RuleRows) -> RuleResult:
        """Run all rules over the rows."""
        shape = (len(self.rules), rows.n)
        hits, shadow = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        with np.errstate(all="ignore"):
            errors = self._run(rows, hits, shadow)
        actions = {name: _any(hits, asking) for name, asking in self._asking.items()}
        return RuleResult(
            score=self._score(hits),
            hits=hits,
            shadow=shadow,
            errors=errors,
            deciding=self._deciding(hits, actions),
            **actions,
        )

    def _run(self, rows: RuleRows, hits: NDArray[np.bool_], shadow: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Fills in hits; gives errors."""
        batch, reached = RuleBatch(rows), ScopeMasks(rows)
        values = self._graph.run(batch)
        erring = self._graph.erring(batch)
        errors: NDArray[np.bool_] | None = None
        for index, live, step, reach in self._runs:
            looks = reached.mask(reach)
            err = self._errors(step, values[step], erring, batch)
            hit = hits[index] if live else shadow[index]
            if values[step] is not BROKEN:
                np.copyto(hit, values[step])
            if looks is not None:
                hit &= looks
            if err is None:
                continue
            hit &= ~err
            if live:
                errors = np.zeros(hits.shape, np.bool_) if errors is None else errors
                errors[index] = err if looks is None else err & looks
        return np.broadcast_to(np.False_, hits.shape) if errors is None else errors

    def _errors(self, step: int, value: Any, erring: int, batch: RuleBatch) -> NDArray[np.bool_] | None:
        if value is BROKEN:
            return np.ones(batch.n, np.bool_)
        leaves = self._graph.leaves[step] & erring
        if not leaves:
            return None
        leaf_errors = [
            batch.errors[leaf] for bit, leaf in enumerate(self._graph.leaf_steps) if leaves >> bit & 1
        ]
        rows: NDArray[np.bool_] = np.logical_or.reduce(leaf_errors)
        return rows

    def _score(self, hits: NDArray[np.bool_]) -> NDArray[np.int64]:
        adding, scores = self._adding
        score: NDArray[np.int64] = (hits[adding].view(np.int8) * scores).sum(axis=0, dtype=np.int64)
        np.clip(score, 0, SCORE_MAX, out=score)
        setting, values = self._setting
        if len(setting):
            highest = np.where(hits[setting], values, np.int8(-1)).max(axis=0)
            score[highest >= 0] = highest[highest >= 0]
        return score

    def _deciding(
        self, hits: NDArray[np.bool_], actions: Mapping[str, NDArray[np.bool_]]
    ) -> NDArray[np.int64]:
        deciding = np.full(hits.shape[1], -1, np.int64)
        for name in reversed(ACTIONS):
            rows = np.flatnonzero(actions[name])
            if len(rows):
                asking = self._asking[name]
                deciding[rows] = asking[hits[asking[:, None], rows].argmax(axis=0)]
        return deciding


def _scores(scores: list[int | None]) -> tuple[NDArray[np.intp], NDArray[np.int8]]:
    """Which rules have a score, and their scores as a column; all are within int8."""
    given = [(index, score) for index, score in enumerate(scores) if score is not None]
    return np.array([i for i, _ in given], np.intp), np.array([score for _, score in given], np.int8)[:, None]


def _any(hits: NDArray[np.bool_], asking: NDArray[np.intp]) -> NDArray[np.bool_]:
    hit: NDArray[np.bool_] = np.logical_or.reduce(hits[asking], axis=0)
    return hit
