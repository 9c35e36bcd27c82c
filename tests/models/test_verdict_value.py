"""The value of verdicts: by hand, against a plain recomputation, and to the last minor unit."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policy import VERDICTS, CostParameters, DecidedBy, ParameterTable
from models.policy.parameters import PROVIDER_DEFAULT
from models.rules import Rule
from models.units import DAY_MS
from models.verdict_value import (
    CauseKind,
    DecidingRules,
    LabelCode,
    ProfitAndLoss,
    ValueRows,
    added,
    correction,
    deciding_rules,
    estimated,
    exact_sums,
    realised,
    rule_actions,
    statement,
)
from tests.models.plain_value import PlainRow, put_down

MERCHANT = CostParameters()
"""15 % margin, 85 % goods, 20.00 EUR a chargeback, 5.00 EUR scheme cost, challenge 0.10, review 3.00."""
BY_NAME = {by.name.lower(): by for by in DecidedBy}
LABELS = {None: LabelCode.NONE, "legitimate": LabelCode.LEGITIMATE, "fraud": LabelCode.FRAUD,
          "friendly": LabelCode.FRIENDLY, "unknown": LabelCode.UNKNOWN}  # fmt: skip


def row(
    verdict: str = "approve",
    decided_by: str = "policy",
    rules: tuple[str, ...] = (),
    *,
    p: float | None = 0.0,
    amount: int = 10_000,
    currency: str = "EUR",
    euro: int | None = None,
    label: str | None = "legitimate",
    through: bool | None = None,
    issuer: bool = False,
    shifted: bool = False,
    before: bool = False,
) -> PlainRow:
    went = (verdict == "approve") if through is None else through
    chance = None if p is None else Fraction(round(p * 1_000_000), 1_000_000)
    cents = amount if euro is None else euro
    return PlainRow(
        verdict, decided_by, rules, chance, amount, currency, cents, label, went, issuer, shifted, before
    )


def columns(rows: Sequence[PlainRow], costs: CostParameters = MERCHANT, day: int = 0) -> ValueRows:
    """The same as columns."""
    currencies = np.empty(len(rows), object)
    currencies[:] = [each.currency for each in rows]
    micro = [-1 if r.probability is None else int(r.probability * 1_000_000) for r in rows]
    verdicts = [[v.value for v in VERDICTS].index(each.verdict) for each in rows]
    return ValueRows(
        payments=np.ones(len(rows), np.int64),
        verdicts=np.array(verdicts, np.uint8),
        decided_by=np.array([BY_NAME[each.decided_by] for each in rows], np.uint8),
        deciding=DecidingRules.from_rows([each.rules for each in rows]),
        probability_micro=np.array(micro, np.int64),
        amounts=np.array([each.amount for each in rows], np.int64),
        currencies=currencies,
        reference_amounts=np.array([each.euro_cents for each in rows], np.int64),
        labels=np.array([LABELS[each.label] for each in rows], np.uint8),
        occurred_at=np.full(len(rows), day * DAY_MS, np.int64),
        let_through=np.array([each.went_through for each in rows], np.bool_),
        issuer_declined=np.array([each.issuer_declined for each in rows], np.bool_),
        shifted=np.array([each.shifted for each in rows], np.bool_),
        shifted_before=np.array([each.shifted_before for each in rows], np.bool_),
        costs=ParameterTable((costs,)).of(None),
    )


def net(found: ProfitAndLoss) -> dict[str, dict[str, int]]:
    return {line.name: line.net for line in found.lines if line.net}


# 100.00 EUR: margin 15.00, goods 85.00, with fees a fraud costs 110.00.
@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (row(), {}),  # approved and good: as if everything were approved
        (row(label="fraud"), {}),
        (row("decline", "block", ("r",), label="fraud"), {"r": 11_000}),
        (row("decline", "block", ("r",)), {"r": -1_500}),
        (row("decline", "block", ("r",), issuer=True), {}),  # the issuer would have declined it
        (row("decline", "block", ("r",), label="fraud", before=True), {"r": 500}),  # the issuer's loss
        (row("decline", "policy", p=0.9, label="fraud"), {"model": 11_000}),
        (row("decline", "policy", p=0.9), {"model": -1_500}),
        (row("decline", "block", ("r",), p=0.9, label="fraud"), {"model": 11_000}),  # none left to the rule
        (row("approve", "allow", ("a",), p=0.9), {"model": -1_500, "a": 1_500}),
        (row("approve", "allow", ("a",), p=0.9, label="fraud"), {"model": 11_000, "a": -11_000}),
        (row("approve", "holdout", p=0.9, label="fraud"), {"model": 11_000, "holdout": -11_000}),
        (row("challenge", "policy", label="fraud", through=False), {"policy": 11_000 - 10}),
        (row("challenge", "policy", label="fraud", through=True, shifted=True), {"policy": 10_500 - 10}),
        (row("challenge", "policy", through=True), {"policy": -10}),
        (row("challenge", "policy", through=False), {"policy": -1_510}),
        (row("challenge", "sca", through=False), {"sca": -1_510}),
        (row("challenge", "policy", p=0.9, through=True), {"model": -1_500, "policy": 1_490}),
        (row("review", "review_rule", ("r",), label="fraud", through=False), {"r": 11_000 - 300}),
        (row("review", "fallback", p=None, through=True), {"fallback": -300}),
        (row("decline", "block", ("r",), label="friendly"), {"r": -1_500 + 2_000}),
        (row("decline", "block", (), label="fraud"), {"rule not known": 11_000}),
        # Goods 8,500 and fees 2,500 are shared apart: the first by id gets what is left over of both.
        (row("decline", "score", ("b", "a", "c"), label="fraud"), {"a": 3_668, "b": 3_666, "c": 3_666}),
        (row("decline", "score", ("b", "a"), amount=10_010), {"a": -750, "b": -751}),  # 15.01 shared
    ],
)  # fmt: skip
def test_worked_examples(payment: PlainRow, expected: dict[str, int]) -> None:
    found = realised(columns([payment]))
    assert net(found) == {name: {"EUR": cents} for name, cents in expected.items()}
    assert found.total == ({"EUR": sum(expected.values())} if sum(expected.values()) else {})


def test_the_model_alone_declines_where_that_is_worth_more() -> None:
    """Of 100.00 EUR: q 15 < p 110 from p = 0.12 on."""
    payments = [row("decline", "block", ("r",), p=p, label="fraud") for p in (0.119, 0.121)]
    assert [net(realised(columns([each]))).keys() for each in payments] == [{"r"}, {"model"}]


def test_currencies_are_never_added_up_and_fees_are_in_euro() -> None:
    """100.00 USD of goods at 85 %, and 25.00 EUR of fees; JPY has no decimals."""
    payments = [
        row("decline", "block", ("r",), currency="USD", euro=9_000, label="fraud"),
        row("decline", "block", ("r",), amount=10_001, currency="JPY", euro=6_000, label="fraud"),
    ]
    found = realised(columns(payments))
    assert found.total == {"EUR": 5_000, "JPY": 8_500, "USD": 8_500}
    assert net(found) == {"r": found.total}
    in_euro = realised(columns(payments).in_reference())
    assert in_euro.total == {"EUR": 5_000 + 7_650 + 5_100}


def test_a_line_counts_what_it_stopped_and_what_it_changed() -> None:
    payments = [
        row("decline", "block", ("a", "b"), label="fraud"),
        row("decline", "block", ("a",)),
        row("decline", "block", ("a",), p=0.9, label="fraud"),
        row("decline", "block", ("a",), issuer=True),
    ]
    found = realised(columns(payments))
    a, model = found.of(CauseKind.RULE, "a"), found.of(CauseKind.MODEL)
    assert (a.decided, a.changed, a.frauds_stopped, a.good_stopped) == (4, 3, 2, 1)
    assert (model.decided, model.changed, model.frauds_stopped) == (1, 1, 1)
    assert (a.earned, a.cost) == ({"EUR": 5_500}, {"EUR": -1_500})
    assert found.of(CauseKind.SCA).decided == 0


CAUSES = st.sampled_from(sorted(BY_NAME))
RANDOM_ROW = st.builds(
    PlainRow,
    verdict=st.sampled_from([verdict.value for verdict in VERDICTS]),
    decided_by=CAUSES,
    rules=st.lists(st.sampled_from("abcde"), max_size=4, unique=True).map(tuple),
    probability=st.none() | st.integers(0, 1_000_000).map(lambda micro: Fraction(micro, 1_000_000)),
    amount=st.integers(0, 10**12 - 1),
    currency=st.sampled_from(["EUR", "USD", "JPY", "TND"]),
    euro_cents=st.integers(0, 10**12 - 1),
    label=st.sampled_from(["legitimate", "fraud", "friendly"]),
    went_through=st.booleans(),
    issuer_declined=st.booleans(),
    shifted=st.booleans(),
    shifted_before=st.booleans(),
)


@given(st.lists(RANDOM_ROW, max_size=60), st.sampled_from([MERCHANT, PROVIDER_DEFAULT]))
def test_sums_equal_a_plain_recomputation_and_the_total(rows: list[PlainRow], costs: CostParameters) -> None:
    found = realised(columns(rows, costs))
    total, by_cause = put_down(rows, costs)
    assert found.total == total
    assert net(found) == by_cause
    assert added([line.net for line in found.lines]) == found.total
    assert all(v >= 0 for line in found.lines for v in line.earned.values())
    assert all(v <= 0 for line in found.lines for v in line.cost.values())


@given(st.lists(RANDOM_ROW, min_size=1, max_size=30))
def test_of_stopped_payments_the_probability_decides_between_both_labels(rows: list[PlainRow]) -> None:
    """Where it is 0 or 1 the estimate is the realised value of that label."""
    for label, p in (("legitimate", 0.0), ("fraud", 1.0)):
        known = [
            PlainRow(r.verdict, r.decided_by, r.rules, Fraction(p), r.amount, r.currency, r.euro_cents, label,
                     False, False, r.shifted, r.shifted_before)
            for r in rows
        ]  # fmt: skip
        assert net(estimated(columns(known))) == net(realised(columns(known)))


def test_an_estimate_is_rounded_to_whole_cents_half_away_from_zero() -> None:
    """0.5 x 15.01 less 0.5 x 110.08: halves of 1501 and 11008 cents; 85 % of 100.10 are 85.08."""
    found = estimated(columns([row("decline", "block", ("r",), p=0.5, amount=10_010, label=None)]))
    assert found.total == {"EUR": -(-(11_008 - 1_501) // 2)}
    assert [line.name for line in found.lines] == ["model", "r"]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=20), st.integers(1, 4))
def test_sums_are_exact_beyond_64_bits(values: list[int], groups: int) -> None:
    group = np.arange(len(values)) % groups
    sums = exact_sums(np.array(values, np.int64), group, groups)
    assert sums == [sum(values[place::groups]) for place in range(groups)]


def test_sums_of_millions_of_the_largest_numbers_are_exact() -> None:
    values = np.full(2**21, 2**62, np.int64)
    assert exact_sums(values, np.zeros(len(values), np.int64), 1) == [2**83]


# ---- what decided ----


def rule(name: str, **does: object) -> Rule:
    return Rule(id=name, description="d", owner="o", when="amount > 1", **does)  # type: ignore[arg-type]


def test_the_rules_that_decided_are_those_that_hit_and_ask_for_it() -> None:
    actions = rule_actions(
        [rule("b1", action="block"), rule("b2", action="block"), rule("s", score=30), rule("minus", score=-5),
         rule("set", set_score=90), rule("t", tag="x"), rule("both", action="review"),
         rule("both", action="block", merchant="m")]
    )  # fmt: skip
    hits = ["t", "both", "set", "s", "minus", "b2"]
    assert deciding_rules(DecidedBy.BLOCK, hits, actions) == ("b2", "both")
    assert deciding_rules(DecidedBy.REVIEW_RULE, hits, actions) == ("both",)
    assert deciding_rules(DecidedBy.SCORE, hits, actions) == ("s", "set")
    assert deciding_rules(DecidedBy.SCA, hits, actions) == ()
    assert deciding_rules(DecidedBy.BLOCK, ["b1"], {}) == ()


# ---- the statement ----


def test_a_payment_is_booked_once_at_its_maturity_and_by_what_is_known() -> None:
    payments = [
        row("decline", "block", ("r",), p=0.01, label="fraud"),  # realised: an analyst knows
        row("approve", label=None),  # realised: silence
        row("decline", "block", ("r",), p=0.01, label=None),  # estimated
        row("decline", "block", ("r",), p=None, label=None),  # not valued
        row("approve", label="unknown"),  # not valued
        row("challenge", "policy", issuer=True, through=False, label=None),  # realised: worth the price
    ]
    rows = columns(payments, day=10)
    booked = statement(rows, 130 * DAY_MS, 131 * DAY_MS)
    assert (booked.realised.payments, booked.estimated.payments, booked.not_valued.payments) == (3, 1, 2)
    assert booked.realised.total == {"EUR": 11_000 - 10}
    assert booked.estimated.total == {"EUR": round(0.01 * 11_000 - 0.99 * 1_500)}
    assert booked.not_valued.reference_amount == 20_000
    for start, end in ((129, 130), (131, 132)):
        other = statement(rows, start * DAY_MS, end * DAY_MS)
        assert (other.realised.payments, other.estimated.payments) == (0, 0)
    early = statement(rows, 100 * DAY_MS, 130 * DAY_MS)
    assert (early.waiting.payments, early.waiting.reference_amount) == (6, 60_000)
    assert statement(rows, 131 * DAY_MS, 132 * DAY_MS).waiting.payments == 0


@given(st.lists(RANDOM_ROW, max_size=40), st.integers(1, 10))
def test_statements_of_parts_of_a_period_add_up_to_that_of_the_whole(
    payments: list[PlainRow], step: int
) -> None:
    rows = columns(payments)
    spread = ValueRows(**vars(rows) | {"occurred_at": np.arange(len(payments)) * DAY_MS})
    whole = statement(spread, 0, 50 * DAY_MS, DAY_MS)
    parts = [
        statement(spread, day * DAY_MS, min(50, day + step) * DAY_MS, DAY_MS) for day in range(0, 50, step)
    ]
    assert added([part.realised.total for part in parts]) == whole.realised.total
    assert sum(part.realised.payments for part in parts) == whole.realised.payments == len(payments)


def test_a_label_that_changes_later_is_a_correction() -> None:
    rows = columns([row("decline", "block", ("r",), label="fraud"), row(label="fraud")])
    before = np.array([LabelCode.LEGITIMATE, LabelCode.LEGITIMATE], np.uint8)
    assert correction(rows, before) == {"EUR": 11_000 + 1_500}
    assert correction(rows, rows.labels) == {}
