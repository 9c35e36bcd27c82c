"""What follows a verdict: nothing, a challenge's end, an analyst, or a payment's whole life."""

import numpy as np
import pytest

from models.messages.codec import decode_input, encode
from models.messages.decision import Verdict
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.outcome import Outcome, OutcomeKind
from models.messages.payment import Payment
from models.units import DAY_MS
from simulation.aftermath.aftermath import ScheduledMessage
from simulation.aftermath.potential_outcomes import NEVER, DisputeClaim
from simulation.payments.columns import Scenario, joined
from simulation.world.world import World
from tests.simulation.worlds import START, month, potential_outcomes, world

PAID = month(60)
OUTCOMES = potential_outcomes(60)
PAYMENTS = world().spelled(PAID)


def life(verdict: Verdict, rows: np.ndarray) -> list[tuple[Payment, list[ScheduledMessage]]]:
    """These payments and what follows the verdict."""
    payments = [PAYMENTS[row] for row in rows.tolist()]
    return list(zip(payments, world().aftermaths(payments, [verdict] * len(payments)), strict=True))


def kinds(dues: list[ScheduledMessage]) -> list[OutcomeKind]:
    return [due.message.kind for due in dues if isinstance(due.message, Outcome)]


ALL = np.arange(len(PAYMENTS))
FRAUD = np.flatnonzero(PAID.fraud)


def test_nothing_follows_a_decline() -> None:
    assert all(not dues for _, dues in life(Verdict.DECLINE, ALL))


def test_an_approved_payment_is_answered_by_the_issuer_first() -> None:
    for _, dues in life(Verdict.APPROVE, ALL):
        first, *rest = kinds(dues)
        assert first in (OutcomeKind.AUTHORISED, OutcomeKind.DECLINED)
        if first is OutcomeKind.DECLINED:
            assert len(dues) == 1
            assert getattr(dues[0].message, "decline_group", None) is not None
        else:
            assert rest[0] in (OutcomeKind.CAPTURED, OutcomeKind.VOIDED)


def test_messages_come_after_their_payment_in_order_and_carry_it() -> None:
    for verdict in Verdict:
        for payment, dues in life(verdict, FRAUD):
            times = [due.at_ms for due in dues]
            assert times == sorted(times)
            for due in dues:
                message = due.message
                assert due.at_ms == message.at > payment.occurred_at == message.occurred_at
                assert message.payment_id == payment.payment_id
                assert message.tokens.method == payment.method
                assert due.role == ("outcomes" if isinstance(message, Outcome) else "disputes")


def test_the_same_verdict_has_the_same_aftermath_asked_alone() -> None:
    payment, dues = next(pair for pair in life(Verdict.APPROVE, FRAUD) if len(pair[1]) > 3)
    assert world().aftermath(payment, Verdict.APPROVE) == dues


def test_every_kind_of_message_can_be_read_back() -> None:
    outcomes = {type(due.message): due.message for _, dues in life(Verdict.REVIEW, ALL[:500]) for due in dues}
    assert {Outcome, AnalystVerdict} <= set(outcomes)
    assert decode_input(encode(outcomes[Outcome])) == outcomes[Outcome]


def test_a_challenge_stops_most_fraud_and_few_customers() -> None:
    passed = {
        fraud: np.mean(
            [OutcomeKind.AUTHENTICATED in kinds(dues) for _, dues in life(Verdict.CHALLENGE, rows)]
        )
        for fraud, rows in ((True, FRAUD), (False, np.flatnonzero(~PAID.fraud)))
    }
    assert passed[True] < 0.3
    assert passed[False] > 0.88
    takeover = np.flatnonzero(PAID.fraud & (PAID.scenario == Scenario.ACCOUNT_TAKEOVER))
    through = [OutcomeKind.AUTHENTICATED in kinds(dues) for _, dues in life(Verdict.CHALLENGE, takeover)]
    assert any(through)


def test_who_fails_a_challenge_does_not_pay() -> None:
    for _, dues in life(Verdict.CHALLENGE, ALL):
        if OutcomeKind.AUTHENTICATED not in kinds(dues):
            assert kinds(dues) in ([], [OutcomeKind.AUTHENTICATION_FAILED])
            assert all(due.role == "outcomes" for due in dues)


def test_the_issuer_bears_fraud_that_passed_a_challenge_and_still_reports_it() -> None:
    reported = np.flatnonzero(OUTCOMES.claim == DisputeClaim.FRAUD)
    stages = [
        [due.message.stage for due in dues if isinstance(due.message, Dispute)]
        for _, dues in life(Verdict.CHALLENGE, reported)
        if OutcomeKind.CAPTURED in kinds(dues)
    ]
    assert stages
    assert all(found == [DisputeStage.FRAUD_NOTICE] for found in stages)


