"""Rulesets of version 2: actions and precedence, levels, time, sample, modes; however batches are cut."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xxhash
from numpy.typing import NDArray

from models.rules.compiled_ruleset import CompiledRuleset, RuleResult
from models.rules.document import ACTIONS, RulesetError
from models.rules.explanation import explain
from models.rules.language.columns import RuleRows
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset
from tests.models.rule_hits import ids_by_row

DAY = 86_400_000
GROUPS = {"luxury": ["m_1", "m_2"], "games": ["m_3"]}


def rows_of(*payments: dict[str, Any], one: bool = True) -> RuleRows:
    n = len(payments)

    def column(name: str) -> NDArray[Any]:
        values = [
            payment.get(name, 100 if PAYMENT_COLUMNS[name] == "number" else None) for payment in payments
        ]
        if "broken" in values:
            raise OSError("this column cannot be made")
        return objects(values) if PAYMENT_COLUMNS[name] != "number" else np.array(values)

    def single(row: int) -> RuleRows:
        return rows_of(payments[row], one=False)

    return RuleRows(
        n,
        np.array([payment.get("time", 0) for payment in payments], np.int64),
        np.array([xxhash.xxh3_64_intdigest(str(payment.get("key", 0))) for payment in payments], np.uint64),
        objects([payment.get("merchant", "m_9") for payment in payments]),
        column,
        lambda _, values: np.array([value == "listed" for value in values], np.bool_),
        one=single if one else None,
    )


def objects(values: list[Any]) -> NDArray[Any]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def ruleset(*rules: dict[str, Any], **more: Any) -> Ruleset:
    common = {"description": "A rule", "owner": "tests", "when": "amount > 10"}
    named = [common | {"id": f"rule_{at}"} | rule for at, rule in enumerate(rules)]
    return Ruleset.from_dict({"name": "test", "version": 2, "groups": GROUPS, "rules": named} | more)


def compiled(*rules: dict[str, Any], **more: Any) -> CompiledRuleset:
    return ruleset(*rules, **more).compile(PAYMENT_COLUMNS)


def run(*rules: dict[str, Any], payment: dict[str, Any] | None = None) -> RuleResult:
    return compiled(*rules).run(rows_of(payment or {}))


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", range(5))
def test_the_action_that_comes_first_in_precedence_decides(first: int, second: int) -> None:
    result = run({"action": ACTIONS[first]}, {"action": ACTIONS[second]}, {"score": 10})
    assert [name for name in ACTIONS if getattr(result, name)[0]] == sorted(
        {ACTIONS[first], ACTIONS[second]}, key=ACTIONS.index
    )
    assert result.deciding.tolist() == [0 if first <= second else 1]
    assert result.score.tolist() == [10]


def test_without_an_action_no_rule_decides_and_tags_and_lists_change_nothing() -> None:
    rules = (
        {"tag": "seen"},
        {"put_on_list": {"list": "watch", "of": "card"}},
        {"tag": "seen"},
        {"tag": "big"},
    )
    result = run(*rules)
    assert result.deciding.tolist() == [-1]
    assert result.hits[:, 0].tolist() == [True] * 4
    assert result.score.tolist() == [0]


def test_shadow_rules_hit_apart_and_rules_that_are_off_do_not() -> None:
    shadow = {"action": "block", "mode": "shadow"}
    result = run(
        shadow, {"score": 90, "mode": "shadow"}, {"score": 50, "mode": "off"}, {"score": 5, "mode": False}
    )
    assert result.shadow[:, 0].tolist() == [True, True, False, False]
    assert not result.hits.any()
    assert result.score.tolist() == [0]
    assert not result.block.any()


def test_an_error_of_a_shadow_rule_is_no_error_of_the_decision() -> None:
    rule = {"when": "avs_result == 'N'", "score": 1}
    payment = {"avs_result": 7}
    assert run(rule, payment=payment).errors.any()
    assert not run(rule | {"mode": "shadow"}, payment=payment).errors.any()


def test_time_is_engine_time_from_inclusive_until_exclusive() -> None:
    rules = compiled({"score": 1, "from": "1970-01-02", "until": "1970-01-03T00:00:00Z"})
    payments = [{"time": time} for time in (DAY - 1, DAY, 2 * DAY - 1, 2 * DAY)]
    assert rules.run(rows_of(*payments)).hits[0].tolist() == [False, True, True, False]


def test_a_sample_is_of_the_same_payments_always_and_others_for_another_rule() -> None:
    rules = compiled(
        {"score": 1, "sample": 0.3},
        {"score": 1, "sample": 0.3},
        {"score": 1, "sample": 0},
        {"score": 1, "sample": 1},
    )
    payments = [{"key": key} for key in range(4_000)]
    result = rules.run(rows_of(*payments))
    first, second, none, all_ = result.hits
    assert 0.27 < first.mean() < 0.33
    assert 0.27 < second.mean() < 0.33
    assert 0.06 < (first & second).mean() < 0.12
    assert not none.any()
    assert all_.all()
    backwards = rules.run(rows_of(*reversed(payments)))
    assert backwards.hits[:, ::-1].tolist() == result.hits.tolist()


def test_a_share_of_cards_has_all_payments_of_a_card_or_none() -> None:
    rules = compiled({"score": 1, "sample": 0.3, "by": "card"}, {"score": 1, "sample": 0.6, "by": "card"})
    payments = [{"key": key, "card": f"tok_{key % 1_000}"} for key in range(4_000)]
    hits, wider = rules.run(rows_of(*payments)).hits
    by_attempt = hits.reshape(4, 1_000)
    assert (by_attempt == by_attempt[0]).all()
    assert 0.25 < by_attempt[0].mean() < 0.35
    assert 0.55 < wider.mean() < 0.65
    alone = [bool(rules.run(rows_of(payment)).hits[0, 0]) for payment in payments[:50]]
    assert alone == hits[:50].tolist()
    assert "card" in rules.columns_used


def test_a_payment_without_a_card_stands_for_itself_in_a_share_of_cards() -> None:
    by_card = compiled({"score": 1, "sample": 0.3, "by": "card"})
    by_payment = compiled({"score": 1, "sample": 0.3, "by": "payment"})
    payments = [{"key": key} for key in range(1_000)]
    assert by_card.run(rows_of(*payments)).hits.tolist() == by_payment.run(rows_of(*payments)).hits.tolist()
    assert "card" not in by_payment.columns_used


def test_a_card_that_cannot_be_read_counts_as_none_and_stops_no_decision() -> None:
    rules = compiled({"score": 1, "sample": 0.5, "by": "card"})
    whole = rules.run(rows_of(*[{"key": key, "card": "broken"} for key in range(100)])).hits
    assert (
        whole.tolist()
        == compiled({"score": 1, "sample": 0.5})
        .run(rows_of(*[{"key": key} for key in range(100)]))
        .hits.tolist()
    )


CASCADE = (
    {"id": "big", "score": 1},
    {"id": "big", "score": 2, "group": "luxury", "when": "amount > 50"},
    {"id": "big", "score": 3, "merchant": "m_2", "when": "amount > 90"},
    {"id": "big", "score": 4, "merchant": "m_7", "mode": "off"},
    {"id": "own", "score": 10, "merchant": "m_3"},
    {"id": "grouped", "score": 20, "group": "games"},
)


@pytest.mark.parametrize(
    ("merchant", "amount", "score", "level"),
    [
        ("m_9", 11, 1, "global"),
        ("m_1", 11, 0, None),
        ("m_1", 51, 2, "group luxury"),
        ("m_2", 51, 0, None),
        ("m_2", 91, 3, "merchant m_2"),
        ("m_7", 91, 0, None),
        ("m_3", 11, 31, "global"),
    ],
)
def test_a_narrower_rule_takes_the_wider_ones_place(
    merchant: str, amount: int, score: int, level: str | None
) -> None:
    rules = compiled(*CASCADE)
    rows = rows_of({}, {"merchant": merchant, "amount": amount})
    result = rules.run(rows)
    assert result.score[1] == score
    levels = [
        rules.rules[at].level
        for at in np.flatnonzero(result.hits[:, 1]).tolist()
        if rules.rule_ids[at] == "big"
    ]
    assert levels == ([] if level is None else [level])


def test_explain_says_which_level_decided_and_why_others_did_not() -> None:
    rules = compiled(
        {"id": "stop", "action": "block"},
        {"id": "stop", "action": "review", "group": "luxury"},
        {"id": "later", "score": 1, "from": "2030-01-01"},
        {"id": "gone", "score": 1, "until": "1970-01-01"},
        {"id": "never", "score": 1, "sample": 0},
        {"id": "off", "score": 1, "mode": "off"},
        {"id": "shadow", "score": 1, "mode": "shadow"},
        {"id": "wrong", "score": 1, "when": "avs_result == 'N'"},
        {"id": "small", "score": 1, "when": "amount < 10 and probability > 0.5"},
        {"id": "others", "score": 1, "merchant": "m_2"},
    )
    found = explain(rules, rows_of({"merchant": "m_1", "avs_result": 7, "probability": np.nan}), 0)
    assert (found.action, found.level, found.score) == ("review", "group luxury", 0)
    assert found.deciding is not None
    assert found.deciding.id == "stop"
    assert [rule.outcome for rule in found.rules] == [
        "other level decides",
        "hit",
        "before `from`",
        "after `until`",
        "not in the sample",
        "off",
        "shadow hit",
        "error",
        "no hit",
        "other merchant",
    ]
    assert found.rules[8].values == {"amount": 100, "probability": None}


def test_parameters_of_segments_narrow_from_everyone_to_the_merchant() -> None:
    rules = ruleset(
        segments=[
            {"merchant": "m_1", "parameters": {"margin": 3}},
            {"parameters": {"margin": 1, "fee": 1, "cost": 1}},
            {"group": "luxury", "parameters": {"margin": 2, "fee": 2}},
        ]
    )
    assert rules.document.parameters_for("m_1") == {"margin": 3, "fee": 2, "cost": 1}
    assert rules.document.parameters_for("m_2") == {"margin": 2, "fee": 2, "cost": 1}
    assert rules.document.parameters_for("m_9") == {"margin": 1, "fee": 1, "cost": 1}
    assert ruleset().document.parameters_for("m_9") == {}


MIXED = (
    *CASCADE,
    {"score": 7, "when": "avs_result == 'N' or amount > 5000"},
    {"action": "block", "when": "card in list('x') and issuer_country in eu", "sample": 0.5},
    {"action": "allow", "when": "ip_country != method_country", "from": "1970-01-02"},
    {"action": "challenge", "when": "bin starts_with ('41', '55') or amount > 20 EUR", "mode": "shadow"},
    {"set_score": 60, "when": "not (amount between 20 and 60)", "group": "games"},
    {"tag": "t", "when": "customer_age_days is missing or bin_type == 'x'"},
)


def mixed_payments(count: int) -> list[dict[str, Any]]:
    pick = np.random.default_rng(4)

    def one(*values: Any) -> Any:
        return values[pick.integers(len(values))]

    return [
        {
            "time": int(pick.integers(3 * DAY)),
            "key": at,
            "merchant": one("m_1", "m_2", "m_3", "m_7", "m_9"),
            "amount": int(pick.integers(200)),
            "reference_amount": int(pick.integers(9_000)),
            "currency": one("EUR", "USD"),
            "avs_result": one("N", "Y", None, 7),
            "card": one("listed", "other", None),
            "issuer_country": one("FR", "US", None),
            "ip_country": one("FR", "US", None),
            "method_country": one("FR", None),
            "bin": one("411111", "550000", "400000", None, b"no"),
            "customer_age_days": one(1.0, np.nan),
            "bin_type": one("credit", "x", None, "broken") if at % 7 == 0 else "credit",
        }
        for at in range(count)
    ]


def test_what_rules_say_of_a_payment_does_not_depend_on_how_batches_are_cut() -> None:
    rules = compiled(*MIXED)
    payments = mixed_payments(240)
    whole = rules.run(rows_of(*payments))
    assert whole.errors.any()
    assert whole.hits.any(axis=1).sum() > 6
    for size in (1, 7, 100):
        parts = [rules.run(rows_of(*payments[at : at + size])) for at in range(0, len(payments), size)]
        for name in ("hits", "shadow", "errors"):
            assert np.concatenate([getattr(part, name) for part in parts], axis=1).tolist() == (
                getattr(whole, name).tolist()
            )
        for name in ("score", "deciding", *ACTIONS):
            assert np.concatenate([getattr(part, name) for part in parts]).tolist() == (
                getattr(whole, name).tolist()
            )


def test_a_rule_that_errs_neither_hits_nor_stops_the_others() -> None:
    rules = compiled({"score": 10, "when": "avs_result == 'N'"}, {"score": 5})
    result = rules.run(rows_of({"avs_result": "N"}, {"avs_result": 7}, {"avs_result": None}))
    assert result.errors.tolist() == [[False, True, False], [False] * 3]
    assert result.hits.tolist() == [[True, False, False], [True] * 3]
    assert result.score.tolist() == [15, 5, 5]


def test_1_024_rules_are_counted_one_by_one_and_named() -> None:
    rules = compiled(*({"score": 1, "when": f"amount > {at}"} for at in range(1_024)))
    result = rules.run(rows_of({"amount": 0}, {"amount": 7}, {"amount": 2_000}))
    assert result.hits.sum(axis=0).tolist() == [0, 7, 1_024]
    assert result.score.tolist() == [0, 7, 100]
    assert ids_by_row(rules, result.hits)[:2] == [(), tuple(f"rule_{at}" for at in range(7))]
    assert len(ids_by_row(rules, result.hits)[2]) == 1_024


@pytest.mark.parametrize(
    ("rules", "more", "words"),
    [
        ([{}], {}, "exactly one of `score`, `set_score`, `action` and `tag`"),
        ([{"score": 1, "tag": "x"}], {}, "exactly one"),
        ([{"action": "delay"}], {}, "'delay'; actions: allow, challenge, review, block, legal_block"),
        ([{"action": "decline"}], {}, "'decline', did you mean 'block'; actions: allow"),
        ([{"score": 1, "sample": 1.5}], {}, "<= 1"),
        ([{"score": 1, "by": "card"}], {}, "says what `sample` is a share of"),
        ([{"score": 1, "sample": 0.5, "by": "customer"}], {}, "each payment or each card"),
        ([{"score": 1, "mode": "on"}], {}, "mode"),
        ([{"score": 1, "mode": True}], {}, "mode is live, shadow or off"),
        ([{"score": 1, "from": "soon"}], {}, "`from` 'soon' is not a time such as"),
        ([{"score": 1, "from": "2026-01-02", "until": "2026-01-02"}], {}, "`until` must be after `from`"),
        ([{"score": 1, "group": "toys"}], {}, "there is no group 'toys'; groups: games, luxury"),
        ([{"score": 1, "group": "games", "merchant": "m_1"}], {}, "`merchant` or `group`, not both"),
        ([{"score": 1, "id": "a"}, {"score": 1, "id": "a"}], {}, "there twice .level: global"),
        (
            [{"score": 1, "id": "a", "group": "games"}, {"score": 1, "id": "a", "group": "luxury"}],
            {"groups": {"games": ["m"], "luxury": ["m"]}},
            "merchant 'm' is in the groups 'games' and 'luxury'",
        ),
        ([{"score": 1, "groupe": "games"}], {}, "unknown field `groupe`, did you mean 'group'"),
        ([{"score": 1}] * 1_025, {}, "1024"),
        ([{"action": "block"}], {"version": 1, "groups": {}}, "`action` and `tag` need `version: 2`"),
        ([{"score": 1, "sample": 0.5}], {"version": 1, "groups": {}}, "need `version: 2`"),
        ([], {"version": 1}, "groups and segments need `version: 2`"),
        ([], {"segments": [{"group": "toys", "parameters": {}}]}, "there is no group 'toys'"),
        ([], {"segments": [{"parameters": {}}] * 2}, "segment 1: is there twice"),
        ([], {"groups": {"big": ["m"] * 100_001}}, "more than 100,000 merchants"),
        ([{"score": 1, "when": "x" * 5_000}], {}, "4000"),
    ],
)
def test_a_ruleset_that_contradicts_itself_is_refused(
    rules: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(RulesetError, match=words):
        compiled(*rules, **more)


def test_sources_are_asked_for_used_columns_once() -> None:
    asked: list[str] = []
    rows = rows_of({}, {})
    column: Callable[[str], NDArray[Any]] = rows.column

    def watched(name: str) -> NDArray[Any]:
        asked.append(name)
        return column(name)

    rules = compiled(
        {"score": 1}, {"score": 1, "when": "amount < 9 or attempt > 3"}, {"tag": "x", "when": "attempt > 2"}
    )
    rules.run(RuleRows(2, rows.times, rows.sample_keys, rows.merchants, watched, rows.contains))
    assert sorted(asked) == ["amount", "attempt"]
    assert rules.columns_used == {"amount", "attempt"}
