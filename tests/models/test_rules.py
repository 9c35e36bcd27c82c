import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.rules.compiled_ruleset import CompiledRuleset, RuleResult
from models.rules.diff import ruleset_diff
from models.rules.document import RulesetError
from models.rules.language.columns import RuleRows
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset
from models.seed import seed_lists, seed_ruleset
from tests.models.rule_hits import ids_by_row

SCHEMA = {**PAYMENT_COLUMNS, "ip_payment_count_1h": "number"}
HARMLESS: dict[str, Any] = {
    "reference_amount": 100_000,
    "amount": 100_000,
    "method": "card",
    "method_country": "DE",
    "ip_country": "DE",
    "bin": "411111",
    "customer_age_days": 7.0,
    "ip_payment_count_1h": 4,
}


def columns_of(payments: list[dict[str, Any]]) -> Callable[[str], NDArray[Any]]:
    def column(name: str) -> NDArray[Any]:
        values = [payment[name] for payment in payments]
        return np.array(values, object if SCHEMA[name] == "text" else None)

    return column


def on_seed_lists(name: str, values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.array([value in seed_lists()[name] for value in values])


def judge(ruleset: CompiledRuleset, *payments: dict[str, Any]) -> RuleResult:
    n = len(payments)
    column = columns_of([HARMLESS | payment for payment in payments])
    nothing = np.zeros(n, np.int64)
    merchants = np.full(n, "m", object)
    return ruleset.run(RuleRows(n, nothing, nothing.astype(np.uint64), merchants, column, on_seed_lists))


def ruleset_of(*rules: dict[str, Any]) -> Ruleset:
    common = {"description": "A rule", "owner": "tests"}
    numbered = [common | {"id": f"rule_{i}"} | rule for i, rule in enumerate(rules)]
    return Ruleset.from_dict({"name": "test", "rules": numbered})


@pytest.fixture(scope="module")
def seed() -> CompiledRuleset:
    return Ruleset.from_dict(seed_ruleset()).compile(SCHEMA)


@pytest.mark.parametrize(
    ("payment", "score", "ids"),
    [
        ({}, 0, ()),
        ({"reference_amount": 500_000, "method": "card"}, 0, ()),
        ({"reference_amount": 500_001}, 30, ("large_card_amount",)),
        ({"reference_amount": 500_001, "method": "wallet"}, 0, ()),
        ({"customer_age_days": 6.999, "reference_amount": 100_001}, 40, ("new_customer_large_amount",)),
        ({"customer_age_days": 7.0, "reference_amount": 100_001}, 0, ()),
        ({"customer_age_days": 0.0, "reference_amount": 100_000}, 0, ()),
        ({"customer_age_days": float("nan"), "reference_amount": 100_001}, 0, ()),
        ({"ip_country": "FR"}, 20, ("ip_country_differs",)),
        ({"ip_country": None}, 0, ()),
        ({"method_country": None}, 0, ()),
        ({"ip_country": None, "method_country": None}, 0, ()),
        ({"ip_payment_count_1h": 4}, 0, ()),
        ({"ip_payment_count_1h": 5}, 50, ("ip_velocity_1h",)),
        ({"bin": "400000"}, 100, ("blocked_bin",)),
        ({"bin": None}, 0, ()),
        (
            {"ip_payment_count_1h": 5, "reference_amount": 500_001},
            80,
            ("large_card_amount", "ip_velocity_1h"),
        ),
        (
            {
                "ip_payment_count_1h": 5,
                "reference_amount": 500_001,
                "customer_age_days": 1.0,
                "ip_country": "FR",
            },
            100,
            ("large_card_amount", "new_customer_large_amount", "ip_country_differs", "ip_velocity_1h"),
        ),
        ({"bin": "400000", "ip_country": "FR"}, 100, ("ip_country_differs", "blocked_bin")),
    ],
)
def test_the_seed_rules_give_the_seed_scores(
    seed: CompiledRuleset, payment: dict[str, Any], score: int, ids: tuple[str, ...]
) -> None:
    result = judge(seed, payment)
    assert result.score.tolist() == [score]
    assert ids_by_row(seed, result.hits) == [ids]
    assert not result.errors.any()


def test_5_000_payments_get_the_seed_scores_that_plain_python_gives(seed: CompiledRuleset) -> None:
    pick = random.Random(3)
    choices: dict[str, tuple[Any, ...]] = {
        "reference_amount": (0, 99_999, 100_000, 100_001, 500_000, 500_001, 10**12),
        "method": ("card", "wallet", "bank_debit"),
        "method_country": ("DE", "FR", None),
        "ip_country": ("DE", "FR", None),
        "bin": ("400000", "411111", "41000000", None),
        "customer_age_days": (0.0, 6.999, 7.0, 400.0, float("nan"), -1.0),
        "ip_payment_count_1h": (0, 4, 5, 6, 10_000),
    }
    payments = [{name: pick.choice(values) for name, values in choices.items()} for _ in range(5_000)]
    result = judge(seed, *payments)
    assert result.score.tolist() == [seed_score(payment) for payment in payments]
    assert set(result.score.tolist()) == {0, 20, 30, 40, 50, 60, 70, 80, 90, 100}


def seed_score(payment: dict[str, Any]) -> int:
    """The five seed rules as their descriptions say them."""
    score = 0
    if payment["reference_amount"] > 500_000 and payment["method"] == "card":
        score += 30
    if payment["customer_age_days"] < 7 and payment["reference_amount"] > 100_000:
        score += 40
    if None not in (payment["ip_country"], payment["method_country"]):
        score += 20 * (payment["ip_country"] != payment["method_country"])
    if payment["ip_payment_count_1h"] + 1 > 5:
        score += 50
    return 100 if payment["bin"] in seed_lists()["blocked_bins"] else min(score, 100)


def test_rows_are_judged_one_by_one_however_many_come_together(seed: CompiledRuleset) -> None:
    payments: list[dict[str, Any]] = [
        {"ip_country": country, "ip_payment_count_1h": count, "bin": number}
        for country in ("FR", "DE", None)
        for count in (0, 5, 9)
        for number in ("400000", None)
    ]
    together = judge(seed, *payments)
    alone = [judge(seed, payment) for payment in payments]
    assert together.score.tolist() == [int(result.score[0]) for result in alone]
    assert together.hits.T.tolist() == [result.hits[:, 0].tolist() for result in alone]


def test_the_columns_a_ruleset_uses_are_known(seed: CompiledRuleset) -> None:
    assert seed.columns_used == set(HARMLESS) - {"amount"}
    assert seed.lists_used == {"blocked_bins"}


def test_scores_stay_within_0_and_100_and_the_highest_set_score_wins() -> None:
    always = {"when": "amount > 0"}
    scores = {
        (60, 60): 100,
        (-20, 10): 0,
        (30, -10): 20,
    }
    for points, expected in scores.items():
        rules = ruleset_of(*[always | {"score": point} for point in points]).compile(SCHEMA)
        assert judge(rules, {}).score.tolist() == [expected]
    rules = ruleset_of(
        always | {"score": 90}, always | {"set_score": 10}, always | {"set_score": 40}
    ).compile(SCHEMA)
    assert judge(rules, {}).score.tolist() == [40]


def test_the_64th_rule_is_counted_too() -> None:
    rules = ruleset_of(
        *[{"when": "amount < 0", "score": 1}] * 63, {"when": "amount > 0", "score": 7}
    ).compile(SCHEMA)
    result = judge(rules, {})
    assert result.hits[:, 0].tolist() == [False] * 63 + [True]
    assert ids_by_row(rules, result.hits) == [("rule_63",)]


def test_an_empty_ruleset_and_an_empty_batch_are_fine(seed: CompiledRuleset) -> None:
    assert judge(ruleset_of().compile(SCHEMA), {}, {}).score.tolist() == [0, 0]
    assert judge(seed).score.shape == (0,)


def test_a_rule_that_raises_marks_only_its_rows_and_the_others_count() -> None:
    rules = ruleset_of(
        {"when": 'bin == "x"', "score": 10}, {"when": 'bin in list("blocked_bins")', "set_score": 90}
    ).compile(SCHEMA)

    class Hostile(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            raise ArithmeticError

        __hash__ = None  # type: ignore[assignment]

    result = judge(rules, {"bin": "x"}, {"bin": Hostile("x")}, {"bin": "400000"})
    assert result.errors.T.tolist() == [[False, False], [True, True], [False, False]]
    assert result.hits.T.tolist() == [[True, False], [False, False], [False, True]]
    assert result.score.tolist() == [10, 0, 90]


def test_a_column_that_is_not_there_is_the_rules_error() -> None:
    rules = ruleset_of({"when": "mcc == '1'", "score": 10}, {"when": "amount > 0", "score": 5}).compile(
        SCHEMA
    )
    result = judge(rules, {}, {})
    assert result.errors.T.tolist() == [[True, False]] * 2
    assert result.score.tolist() == [5, 5]


def test_the_version_is_of_the_content() -> None:
    rule = {"when": "amount > 0", "score": 1}
    assert len(ruleset_of(rule).version) == 16
    assert ruleset_of(rule).version == ruleset_of(dict(reversed(rule.items()))).version
    assert ruleset_of(rule).version != ruleset_of(rule | {"score": 2}).version


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            {"when": "amout > 5", "score": 1},
            r"rule 'rule_0', character 1 of `when`: unknown name 'amout', did you mean 'amount'",
        ),
        ({"when": "1 < amount and ip_contry == 'DE'", "score": 1}, "character 16 .* 'ip_country'"),
        ({"when": "amount > 5"}, "exactly one"),
        ({"when": "amount > 5", "score": 1, "set_score": 2}, "exactly one"),
        ({"when": "amount > 5", "score": 101}, "100"),
        ({"when": "amount > 5", "score": 0.3}, "int"),
        ({"when": "amount > 5", "scor": 3}, "scor"),
        ({"when": "amount > 5", "score": 1, "id": "Bad Id"}, "id"),
        ({"score": 1}, "when"),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(RulesetError, match=words):
        ruleset_of(rule).compile(SCHEMA)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "name"),
        ({"name": "x", "rules": {}}, "rules"),
        ({"name": "x", "rules": [], "version": 3}, "version 3"),
        ({"name": "x", "rules": [], "more": 1}, "more"),
    ],
)
def test_a_bad_ruleset_is_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(RulesetError, match=words):
        Ruleset.from_dict(document)


