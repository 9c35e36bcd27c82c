"""Hits of rules by their ids, for tests that read better so."""

import numpy as np

from models.rules.compiled_ruleset import CompiledRuleset


def ids_by_row(rules: CompiledRuleset, hits: np.ndarray) -> list[tuple[str, ...]]:
    """For each payment the ids of the rules that hit, in order. `hits` as in `RuleResult`."""
    return [tuple(rules.rule_ids[index] for index in np.flatnonzero(column)) for column in hits.T]
