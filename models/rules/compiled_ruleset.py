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
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.arrays import plain
from models.rules.budget import RulesetCost
from models.rules.document import ACTIONS, RulesetDocument
from models.rules.language import Expression, Graph, RuleRows
from models.rules.levels import RuleScope, merchant_sets, running
from models.rules.program import BY_CARD, CARD, LeafValues, Program, lowered, rule_hits, share_keys


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

    @cached_property
    def erred(self) -> NDArray[np.bool_]:
        """Where a live rule erred, shape (n,)."""
        return np.asarray(self.errors.any(axis=0), np.bool_)


class CompiledRuleset:
    """Rules ready to run. Running keeps no state but caches: what it gives depends on the rows alone."""

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
        drawn = [CARD] if any(scope.draws_cards for scope in scopes) else []
        self.columns_used = frozenset(drawn).union(*(expression.columns for expression in expressions))
        self.lists_used = frozenset[str]().union(*(expression.lists for expression in expressions))
        self.reaches = scopes
        self.cost = cost
        self.graph = graph
        roots = [expression.step for expression in expressions]
        self._merchants = merchant_sets(self.rules, scopes)
        self._running = running(self.rules, roots, scopes, self._merchants)
        self._draws_cards = bool((self._running.drawn == BY_CARD).any())
        self._asked = tuple(zip(self._running.rule.tolist(), self._running.root.tolist(), strict=True))
        self._program: tuple[Mapping[str, int], Program] | None = None

    @property
    def steps(self) -> int:
        """How many distinct steps the rules take together."""
        return len(self.graph)

    def run(self, rows: RuleRows) -> RuleResult:
        """Run all rules over the rows."""
        program = self._program_for(rows.places)
        leaves = program.leaves.read(rows)
        found = rule_hits(
            program, self._running, plain(rows.matrix, np.float64), leaves, plain(rows.times, np.int64),
            share_keys(rows, by_card=self._draws_cards),
            self._merchants.rows(rows.merchants), self._unreadable(leaves, rows.n), len(ACTIONS),
            len(self.rules),
        )  # fmt: skip
        actions = dict(zip(ACTIONS, found.actions, strict=True))
        return RuleResult(
            score=found.score,
            hits=found.hits,
            shadow=found.shadow,
            errors=found.errors,
            deciding=found.deciding,
            **actions,
        )

    def _program_for(self, places: Mapping[str, int]) -> Program:
        """Made once for each source of rows. Another thread may put one of its own in place at any time."""
        known = self._program
        if known is None or known[0] is not places:
            roots = {root for _, root in self._asked}
            known = self._program = (places, lowered(self.graph, roots, places))
        return known[1]

    def _unreadable(self, leaves: LeafValues, n: int) -> NDArray[np.bool_]:
        """Where a rule cannot be asked, shape (rules, n); (0, n) where all can."""
        if not leaves.errors:
            return np.zeros((0, n), np.bool_)
        errors = np.zeros((len(self.rules), n), np.bool_)
        for rule, root in self._asked:
            reads = self.graph.leaves[root]
            for bit, rows in leaves.errors.items():
                if reads >> bit & 1:
                    errors[rule] |= rows
        return errors
