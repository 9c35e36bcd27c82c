from typing import Any

import numpy as np
import pytest

from models.messages.decision import Verdict
from models.policy.counterfactual import Counterfactual, why_not
from models.policy.counterfactual_case import CounterfactualCase
from models.policy.input_change import InputChange
from models.policy.policy import Policy
from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.ruleset import Ruleset
from models.seed import seed_policy
from tests.models.policy_cases import rows

SCHEMA = {
    "count": "number", "ratio": "number", "sum": "number", "other": "number", "new": "number",
    "reference_amount": "number", "amount": "number", "currency": "text", "probability": "number",
    "country": "text", "card": "text", "shift": "boolean",
}  # fmt: skip
KINDS = {"count": "whole", "sum": "whole", "other": "whole", "new": "flag", "reference_amount": "whole",
         "amount": "whole"}  # fmt: skip
POLICY = Policy.from_dict(seed_policy())  # review above 50, decline above 80; by probability 0.1, 0.3, 0.7


def ruleset(*rules: dict[str, Any]) -> CompiledRuleset:
    written = [{"id": f"rule_{n}", "description": "d", "owner": "o", **rule} for n, rule in enumerate(rules)]
    return Ruleset.from_dict({"name": "test", "version": 2, "rules": written}).compile(SCHEMA)


def ask(
    compiled: CompiledRuleset, wanted: Verdict | None = None, **known: Any
) -> tuple[Counterfactual, CounterfactualCase]:
    lists = known.pop("lists", {})
    policy = known.pop("policy", {"amount": known.get("reference_amount", 10_000)})
    situation = CounterfactualCase(known, rows(1, **policy), SCHEMA, lists)
    return why_not(compiled, POLICY, situation, KINDS, wanted), situation


def only(answer: Counterfactual) -> InputChange:
    (change,) = answer.changes
    return change


@pytest.mark.parametrize(
    ("when", "known", "column", "before", "after"),
    [
        ("count > 5", {"count": 9}, "count", 9, 5),
        ("count + 1 > 5", {"count": 9}, "count", 9, 4),
        ("5 < count", {"count": 6}, "count", 6, 5),
        ("count between 3 and 10", {"count": 9}, "count", 9, 11),
        ("count in (4, 5)", {"count": 4}, "count", 4, 3),
        ("sum + 2 * other > 100", {"sum": 90, "other": 20}, "sum", 90, 60),
        ("sum / other > 4", {"sum": 60, "other": 10}, "sum", 60, 40),
        ("other * 10 < 100 - sum", {"sum": 10, "other": 8}, "other", 8, 9),
        ("ratio > 0.5", {"ratio": 0.75}, "ratio", 0.75, 0.5),
        ("ratio >= 0.5", {"ratio": 0.75}, "ratio", 0.75, np.nextafter(0.5, 0)),
        ("count > 5 and ratio > 0.5", {"count": 10, "ratio": 0.6}, "ratio", 0.6, 0.5),
        ("count > 5 and ratio > 0.5", {"count": 6, "ratio": 0.9}, "count", 6, 5),
        ("new == 1", {"new": 1.0}, "new", 1.0, 0.0),
        ("reference_amount > 200 EUR", {"reference_amount": 25_000}, "reference_amount", 25_000, 20_000),
    ],
)
def test_the_nearest_crossing_is_found(
    when: str, known: dict[str, Any], column: str, before: float, after: float
) -> None:
    answer, _ = ask(ruleset({"when": when, "action": "block"}), **known)
    assert (answer.before, answer.after) == (Verdict.DECLINE, Verdict.APPROVE)
    change = only(answer)
    assert (change.input.column, change.before, change.after) == (column, before, after)
    assert (answer.stopped, answer.started) == (("rule_0",), ())


def test_a_text_a_truth_and_a_list_are_flipped() -> None:
    named, _ = ask(ruleset({"when": 'country in ("BR", "NG")', "action": "block"}), country="BR")
    assert only(named).after not in ("BR", "NG")
    apart, _ = ask(ruleset({"when": "country != currency", "action": "block"}), country="BR", currency="EUR")
    assert {only(apart).before, only(apart).after} == {"BR", "EUR"}
    truth, _ = ask(ruleset({"when": "shift", "action": "block"}), shift=True)
    assert only(truth).after is False
    on, _ = ask(
        ruleset({"when": 'card in list("blocked")', "action": "block"}),
        card="c_1", lists={"blocked": frozenset({"c_1"})},
    )  # fmt: skip
    assert only(on).words() == "card were not on the list blocked"
    assert on.after is Verdict.APPROVE


def test_a_score_is_taken_below_the_step_by_its_smallest_part() -> None:
    """30 + 30 is a review; without either rule it is not. 12 -> 9 is a quarter, 11 -> 9 a little less."""
    compiled = ruleset({"when": "count > 9", "score": 30}, {"when": "sum > 9", "score": 30})
    answer, _ = ask(compiled, count=12, sum=11)
    assert (answer.before, answer.after, answer.stopped) == (Verdict.REVIEW, Verdict.APPROVE, ("rule_1",))
    assert (
        answer.words() == "review: would be approve if sum were 9 instead of 11 (-2) (rule_1 no longer hits)"
    )


def test_a_rule_that_would_hit_is_named_too() -> None:
    answer, _ = ask(ruleset({"when": "count >= 6", "action": "block"}), Verdict.DECLINE, count=5)
    assert (answer.before, answer.after, answer.started) == (Verdict.APPROVE, Verdict.DECLINE, ("rule_0",))
    assert only(answer).after == 6