def test_a_rule_id_may_be_there_once_and_64_rules_are_the_most() -> None:
    rule = {"when": "amount > 5", "score": 1}
    with pytest.raises(RulesetError, match="twice"):
        ruleset_of(rule | {"id": "same"}, rule | {"id": "same"})
    with pytest.raises(RulesetError, match="64"):
        ruleset_of(*[rule] * 65)


OLD_DIFF = {
    "name": "shop", "version": 2,
    "groups": {"toys": ["m_1", "m_2"]},
    "segments": [
        {"parameters": {"challenge_cost": 5}},
        {"group": "toys", "parameters": {"review_cost": 300}},
    ],
    "rules": [
        {"id": "gone", "description": "d", "owner": "o", "when": "amount > 1 EUR", "action": "block"},
        {"id": "kept", "description": "d", "owner": "o", "when": "amount > 2 EUR", "action": "review"},
    ],
}  # fmt: skip
NEW_DIFF = {
    "name": "shop", "version": 2,
    "groups": {"toys": ["m_2", "m_3"]},
    "segments": [
        {"parameters": {"challenge_cost": 5}},
        {"group": "toys", "parameters": {"review_cost": 400}},
    ],
    "rules": [
        {"id": "kept", "description": "d", "owner": "o", "when": "amount > 2 EUR", "action": "block",
         "mode": "shadow"},
        {"id": "new", "description": "d", "owner": "o", "when": "amount > 3 EUR", "action": "challenge",
         "sample": 0.1, "put_on_list": {"list": "watched", "of": "card", "hours": 24}},
    ],
}  # fmt: skip


def test_a_difference_names_every_field_that_changes_a_decision() -> None:
    lines = ruleset_diff(OLD_DIFF, NEW_DIFF)
    assert lines == [
        "~ group toys: without m_1",
        "~ group toys: with m_3",
        "~ policy of group toys: review_cost: 300 -> 400",
        "- rule gone: when: amount > 1 EUR",
        "- rule gone: action: block",
        "- rule gone: description: d",
        "- rule gone: owner: o",
        "~ rule kept: action: review -> block",
        "~ rule kept: mode: live -> shadow",
        "+ rule new: when: amount > 3 EUR",
        "+ rule new: action: challenge",
        "+ rule new: put_on_list: list watched, of card, hours 24",
        "+ rule new: sample: 0.1",
        "+ rule new: description: d",
        "+ rule new: owner: o",
    ]
