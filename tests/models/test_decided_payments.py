"""Decided payments from messages, and the cells that meters are read from: by hand."""

from typing import Any

import pytest
from msgspec import structs

from models.decided_payments import (
    SUM_MAX,
    DecidedPayments,
    card_activity,
    decided_payments,
    reported_disputes,
)
from models.decided_payments.meter_cells import remote_cells
from models.messages import (
    Authentication,
    Channel,
    Decision,
    Dispute,
    DisputeStage,
    Label,
    LabelValue,
    Merchant,
    Method,
    MethodKind,
    Outcome,
    OutcomeKind,
    Payment,
    Phase,
    Tokens,
    Verdict,
    Versions,
)
from models.policy import DECLINE, VERDICTS
from models.units import DAY_MS, HOUR_MS
from models.verdict_value import LabelCode
from tests.models.decided_cases import decided as columns

METHOD = Method(MethodKind.CARD, "tok", "411111", "FR")
TOKENS = Tokens(METHOD, "shop")
K, P = OutcomeKind, Phase


def decision(verdict: Verdict = Verdict.APPROVE, sequence: int = 1, **changes: Any) -> Decision:
    made = Decision(
        "live", sequence, "acme", "p", 1, P.PRE_AUTH, verdict, 0.25, 0, (), 1_000, "EUR", 1_000,
        MethodKind.CARD, "shop", "FR", 5, 5, 10 + sequence, Versions("c", "m", "r", "p"),
    )  # fmt: skip
    return structs.replace(made, **changes)


def outcome(kind: OutcomeKind, at_ms: int, amount: int = 1_000) -> Outcome:
    return Outcome("acme", "p", kind, at_ms, 5, amount, "EUR", TOKENS)


def label(value: LabelValue, known_at: int, source: str = "chargeback") -> Label:
    return Label("acme", "p", value, known_at, 5, 1_000, "EUR", TOKENS, source=source)


def row(decisions: list[Decision], *events: Any, payments: tuple[Payment, ...] = ()) -> DecidedPayments:
    outcomes = [each for each in events if isinstance(each, Outcome)]
    labels = [each for each in events if isinstance(each, Label)]
    return decided_payments(decisions, payments, outcomes, labels, 1_000)


@pytest.mark.parametrize(
    ("verdicts", "counts"),
    [
        (["approve"], 0), (["approve", "approve"], 0), (["challenge", "approve"], 0),
        (["challenge", "decline"], 1), (["approve", "review"], 1), (["approve", "review", "approve"], 1),
        (["decline", "review"], 1),
    ],
)  # fmt: skip
def test_of_several_phases_the_last_that_did_not_approve_counts(verdicts: list[str], counts: int) -> None:
    phases = [P.PRE_AUTH, P.POST_3DS, P.POST_AUTH]
    made = [decision(Verdict(verdict), n, phase=phases[n]) for n, verdict in enumerate(verdicts)]
    repeated = [structs.replace(each, duplicate=True) for each in made]
    found = row([*made, *reversed(repeated)])
    assert len(found) == 1
    assert found.decided_at.tolist() == [10 + counts]
    assert VERDICTS[found.verdicts[0]].value == verdicts[counts]


@pytest.mark.parametrize(
    ("kinds", "let_through", "issuer_declined"),
    [
        ([(K.AUTHORISED, 1_000), (K.CAPTURED, 1_000)], True, False),
        ([(K.AUTHORISED, 1_000), (K.VOIDED, 1_000)], False, False),
        ([(K.DECLINED, 1_000)], False, True),
        ([(K.DECLINED, 1_000), (K.AUTHORISED, 1_000)], True, False),
        ([(K.CAPTURED, 1_000), (K.REFUNDED, 999)], True, False),
        ([(K.CAPTURED, 1_000), (K.REFUNDED, 500), (K.REFUNDED, 500)], False, False),
    ],
)
def test_what_went_through(
    kinds: list[tuple[OutcomeKind, int]], let_through: bool, issuer_declined: bool
) -> None:
    events = [outcome(kind, 20 + number, amount) for number, (kind, amount) in enumerate(kinds)]
    found = row([decision()], *events, *events)
    assert (found.let_through.tolist(), found.issuer_declined.tolist()) == ([let_through], [issuer_declined])


