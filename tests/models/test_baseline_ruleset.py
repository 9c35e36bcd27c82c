from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.language.columns import RuleRows
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.source.yaml_source import check_ruleset
from models.seed import seed_lists, seed_ruleset
from tests.models.baseline_cases import CASES, LISTS
from tests.models.rule_hits import ids_by_row

SCHEMA = {**PAYMENT_COLUMNS, **dict.fromkeys(CATALOGUE.names, "number")}


@pytest.fixture(scope="module")
def baseline() -> CompiledRuleset:
    text = files("models").joinpath("data/baseline_ruleset.yaml").read_text(encoding="utf-8")
    return check_ruleset(text, SCHEMA).compile(SCHEMA)


def payment(known: Mapping[str, Any]) -> RuleRows:
    """One payment of which only this is known."""
    assert all(name in SCHEMA or name.startswith("metadata.") for name in known)

    def column(name: str) -> np.ndarray:
        if SCHEMA.get(name) == "number":
            return np.array([known.get(name, np.nan)], np.float64)
        values = np.empty(1, object)
        values[0] = known.get(name)
        return values

    def contains(name: str, values: np.ndarray) -> np.ndarray:
        return np.array([value in LISTS.get(name, ()) for value in values], np.bool_)

    merchant = np.array(["m_1"], object)
    return RuleRows(1, np.zeros(1, np.int64), np.zeros(1, np.uint64), merchant, column, contains)


def hits(baseline: CompiledRuleset, known: Mapping[str, Any]) -> set[str]:
    result = baseline.run(payment(known))
    assert not result.errors.any()
    return set(ids_by_row(baseline, result.hits | result.shadow)[0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_hits_its_attack_and_not_its_near_miss(baseline: CompiledRuleset, rule: str) -> None:
    hit, change = CASES[rule]
    assert rule in hits(baseline, hit)
    assert rule not in hits(baseline, {**hit, **change})


@pytest.mark.parametrize("rule", CASES)
def test_every_part_of_a_rule_is_needed(baseline: CompiledRuleset, rule: str) -> None:
    known, _ = CASES[rule]
    for name in known:
        without = {key: value for key, value in known.items() if key != name}
        assert rule not in hits(baseline, without) or name in OPTIONAL.get(rule, ()), name


OPTIONAL = {"trusted_customer": ("customer_declined_count_24h",)}
"""Where a missing value speaks for the payment."""


def test_every_rule_has_its_case_and_says_why(baseline: CompiledRuleset) -> None:
    assert set(CASES) == set(baseline.rule_ids)
    for rule in baseline.rules:
        for word in ("Why:", "Threshold:", "alse positive"):
            assert word in rule.comment, (rule.id, word)


def test_a_payment_of_which_nothing_is_known_hits_nothing(baseline: CompiledRuleset) -> None:
    assert hits(baseline, {}) == set()


def test_the_lists_that_rules_fill_are_read_by_rules(baseline: CompiledRuleset) -> None:
    filled = {rule.put_on_list.list for rule in baseline.rules if rule.put_on_list is not None}
    assert filled == {"watched_bins", "watched_devices", "watched_ips"}
    assert filled <= baseline.lists_used
    assert set(seed_lists()) <= baseline.lists_used


def test_the_seed_stays_what_a_new_engine_judges_by() -> None:
    assert seed_ruleset()["name"] == "seed"
    assert len(seed_ruleset()["rules"]) == 5