def test_another_verdict_on_the_way_is_passed_by_when_one_is_wanted() -> None:
    compiled = ruleset({"when": "count > 5", "action": "review"}, {"when": "count > 8", "action": "block"})
    nearest, _ = ask(compiled, count=9)
    wanted, _ = ask(compiled, Verdict.APPROVE, count=9)
    assert (nearest.after, only(nearest).after) == (Verdict.REVIEW, 8)
    assert (wanted.after, only(wanted).after) == (Verdict.APPROVE, 5)


def test_two_rules_that_both_block_need_a_pair() -> None:
    compiled = ruleset({"when": "count > 5", "action": "block"}, {"when": "sum > 50", "action": "block"})
    answer, _ = ask(compiled, count=6, sum=60)
    assert {(c.input.column, c.after) for c in answer.changes} == {("count", 5), ("sum", 50)}
    assert answer.stopped == ("rule_0", "rule_1")
    assert answer.words().startswith("decline: would be approve if ")
    assert "count were 5 instead of 6 (-1)" in answer.words()


def test_three_reasons_are_too_many_and_said_to_be() -> None:
    compiled = ruleset(*({"when": f"{name} > 5", "action": "block"} for name in ("count", "sum", "other")))
    answer, _ = ask(compiled, count=6, sum=6, other=6)
    assert (answer.after, answer.changes) == (None, ())
    assert "no change of one or two rule inputs" in answer.words()


def test_the_model_that_declines_is_not_blamed_on_a_rule() -> None:
    answer, _ = ask(
        ruleset({"when": "count > 5", "score": 10}), count=6, policy={"probability_micro": 900_000}
    )
    assert answer.after is None


def test_the_probability_moves_in_rules_and_policy_together() -> None:
    """A block from 0.5, and the policy's own thresholds: below 0.1 all of them are silent."""
    compiled = ruleset({"when": "probability > 0.05", "action": "block"})
    answer, _ = ask(compiled, Verdict.APPROVE, probability=0.06, policy={"probability_micro": 60_000})
    assert only(answer).after == 0.05


def test_the_policys_own_steps_are_found_where_a_rule_reads_the_same_input() -> None:
    """0.35 is a review from 0.3; 0.299999 is a challenge. The rule's 0.05 is further away."""
    compiled = ruleset({"when": "probability > 0.05 and count > 5", "score": 5})
    answer, _ = ask(compiled, probability=0.35, count=1, policy={"probability_micro": 350_000})
    assert (answer.before, answer.after, only(answer).after) == (Verdict.REVIEW, Verdict.CHALLENGE, 0.299999)
    answer, _ = ask(
        compiled, Verdict.DECLINE, probability=0.35, count=1, policy={"probability_micro": 350_000}
    )
    assert only(answer).after == 0.7


def test_by_itself_an_adverse_verdict_is_turned_into_a_milder_one() -> None:
    compiled = ruleset({"when": "count > 5", "action": "review"}, {"when": "sum > 9", "action": "block"})
    answer, _ = ask(compiled, count=9, sum=9)
    assert (answer.before, answer.after, only(answer).input.column) == (
        Verdict.REVIEW,
        Verdict.APPROVE,
        "count",
    )
    sterner, _ = ask(compiled, Verdict.DECLINE, count=9, sum=9)
    assert (sterner.after, only(sterner).after) == (Verdict.DECLINE, 10)


def test_a_missing_value_is_told_when_nothing_nearer_turns_it() -> None:
    answer, _ = ask(ruleset({"when": "count is missing", "action": "block"}), sum=1)
    assert (answer.before, answer.after) == (Verdict.DECLINE, None)
    answer, _ = ask(ruleset({"when": "count is missing or count > 5", "action": "block"}))
    assert (only(answer).before, only(answer).after) == (None, 5)


def test_shadow_rules_are_no_reason() -> None:
    compiled = ruleset({"when": "count > 5", "action": "block", "mode": "shadow"})
    answer, _ = ask(compiled, Verdict.DECLINE, count=6)
    assert (answer.before, answer.after) == (Verdict.APPROVE, None)


def test_a_wanted_verdict_that_is_there_needs_no_change() -> None:
    answer, _ = ask(ruleset({"when": "count > 5", "action": "block"}), Verdict.APPROVE, count=1)
    assert (answer.after, answer.changes) == (Verdict.APPROVE, ())


def test_answers_hold_and_nothing_nearer_on_a_grid_turns_the_verdict() -> None:
    """Against trying every whole number there is: the same smallest change."""
    random = np.random.default_rng(7)
    compiled = ruleset(
        {"when": "count + sum > 12 and other < 5", "score": 60},
        {"when": "sum * 2 > count + 3", "score": 40},
        {"when": "other >= 8", "action": "block"},
        {"when": "count == 7", "action": "allow"},
    )
    for _ in range(200):
        known = dict(zip(("count", "sum", "other"), random.integers(0, 12, 3).tolist(), strict=True))
        answer, situation = ask(compiled, **known)
        tried = [(c, v) for c in known for v in range(40) if v != known[c]]
        codes, _ = situation.judged(compiled, POLICY, [{c: v} for c, v in tried])
        before, _ = situation.judged(compiled, POLICY, [{}])
        sizes = [
            abs(v - known[c]) / max(v, known[c])
            for (c, v), code in zip(tried, codes.tolist(), strict=True)
            if (code != 0 if before[0] == 0 else code < before[0])
        ]
        if len(answer.changes) == 1 and only(answer).after is not None:
            assert only(answer).size == pytest.approx(min(sizes))
        else:
            assert not sizes