def test_without_any_outcome_what_was_approved_went_through() -> None:
    assert row([decision()]).let_through.tolist() == [True]
    assert row([decision(Verdict.REVIEW)]).let_through.tolist() == [False]


def test_an_approved_payment_without_an_outcome_that_is_fraud_went_through() -> None:
    other = decision(payment_id="q")
    heard = structs.replace(outcome(K.AUTHORISED, 20), payment_id="q")
    fraud = row([decision(), other], heard, label(LabelValue.FRAUD, 30))
    assert fraud.let_through.tolist() == [True, True]
    assert row([decision(), other], heard).let_through.tolist() == [False, True]
    refused = row([decision(), other], heard, label(LabelValue.FRAUD, 30), outcome(K.DECLINED, 20))
    assert refused.let_through.tolist() == [False, True]


def test_the_strongest_label_known_by_then_stands_and_fraud_is_known_since_its_first() -> None:
    notice = label(LabelValue.FRAUD, 100, "fraud_notice")
    review = label(LabelValue.LEGITIMATE, 200, "review")
    chargeback, late = label(LabelValue.FRAUD, 300), label(LabelValue.LEGITIMATE, 1_000, "arbitration")
    found = row([decision()], notice, review, chargeback, late)
    assert (found.labels.tolist(), found.known_at.tolist()) == ([LabelCode.FRAUD], [300])
    assert found.fraud_known_at.tolist() == [100]
    assert row([decision()], review).fraud_known_at.tolist() == [-1]


def test_what_is_known_later_changes_nothing() -> None:
    early = row([decision()], outcome(K.AUTHORISED, 1_000), label(LabelValue.FRAUD, 1_000))
    assert (early.authorised_at.tolist(), early.labels.tolist()) == ([-1], [LabelCode.NONE])
    assert len(row([decision(engine_time=1_000)])) == 0


def payment(**changes: Any) -> Payment:
    return structs.replace(Payment("acme", "p", 5, 1_000, "EUR", METHOD, Merchant("shop")), **changes)


def test_scheme_and_channel_are_the_payments_and_without_it_what_its_outcomes_say() -> None:
    at_shop = row([decision()], payments=(payment(channel=Channel.POS),))
    assert (at_shop.schemes.tolist(), at_shop.at_terminal.tolist()) == (["visa"], [True])
    from_outcome = row([decision()], outcome(K.CAPTURED, 20))
    assert (from_outcome.schemes.tolist(), from_outcome.at_terminal.tolist()) == (["visa"], [False])
    assert row([decision()]).schemes.tolist() == [None]


def test_sums_of_a_payment_end_where_no_number_can_overflow() -> None:
    huge = [outcome(kind, at, amount=2**62) for kind in (K.CAPTURED, K.REFUNDED) for at in (20, 30)]
    found = row([decision()], *huge)
    assert (found.captured.tolist(), found.refunded.tolist()) == ([SUM_MAX], [SUM_MAX])


def test_of_outcomes_of_one_kind_and_time_the_first_counts() -> None:
    """As in the warehouse, where the second one is repeated, whatever else it says."""
    found = row([decision()], outcome(K.CAPTURED, 20, 700), outcome(K.CAPTURED, 20, 300))
    assert found.captured.tolist() == [700]


def test_authentication_counts_in_whatever_phase_the_payment_states_it() -> None:
    """A payment that was challenged comes back with the result."""
    asked = payment()
    passed = payment(phase=P.POST_3DS, authentication=Authentication(three_ds_result="Y"))
    failed = payment(phase=P.POST_3DS, authentication=Authentication(three_ds_result="N"))
    challenged = [decision(Verdict.CHALLENGE)]
    for sent, authenticated in (((asked, passed), True), ((asked, failed), False), ((passed, asked), True)):
        assert row(challenged, payments=sent).authenticated.tolist() == [authenticated]


