"""Payments that are alike as one row: the report is the same."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decided_payments import NEVER, approved_below, gathered
from models.decided_payments.gathering import AMOUNT_FROM, plain
from models.fraud_figures import fraud_report
from models.meters import SHIPPED
from models.policy import CostParameters, ParameterTable
from models.policy.parameters import PROVIDER_DEFAULT
from models.verdict_value import rule_actions
from models.verdict_value.worth import declined_by_model
from tests.models import test_fraud_figures as figures
from tests.models.decided_cases import decided
from tests.models.simulated_quarter import RATES, RULES
from tests.models.test_verdict_value import columns, row

COSTS = [CostParameters(), PROVIDER_DEFAULT, CostParameters(margin_bp=0, margin_fixed=3),
         CostParameters(margin_bp=10_000, goods_bp=0)]  # fmt: skip


@pytest.mark.parametrize("costs", COSTS)
@given(st.integers(AMOUNT_FROM, 10**12 - 1), st.integers(0, 1_000_000))
def test_below_that_probability_the_model_alone_approves_every_amount(
    costs: CostParameters, amount: int, micro: int
) -> None:
    below = approved_below(ParameterTable((costs,)).of(None))
    payment = row(p=micro / 1_000_000, amount=amount)
    assert micro >= below or not declined_by_model(columns([payment], costs))[0]


@pytest.mark.parametrize(
    "other",
    [
        {"verdicts": 1}, {"decided_by": 4}, {"hits": ("r",)}, {"labels": 2}, {"labels": 3},
        {"labels": 4}, {"degraded": True}, {"shifted_before": True}, {"probability_micro": -1},
        {"probability_micro": 500},
        {"reference_amounts": 99},
    ],
)  # fmt: skip
def test_what_differs_stays_a_row_of_its_own(other: dict[str, object]) -> None:
    assert plain(decided([{}, other, {"labels": 1}]), 500).tolist() == [True, False, True]


def test_the_report_of_gathered_payments_is_that_of_the_payments() -> None:
    payments, activity = figures.decided_quarter()
    few = gathered(payments, approved_below(figures.COSTS))
    assert len(few) < 0.6 * len(payments)
    assert int(few.payments.sum()) == len(payments)
    single, cells = (
        fraud_report(each, activity, None, figures.DAY, figures.SETTINGS, figures.COSTS,
                     {"rules": rule_actions(RULES)}, SHIPPED, RATES)
        for each in (payments, few)
    )  # fmt: skip
    assert list(unlike(msgspec.to_builtins(single), msgspec.to_builtins(cells), "report")) == []


def test_where_no_outcomes_are_sent_the_rows_besides_are_let_through_as_before() -> None:
    """What is approved counts as gone through then, and cells must not look like outcomes."""
    silent = {"authorised_at": NEVER, "captured_at": NEVER, "captured": 0}
    payments = decided([silent, {**silent, "voided": True}, {**silent, "hits": ("r",)}])
    few = gathered(payments, 500)
    assert (len(few), few.payments.sum()) == (3, 3)
    assert not few.has_outcomes
    assert sorted(few.let_through.tolist()) == sorted(payments.let_through.tolist()) == [False, True, True]


def test_what_was_paid_back_is_executed_and_not_let_through() -> None:
    few = gathered(decided([{}, {"refunded": 10_000}, {"refunded": 10_000}, {"voided": True}]), 500)
    assert few.payments.tolist() == [1, 2, 1]
    assert few.executed.tolist() == [True, True, False]
    assert few.let_through.tolist() == [True, False, False]


def test_payments_without_an_outcome_have_none_where_others_have_some() -> None:
    silent = {"authorised_at": NEVER, "captured_at": NEVER, "captured": 0}
    few = gathered(decided([silent, {"hits": ("r",)}]), 500)
    assert few.let_through.tolist() == [True, False]


@pytest.mark.parametrize("of_plain", [NEVER, 1])
@pytest.mark.parametrize("of_others", [NEVER, 1])
def test_what_went_through_is_the_same_with_and_without_outcomes(of_plain: int, of_others: int) -> None:
    plain_ones = {"captured_at": NEVER, "captured": 0, "authorised_at": of_plain}
    others = {**plain_ones, "authorised_at": of_others, "hits": ("r",)}
    payments = decided([plain_ones, plain_ones, others, others, others])
    few = gathered(payments, 500)
    assert len(few) == 4
    assert few.has_outcomes == payments.has_outcomes
    assert int(few.payments[few.let_through].sum()) == int(payments.let_through.sum())


def unlike(left: object, right: object, place: str):  # type: ignore[no-untyped-def]
    """Places where two reports differ; floats by more than what a millionth a row makes."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left.keys() | right.keys():
            yield from unlike(left.get(name), right.get(name), f"{place}.{name}")
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) == len(right):
        for number, pair in enumerate(zip(left, right, strict=True)):
            yield from unlike(*pair, f"{place}[{number}]")
    elif isinstance(left, float) and isinstance(right, float):
        if not math.isclose(left, right, rel_tol=2e-3, abs_tol=1e-3):
            yield f"{place}: {left} and {right}"
    elif left != right:
        yield f"{place}: {left} and {right}"