def test_a_review_ends_with_an_analysts_verdict_and_seldom_lets_fraud_through() -> None:
    paid = 0
    for _, dues in life(Verdict.REVIEW, FRAUD):
        assert isinstance(dues[0].message, AnalystVerdict)
        paid += len(dues) > 1
    assert paid < len(FRAUD) / 3


def test_reason_codes_are_the_schemes_own() -> None:
    codes: dict[tuple[str | None, bool], set[str | None]] = {}
    for row, (_, dues) in enumerate(life(Verdict.APPROVE, ALL)):
        for due in dues:
            if isinstance(due.message, Dispute):
                fraud = OUTCOMES.claim[row] == DisputeClaim.FRAUD
                codes.setdefault((due.message.scheme, bool(fraud)), set()).add(due.message.reason_code)
    assert codes["visa", True] <= {"10.4", "10.5"}
    assert codes["mastercard", True] <= {"4837", "4849"}
    assert codes["visa", False] <= {"13.1", "13.3", "13.6"}
    assert codes["mastercard", False] == {"4853"}


def test_disputes_go_through_stages_in_order() -> None:
    endings = {DisputeStage.ACCEPTED, DisputeStage.EXPIRED, DisputeStage.REVERSED, DisputeStage.ARBITRATION,
               DisputeStage.PREVENTED}  # fmt: skip
    seen = set()
    for _, dues in life(Verdict.APPROVE, np.flatnonzero(OUTCOMES.chargeback_at != NEVER)):
        stages = [due.message.stage for due in dues
                  if isinstance(due.message, Dispute) and due.message.dispute_id.endswith("-d")]  # fmt: skip
        seen |= set(stages)
        if stages:
            assert stages[-1] in endings
            assert sum(stage in endings for stage in stages) == 1
    assert {DisputeStage.CHARGEBACK, DisputeStage.REPRESENTMENT, DisputeStage.ACCEPTED} <= seen


def test_evidence_comes_after_days_or_weeks_with_a_long_tail() -> None:
    at, done = month(60, 0.1, 12, 1200), potential_outcomes(60, 0.1, 12, 1200)
    notice = (done.notice_at - at.occurred_at)[done.notice_at != NEVER] / DAY_MS
    chargeback = (done.chargeback_at - at.occurred_at)[done.chargeback_at != NEVER] / DAY_MS
    assert 4 < np.median(notice) < 7
    assert 18 < np.median(chargeback) < 27
    for delays, most in ((notice, 100), (chargeback, 121)):
        assert delays.min() > 0.25
        assert delays.max() < most
        assert np.log(delays).std() == pytest.approx(0.8, abs=0.15)
        assert np.quantile(delays, 0.95) > 3 * np.median(delays)


def test_some_fraud_is_never_reported_and_some_honest_payments_are() -> None:
    assert 0.6 < (OUTCOMES.claim == DisputeClaim.FRAUD)[PAID.fraud].mean() < 0.95
    liars = (OUTCOMES.claim == DisputeClaim.FRAUD) & ~PAID.fraud
    assert 0 < liars.mean() < 0.003
    assert (OUTCOMES.scenario[liars] == Scenario.FRIENDLY_FRAUD).all()
    assert OUTCOMES.friendly[liars].all()


def test_an_attack_that_the_issuer_declines_wholly_has_no_captured_payment() -> None:
    attacked = World(5, START, per_day=6_000, days=30, fraud=0.2)
    paid = joined([attacked.columns(5), attacked.columns(20)])
    attack = np.flatnonzero(paid.scenario == Scenario.BIN_ATTACK)
    done, groups = attacked.potential_outcomes(paid), paid.group[attack]
    stopped = done.group[attack] >= 0
    wholly = [group for group in np.unique(groups).tolist() if stopped[groups == group].all()]
    assert wholly
    rows = attack[np.isin(groups, wholly)]
    payments = attacked.spelled(paid.taken(rows))
    for dues in attacked.aftermaths(payments, [Verdict.APPROVE] * len(payments)):
        assert kinds(dues) == [OutcomeKind.DECLINED]
    assert len(np.unique(groups)) > len(wholly), "other attacks get something through"


def test_refund_abuse_is_refunded_and_bad_faith_but_no_fraud() -> None:
    rows = np.flatnonzero(OUTCOMES.scenario == Scenario.REFUND_ABUSE)
    assert len(rows) > 3
    assert not PAID.fraud[rows].any()
    assert OUTCOMES.friendly[rows].all()
    captured = rows[OUTCOMES.captured_at[rows] != NEVER]
    assert (OUTCOMES.refunded_at[captured] != NEVER).all()
