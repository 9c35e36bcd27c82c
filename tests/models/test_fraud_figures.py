"""Figures of the daily report: by hand, and on a simulated quarter against plain loops over its messages."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache

import pytest

from models.decided_payments import (
    DecidedPayments,
    card_activity,
    decided_payments,
    remote_cells,
    reported_disputes,
    value_rows,
)
from models.fraud_figures import (
    FraudReport,
    ReportSettings,
    day_verdicts,
    delay_curve,
    fraud_by_age,
    fraud_report,
    model_health,
)
from models.fraud_figures.rule_figures import rule_figures
from models.labels import Maturity
from models.messages import Channel, LabelValue, OutcomeKind
from models.meters import SHIPPED, CardActivity
from models.policy import CostParameters, DecidedBy, ParameterTable
from models.units import DAY_MS
from models.verdict_value import LabelCode, rule_actions, statement
from tests.models.decided_cases import decided
from tests.models.simulated_quarter import RATES, RULES, START_MS, SimulatedQuarter, simulated_quarter

COSTS = ParameterTable((CostParameters(),)).of(None)
FRAUD = {"labels": LabelCode.FRAUD}


def test_a_day_beside_the_four_weeks_before_it() -> None:
    rows = [{"day": 100, "verdicts": 3}, {"day": 100}, {"day": 100, "degraded": True}]
    rows += [{"day": day, "decided_by": DecidedBy.BLOCK} for day in (72, 99)]
    found = day_verdicts(decided([*rows, {"day": 71}, {"day": 101}]), 100)
    assert (found.payments, found.payments_before, found.days_before) == (3, 2, 2)
    assert [(each.name, each.payments, each.share_bp, each.before_bp) for each in found.by_verdict] == [
        ("approve", 2, 6_666, 10_000), ("challenge", 0, 0, 0), ("review", 0, 0, 0), ("decline", 1, 3_333, 0)
    ]  # fmt: skip
    assert [(each.name, each.payments, each.before_bp) for each in found.by_cause] == [
        ("policy", 3, 0), ("block", 0, 10_000)
    ]  # fmt: skip
    assert found.daily[-1] == (2, 0, 0, 1)
    assert (found.daily[0], found.daily[1], len(found.daily)) == ((1, 0, 0, 0), (0, 0, 0, 0), 29)


def test_a_day_without_payments_has_no_shares() -> None:
    found = day_verdicts(decided([]), 100)
    assert (found.payments, found.by_verdict[0].before_bp, found.by_cause) == (0, None, ())


def test_a_cohort_says_what_is_known_and_what_it_comes_to() -> None:
    """Half of the frauds is known from the first day on, all from the thirtieth: 2 of 10 become 4."""
    young = [{"day": 98}] * 8 + [{"day": 98, **FRAUD}] * 2
    old = [{"day": 60}] * 99 + [{"day": 60, **FRAUD}]
    curve = Maturity((0.5,) * 30 + (1.0,), 50)
    stopped = {"day": 98, "verdicts": 3, "authorised_at": -1, "captured_at": -1}
    cohorts = fraud_by_age(decided([*young, *old, stopped]), 100 * DAY_MS, curve)
    assert [(each.from_days, each.payments, each.frauds, each.frauds_in_the_end) for each in cohorts] == [
        (0, 10, 2, 4), (7, 0, 0, None), (30, 100, 1, 1), (60, 0, 0, None), (90, 0, 0, None), (120, 0, 0, None)
    ]  # fmt: skip
    assert (cohorts[0].rate_bp, cohorts[0].rate_in_the_end_bp, cohorts[0].known_share) == (2_000, 4_000, 0.5)
    assert (cohorts[1].rate_bp, cohorts[1].value_rate_bp) == (None, None)


def test_frauds_that_were_paid_back_count_and_their_money_is_not_lost() -> None:
    """A merchant that refunds after a fraud notice is as defrauded as one that does not."""
    back = {"day": 98, "refunded": 10_000, "fraud_known_at": 99 * DAY_MS}
    rows = [{"day": 98}] * 6 + [back] * 2 + [{**back, **FRAUD}] * 30 + [{"day": 98, **FRAUD}] * 2
    (young, *_) = fraud_by_age(decided(rows), 100 * DAY_MS, None)
    assert (young.payments, young.frauds, young.rate_bp) == (40, 32, 8_000)
    assert (young.reference_amount, young.fraud_amount) == (80_000, 20_000)
    assert delay_curve(decided(rows), 100 * DAY_MS) is not None
    found = model_health(decided(rows), 98 + 120, 120)
    assert (found.bins[0].payments, found.frauds) == (40, 32)


def test_where_too_little_is_known_nothing_is_worked_out() -> None:
    curve = Maturity((0.1, 0.1, 1.0), 50)
    (young, *_) = fraud_by_age(decided([{"day": 100, **FRAUD}]), 100 * DAY_MS, curve)
    assert (young.frauds, young.known_share, young.frauds_in_the_end) == (1, 0.1, None)
    (young, *_) = fraud_by_age(decided([{"day": 100, **FRAUD}]), 100 * DAY_MS, None)
    assert (young.known_share, young.frauds_in_the_end) == (None, None)


def test_a_cohort_never_comes_to_less_than_is_known() -> None:
    """Nothing was ever known on the first day, and now three are."""
    curve = Maturity((0.0, 1.0), 50)
    rows = [{"day": 99}] * 3 + [{"day": 100, **FRAUD}] * 3
    (young, *_) = fraud_by_age(decided(rows), 100 * DAY_MS, curve)
    assert (young.frauds, young.known_share, young.frauds_in_the_end) == (3, 0.5, 3)


def test_a_delay_curve_needs_thirty_frauds() -> None:
    row = {"day": 10, **FRAUD, "fraud_known_at": 12 * DAY_MS}
    assert delay_curve(decided([row] * 29), 100 * DAY_MS) is None
    curve = delay_curve(decided([row] * 30), 100 * DAY_MS)
    assert curve is not None
    assert (curve.share(1), curve.share(2)) == (0.0, 1.0)


def test_precision_is_of_payments_of_which_it_is_known_what_they_were() -> None:
    blocked = {"day": 10, "verdicts": 3, "decided_by": DecidedBy.BLOCK, "hits": ("r",), "authorised_at": -1,
               "captured_at": -1, "probability_micro": 100_000}  # fmt: skip
    rows = [
        {**blocked, **FRAUD},
        {**blocked, "labels": LabelCode.LEGITIMATE},
        blocked, blocked,
        {"day": 10, "hits": ("r", "s")},  # went through, silent: known to be good
        {"day": 10, "hits": ("s",), "labels": LabelCode.UNKNOWN},
        {"day": 140, "hits": ("r",)},
    ]  # fmt: skip
    found = booked_rules(rows)
    r, s = found["r"], found["s"]
    assert (r.hits_today, r.hits, r.known, r.frauds) == (1, 5, 3, 1)
    assert (r.precision, r.expected_precision, r.good_stopped) == (
        pytest.approx(1 / 3),
        pytest.approx(0.1),
        1,
    )
    assert r.low is not None
    assert r.high is not None
    assert r.low < 1 / 3 < r.high
    assert r.realised == 11_000 - 1_500
    assert r.estimated == 2 * round(0.1 * 11_000 - 0.9 * 1_500)
    assert (s.hits, s.known, s.precision, s.realised) == (2, 1, 0.0, 0)
    assert list(found) == ["s", "r"], "the dearest first"


def booked_rules(rows):  # type: ignore[no-untyped-def]
    payments = decided(rows)
    block = rule_actions([each for each in RULES if each.id == "odd_hour"])
    asked = {"r": {"r": block["odd_hour"]}}
    booked = statement(value_rows(payments, COSTS, asked), 120 * DAY_MS, 141 * DAY_MS)
    return {each.rule: each for each in rule_figures(payments, 140, booked)}


def test_calibration_compares_what_was_expected_with_what_was_reported() -> None:
    rows = [{"day": 10, "probability_micro": 15_000}] * 100 + [
        {"day": 10, "probability_micro": 15_000, **FRAUD}
    ] * 3
    rows += [{"day": 10, "probability_micro": 15_000, "voided": True}, {"day": 10, "probability_micro": -1}]
    found = model_health(decided([*rows, {"day": 130, "probability_micro": -1, "degraded": True}]), 130, 120)
    (thin,) = [each for each in found.bins if each.payments]
    assert (thin.from_probability, thin.to_probability, thin.payments, thin.frauds) == (0.01, 0.02, 103, 3)
    assert found.expected_frauds == pytest.approx(1.545)
    assert found.observed_over_expected == pytest.approx(3 / 1.545)
    assert (found.degraded, found.by_model[0].unscored, found.psi) == (1, 1, None)


def test_drift_is_that_of_the_day_against_the_weeks_before() -> None:
    before = [{"day": day, "probability_micro": 100} for day in range(100, 120)]
    same = model_health(decided([*before, *[{"day": 120, "probability_micro": 200}] * 20]), 120, 120)
    moved = model_health(decided([*before, *[{"day": 120, "probability_micro": 900_000}] * 20]), 120, 120)
    assert same.psi is not None
    assert moved.psi is not None
    assert same.psi < 0.2 < moved.psi


# ---- a simulated quarter ----


@cache
def quarter() -> SimulatedQuarter:
    return simulated_quarter(seed=11, per_day=250, skill=0.02)


DAY = START_MS // DAY_MS + 85
AS_OF = (DAY + 1) * DAY_MS


SETTINGS = ReportSettings("live", maturity_days=45, entity="ltd", entity_country="FR")


@cache
def decided_quarter() -> tuple[DecidedPayments, CardActivity]:
    made = quarter()
    payments = decided_payments(made.decisions, made.payments, made.outcomes, made.labels, AS_OF)
    reported = reported_disputes(made.disputes, payments, AS_OF, "bank")
    return payments, card_activity(payments, reported, "bank")


@cache
def report() -> FraudReport:
    payments, activity = decided_quarter()
    return fraud_report(
        payments, activity, remote_cells(payments, "ltd"), DAY, SETTINGS, COSTS,
        {"rules": rule_actions(RULES)}, SHIPPED, RATES,
    )  # fmt: skip


def test_verdicts_of_the_day_are_those_of_the_decisions() -> None:
    of_day = [d for d in quarter().decisions if AS_OF - DAY_MS <= d.engine_time < AS_OF]
    counts = Counter(decision.verdict.value for decision in of_day)
    assert {each.name: each.payments for each in report().verdicts.by_verdict if each.payments} == counts
    assert report().verdicts.reference_amount == sum(decision.reference_amount for decision in of_day)
    assert report().day == datetime.fromtimestamp(DAY * 86_400, UTC).date().isoformat()


def test_known_frauds_by_age_are_those_whose_last_label_says_so() -> None:
    """The label agent sends the strongest last, so the last one sent is the one that stands."""
    made = quarter()
    last = {label.payment_id: label.label for label in made.labels if label.known_at < AS_OF}
    happened: dict[str, set[OutcomeKind]] = {}
    for outcome in made.outcomes:
        if outcome.at < AS_OF:
            happened.setdefault(outcome.payment_id, set()).add(outcome.kind)
    through = [
        payment
        for payment, kinds in happened.items()
        if OutcomeKind.AUTHORISED in kinds and OutcomeKind.VOIDED not in kinds
    ]  # fmt: skip
    assert sum(cohort.payments for cohort in report().cohorts) == len(through)
    frauds = sum(last.get(payment) is LabelValue.FRAUD for payment in through)
    assert sum(cohort.frauds for cohort in report().cohorts) == frauds > 50


def test_what_young_cohorts_come_to_is_near_what_they_did_come_to() -> None:
    """Half a year later all reports are there: within what chance does to so few."""
    made = quarter()
    end = AS_OF + 200 * DAY_MS
    late = decided_payments(made.decisions, made.payments, made.outcomes, made.labels, end)
    early = late.taken(late.decided_at < AS_OF)
    came = int(((early.labels == LabelCode.FRAUD) & early.executed).sum())
    thought = sum(cohort.frauds_in_the_end or 0 for cohort in report().cohorts)
    known = sum(cohort.frauds for cohort in report().cohorts)
    assert known < came
    assert known < thought
    assert abs(thought - came) < 2 * came**0.5


def test_meters_count_what_the_world_reported_in_the_month() -> None:
    made, month = quarter(), datetime.fromtimestamp(DAY * 86_400, UTC).strftime("%Y-%m")
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC).timestamp() * 1000
    visa = [
        d
        for d in made.disputes
        if d.scheme == "visa" and start <= d.at < AS_OF and d.stage.value in ("fraud_notice", "chargeback")
    ]
    (reading,) = [
        each
        for each in report().meters
        if each.programme == "visa_vamp_acquirer" and each.level == "excessive"
    ]
    assert (reading.month, reading.subject) == (month, "bank")
    prevented = {d.payment_id for d in made.disputes if d.stage.value == "prevented"}
    kept = [d for d in visa if d.payment_id not in prevented]
    assert len(kept) <= reading.events.so_far <= len(visa)
    captured = {
        o.payment_id for o in made.outcomes if o.kind is OutcomeKind.CAPTURED and start <= o.at < AS_OF
    }
    by_visa = [p for p in made.payments if p.payment_id in captured and (p.method.bin or "").startswith("4")]
    at_distance = [
        p for p in by_visa if p.channel is not Channel.POS and p.method.kind.value in ("card", "wallet")
    ]
    assert reading.settled.so_far == len(at_distance)
    assert reading.settled.expected > reading.settled.so_far


def test_the_exemption_and_the_notes_are_there() -> None:
    (reading,) = report().exemption
    assert (reading.entity, reading.region, reading.currency) == ("ltd", "eea", "EUR")
    assert reading.paid.so_far > 0
    assert not any("No outcomes" in note for note in report().notes)


def test_rules_by_money_are_the_lines_of_the_statement() -> None:
    made = report()
    lines = {
        line.name: sum(line.net.values())
        for line in made.value.realised_reference.lines
        if line.kind == "rule"
    }
    assert {each.rule: each.realised for each in made.rules if each.realised} == {
        k: v for k, v in lines.items() if v
    }
    assert [each.realised + each.estimated for each in made.rules] == sorted(
        each.realised + each.estimated for each in made.rules
    )


def test_without_outcomes_the_report_says_so() -> None:
    made = quarter()
    payments = decided_payments(made.decisions, made.payments, [], made.labels, AS_OF)
    found = fraud_report(
        payments,
        card_activity(payments, reported_disputes([], payments, AS_OF)),
        None,
        DAY,
        ReportSettings("live"),
        COSTS,
        {},
        SHIPPED,
        RATES,
    )
    assert any("No outcomes" in note for note in found.notes)
    assert found.cohorts[0].payments
