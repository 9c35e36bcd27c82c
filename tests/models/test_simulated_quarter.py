"""A simulated quarter with known truth: the verdicts' value equals a plain recomputation, to the cent."""

from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np
import pytest

from models.decided_payments import DecidedPayments, decided_payments, reported_disputes, value_rows
from models.messages import OutcomeKind, Verdict
from models.meters import ReportKind
from models.policy import CostParameters, ParameterTable
from models.units import DAY_MS
from models.verdict_value import ValueStatement, added, rule_actions, statement
from tests.models.plain_value import PlainRow, put_down
from tests.models.simulated_quarter import (
    END_MS,
    RULES,
    SETTLED_MS,
    START_MS,
    SimulatedQuarter,
    simulated_quarter,
)

COSTS: Final = CostParameters()
MATURITY_MS: Final = 120 * DAY_MS


@cache
def quarter() -> SimulatedQuarter:
    return simulated_quarter()


@cache
def booked(by_truth: bool) -> ValueStatement:
    """The quarter's payments, each 120 days old: by what is true, or by what was reported."""
    return statement(rows(by_truth), START_MS + MATURITY_MS, END_MS + MATURITY_MS, MATURITY_MS)


@cache
def decided(by_truth: bool) -> DecidedPayments:
    made = quarter()
    labels = made.true_labels() if by_truth else made.labels
    return decided_payments(made.decisions, made.payments, made.outcomes, labels, SETTLED_MS)


def rows(by_truth: bool):  # type: ignore[no-untyped-def]
    costs = ParameterTable((COSTS,)).of(None)
    return value_rows(decided(by_truth), costs, {"rules": rule_actions(RULES)})


def plain_rows() -> list[PlainRow]:
    """From the world itself: what it says of each payment, and the outcomes that its verdict let happen."""
    made = quarter()
    happened: dict[str, set[OutcomeKind]] = {}
    paid_back: Counter[str] = Counter()
    for outcome in made.outcomes:
        happened.setdefault(outcome.payment_id, set()).add(outcome.kind)
        if outcome.kind is OutcomeKind.REFUNDED:
            paid_back[outcome.payment_id] += outcome.amount
    found = []
    for payment, decision, truth in zip(made.payments, made.decisions, made.truths, strict=True):
        kinds = happened.get(payment.payment_id, set())
        went = OutcomeKind.AUTHORISED in kinds and OutcomeKind.VOIDED not in kinds
        went = went and paid_back[payment.payment_id] < payment.amount
        found.append(PlainRow(
            verdict=decision.verdict.value, decided_by=decision.decided_by, rules=decision.hits,
            probability=None if decision.probability is None else Fraction(str(decision.probability)),
            amount=payment.amount, currency=payment.currency, euro_cents=decision.reference_amount,
            label="fraud" if truth.fraud else "legitimate", went_through=went,
            issuer_declined=OutcomeKind.DECLINED in kinds,
            shifted=decision.verdict is Verdict.CHALLENGE and OutcomeKind.AUTHENTICATED in kinds,
            shifted_before=False,
        ))  # fmt: skip
    return found


def test_the_value_by_truth_equals_a_plain_recomputation_to_the_cent() -> None:
    total, by_cause = put_down(plain_rows(), COSTS)
    found = booked(by_truth=True)
    assert found.realised.total == total
    assert {line.name: line.net for line in found.realised.lines if line.net} == by_cause
    assert found.realised.payments == len(quarter().payments)
    assert found.estimated.payments == found.waiting.payments == found.not_valued.payments == 0


def test_every_kind_of_cause_and_several_currencies_are_in_it() -> None:
    total, by_cause = put_down(plain_rows(), COSTS)
    assert by_cause.keys() >= {"model", "policy", "odd_hour", "many_small", "known_good", "large", "fallback"}
    assert total.keys() >= {"EUR", "USD", "GBP", "JPY", "TND"}


@pytest.mark.parametrize("by_truth", [True, False])
def test_sums_by_rule_add_up_to_the_total_in_every_currency(by_truth: bool) -> None:
    found = booked(by_truth)
    parts = [found.realised, found.realised_reference]
    parts += [] if by_truth else [found.estimated, found.estimated_reference]
    for part in parts:
        assert part.payments
        assert added([line.net for line in part.lines]) == part.total
    assert set(found.realised_reference.total) == {"EUR"}


def test_what_is_booked_by_reports_and_probability_is_near_the_truth() -> None:
    """Not equal: some frauds are never reported, some honest payers deny their payment, and a stopped payment
    counts by its probability.
    """
    by_truth, by_report = booked(by_truth=True), booked(by_truth=False)
    assert by_report.estimated.payments > 50
    everything = by_report.realised.payments + by_report.estimated.payments + by_report.not_valued.payments
    assert everything == by_truth.realised.payments
    true, guessed = (
        added([part.realised_reference.total, part.estimated_reference.total])["EUR"]
        for part in (by_truth, by_report)
    )
    moved = sum(abs(line.net["EUR"]) for line in by_truth.realised_reference.lines if line.net)
    assert abs(guessed - true) < 0.2 * moved


def test_statements_of_single_weeks_add_up_to_the_quarter() -> None:
    all_rows, start = rows(by_truth=True), START_MS + MATURITY_MS
    weeks = [
        statement(all_rows, start + n * 7 * DAY_MS, start + (n + 1) * 7 * DAY_MS, MATURITY_MS)
        for n in range(13)
    ]
    assert added([week.realised.total for week in weeks]) == booked(by_truth=True).realised.total


def test_the_log_may_be_read_again_and_out_of_order() -> None:
    made = quarter()
    again = decided_payments(
        [*made.decisions, *made.decisions[:50]], made.payments, [*reversed(made.outcomes), *made.outcomes],
        [*made.labels, *made.labels], SETTLED_MS,
    )  # fmt: skip
    for name, column in vars(decided(by_truth=False)).items():
        assert np.array_equal(column, getattr(again, name)), name


def test_nothing_known_later_is_looked_at() -> None:
    made = quarter()
    early = decided_payments(
        made.decisions, made.payments, made.outcomes, made.labels, START_MS + 30 * DAY_MS
    )
    assert early.decided_at.max() < START_MS + 30 * DAY_MS
    assert early.known_at.max() < START_MS + 30 * DAY_MS
    assert early.captured_at.max() < START_MS + 30 * DAY_MS
    disputes = reported_disputes(made.disputes, early, START_MS + 30 * DAY_MS)
    assert 0 < len(disputes.kinds) < len(reported_disputes(made.disputes, early, SETTLED_MS).kinds)


def test_disputes_are_counted_as_the_world_made_them() -> None:
    made = quarter()
    found = reported_disputes(made.disputes, decided(by_truth=False), SETTLED_MS)
    stages = Counter(dispute.stage.value for dispute in made.disputes)
    kinds = Counter(ReportKind(kind) for kind in found.kinds.tolist())
    assert kinds[ReportKind.FRAUD_NOTICE] == stages["fraud_notice"]
    assert kinds[ReportKind.DISPUTE] == stages["chargeback"] + stages["prevented"]
    assert None not in found.countries.tolist()
