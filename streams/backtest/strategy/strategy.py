"""Rules, model and policy together, over a block of recorded payments: what the engine would have decided.

Probabilities are the model's where one is given, otherwise those that were logged. Vectors do not hold the
list entries the new rules would make, how full the review queue was, or the holdout's draw: they are left
out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.messages import Phase
from models.policy import NO_PROBABILITY, NO_SCORE, Policy, PolicyRows
from models.rules import PAYMENT_COLUMNS, CompiledRuleset, RuleResult, Ruleset
from models.rules.language import RuleRows, Schema
from models.scoring import ModelArtefact, Scorer
from streams.backtest.cases import COMPUTED, METADATA_PREFIX, CaseBlock, ListHistory
from streams.backtest.strategy import authentication
from streams.engine.admission import PHASES
from streams.engine.decision import authentication_columns

_POLICY_COLUMNS: Final = (
    "key", "received_at", "reference_amount", "unrated", "probability_micro", "phase", "soft_declined",
    "merchant_id",
)  # fmt: skip


@dataclass(frozen=True)
class StrategyResult:
    """What a strategy decides on n payments."""

    verdict: NDArray[np.uint8]
    """Codes of `models.policy.VERDICTS`."""
    probability: NDArray[np.int64]
    """Millionths, -1 none."""
    rules: RuleResult | None
    """None without a ruleset."""


@dataclass(frozen=True)
class Strategy:
    """Rules, model and policy that decide together."""

    policy: Policy
    ruleset: CompiledRuleset | None = None
    scorer: Scorer | None = None
    """None: the logged probabilities are used."""
    features: tuple[str, ...] = ()
    """The features that rules, model and policy read, in the catalogue's order."""
    lists: ListHistory = field(default_factory=ListHistory)
    rates: Any = None
    """Exchange rates for amounts in rules."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of cases that it reads."""
        used = self.ruleset.columns_used if self.ruleset else frozenset[str]()
        own = {name for name in used if name in PAYMENT_COLUMNS and name not in COMPUTED}
        metadata = {"metadata"} if any(name.startswith(METADATA_PREFIX) for name in used) else set()
        currency = {"currency", "amount"} if own & {"amount"} or "reference_amount" in used else set()
        sca = set(authentication.COLUMNS) if authentication.matters(self.policy) else set()
        return tuple(sorted({*_POLICY_COLUMNS, *own, *metadata, *currency, *sca}))

    def decide(self, block: CaseBlock) -> StrategyResult:
        """The verdicts of a block."""
        probability = self._probabilities(block)
        rules = self._rules(block, probability)
        verdict = self.policy.judge(self._policy_rows(block, probability, rules)).verdict
        return StrategyResult(verdict, probability, rules)

    def _probabilities(self, block: CaseBlock) -> NDArray[np.int64]:
        if self.scorer is None:
            return block.integers("probability_micro")
        matrix = np.empty((block.n, len(self.features)))
        for column, name in enumerate(self.features):
            matrix[:, column] = block.features[name]
        return self.scorer.probabilities(matrix)

    def _rules(self, block: CaseBlock, probability: NDArray[np.int64]) -> RuleResult | None:
        if self.ruleset is None:
            return None
        times, received = block.times, block.integers("received_at")

        def column(name: str) -> NDArray[Any]:
            if name == "probability":
                return np.where(probability == NO_PROBABILITY, np.nan, probability / 1_000_000)
            if name == "challenger_probability":
                return np.full(block.n, np.nan)
            return block.column(name)

        def contains(name: str, values: NDArray[Any]) -> NDArray[np.bool_]:
            return self.lists.contains(name, values, received, times)

        keys = block.integers("key").astype(np.uint64)
        rows = RuleRows(block.n, times, keys, block.column("merchant_id"), column, contains, self.rates)
        return self.ruleset.run(rows)

    def _policy_rows(
        self, block: CaseBlock, probability: NDArray[np.int64], rules: RuleResult | None
    ) -> PolicyRows:
        phase = block.mapped("phase", lambda word: float(PHASES[Phase(word)])).astype(np.uint8)
        sca = (
            authentication.assessed(block, probability, phase, self.policy.sca)
            if authentication.matters(self.policy)
            else None
        )
        segmented = self.ruleset is not None and bool(self.ruleset.document.segments)
        return PolicyRows(
            probability_micro=probability,
            score=np.full(block.n, NO_SCORE, np.int64) if rules is None else rules.score,
            amount=block.integers("reference_amount"),
            degraded=block.integers("unrated"),
            phase=phase,
            forced_challenge=block.is_true("soft_declined"),
            keys=np.zeros(block.n, np.uint64),
            times=block.times,
            merchants=block.column("merchant_id"),
            rules=rules,
            parameters_for=self.ruleset.document.parameters_for if segmented and self.ruleset else None,
            **authentication_columns(block.column, sca),
        )


def strategy_of(
    ruleset: Mapping[str, Any] | None,
    policy: Policy,
    model: bytes | None,
    schema: Schema,
    lists: ListHistory | None = None,
    rates: Any = None,
) -> Strategy:
    """A strategy from documents. `schema` is `streams.engine.decision.context.rule_schema` of the catalogue.

    Raises `RulesetError`, `ArtefactError` where one cannot be used.
    """
    read_by_model = set(_model_features(model))
    # `customer_age_days` is a column of rules and a feature as well: a model reads the feature.
    catalogue = [name for name in schema if name not in PAYMENT_COLUMNS or name in read_by_model]
    compiled = None if ruleset is None else Ruleset.from_dict(ruleset).compile(schema)
    used = compiled.columns_used & set(catalogue) if compiled else frozenset[str]()
    needed = used | read_by_model | authentication.features(policy)
    features = tuple(name for name in catalogue if name in needed)
    scorer = None if model is None else Scorer.load(model, features)
    return Strategy(policy, compiled, scorer, features, lists or ListHistory(), rates)


def _model_features(model: bytes | None) -> tuple[str, ...]:
    """The features a model reads; `Scorer.load` says what is wrong with one that cannot be read."""
    if model is None:
        return ()
    try:
        return msgspec.json.decode(model, type=ModelArtefact).features
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