def test_of_outcomes_that_say_different_things_of_the_card_the_first_counts() -> None:
    """In every process: sets of them are ordered otherwise in each."""
    decisions, outcomes = [], []
    for number in range(40):
        name = f"p{number}"
        decisions.append(decision(sequence=number + 1, payment_id=name))
        for at_ms, digits in ((30, "555555"), (20, "411111")):
            other = Tokens(structs.replace(METHOD, bin=digits), "shop")
            outcomes.append(structs.replace(outcome(K.CAPTURED, at_ms), tokens=other, payment_id=name))
    assert set(row(decisions, *outcomes).bins.tolist()) == {"411111"}


def test_cells_of_the_meters() -> None:
    made = [decision(payment_id=f"p{n}", occurred_at=n * HOUR_MS, sequence=n + 1) for n in (0, 0, 1, 1)]
    made = [structs.replace(each, payment_id=f"p{n}") for n, each in enumerate(made)]
    made[3] = structs.replace(made[3], verdict=Verdict.DECLINE)
    paid = [payment(payment_id=f"p{n}", method=structs.replace(METHOD, token=f"t{n % 3}")) for n in range(4)]
    captured = [structs.replace(outcome(K.CAPTURED, n), payment_id=f"p{n}") for n in (1, 2)]
    found = decided_payments(made, paid, captured, [], DAY_MS)
    cells = card_activity(found, reported_disputes([], found, DAY_MS), "bank")
    assert cells.settled.payments.tolist() == [2]
    assert (cells.settled.acquirers.tolist(), cells.without_scheme) == (["bank"], 0)
    assert cells.attempts.attempts.tolist() == [4]
    assert cells.attempts.enumerated.tolist() == [0]
    assert found.verdicts.tolist()[3] == DECLINE
    remote = remote_cells(found, "ltd")
    assert (remote.paid.tolist(), remote.fraud.tolist(), remote.days.tolist()) == ([2_000], [0], [0])


def test_the_exemption_counts_a_fraud_whether_or_not_the_money_came_back() -> None:
    """Delegated Regulation (EU) 2018/389, Article 19(1)."""
    paid_back = outcome(K.CAPTURED, 20), outcome(K.REFUNDED, 21)
    found = row([decision()], *paid_back, label(LabelValue.FRAUD, 30))
    assert found.let_through.tolist() == [False]
    remote = remote_cells(found, "ltd")
    assert (remote.paid.tolist(), remote.fraud.tolist()) == ([1_000], [1_000])
    voided = row([decision()], outcome(K.AUTHORISED, 20), outcome(K.VOIDED, 21))
    assert remote_cells(voided, "ltd").paid.tolist() == []


def test_the_exemption_adds_up_values_that_64_bits_do_not_hold() -> None:
    large = {"amounts": 2**62, "day": 3}
    remote = remote_cells(columns([large, large, {**large, "labels": LabelCode.FRAUD}]), "ltd")
    assert (remote.paid.tolist(), remote.fraud.tolist()) == ([3 * 2**62], [2**62])


def test_attempts_that_try_cards_are_counted_among_all() -> None:
    made = [decision(Verdict.DECLINE, n, payment_id=f"p{n}", occurred_at=n) for n in range(6)]
    cards = [structs.replace(METHOD, token=f"t{n}") for n in range(6)]
    paid = [payment(payment_id=f"p{n}", device_id="d", method=cards[n]) for n in range(5)]
    paid.append(payment(payment_id="p5", device_id="e", method=cards[5]))
    found = decided_payments(made, paid, [], [], DAY_MS)
    cells = card_activity(found, reported_disputes([], found, DAY_MS)).attempts
    assert (cells.attempts.tolist(), cells.enumerated.tolist()) == ([6], [5])


def test_a_dispute_of_an_older_payment_gets_its_merchants_country() -> None:
    found = row([decision()])
    old = Dispute("acme", "old", "d", DisputeStage.CHARGEBACK, 50, 1, 9_900, "EUR", TOKENS, scheme="visa",
                  disputed_amount=100)  # fmt: skip
    strange = structs.replace(old, payment_id="x", tokens=Tokens(METHOD, "other"))
    later = structs.replace(old, payment_id="y", at=1_000)
    reported = reported_disputes([old, strange, later], found, 1_000)
    assert reported.countries.tolist() == [None, "FR"]
    assert reported.amounts.tolist() == [100, 100]
    assert card_activity(found, reported).without_country == 1
