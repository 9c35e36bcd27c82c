"""Messages of evidence become one payment's dossier; what contradicts itself is refused."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels.dossier import (
    FACTS_MAX,
    Dossier,
    EvidenceMessage,
    UnusableEvidence,
    next_label,
    with_evidence,
)
from models.labels.facts import OutcomeFact
from models.labels.maturity import Maturity
from models.labels.silence import Silence, watches
from models.messages.dispute import DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import OutcomeKind
from tests.models.evidence import DAY, PAID, TOKENS, dispute, outcome, verdict

NOW = PAID + 100 * DAY
POOR = msgspec.structs.replace(TOKENS, customer_id=None)
MESSAGES: list[EvidenceMessage] = [
    dispute(),
    dispute(stage=DisputeStage.REVERSED, at=PAID + 50 * DAY, reason_code=None, tokens=POOR),
    dispute(dispute_id="d2", disputed_amount=500, reason_code="13.1", occurred_at=PAID - 5),
    verdict(),
    outcome(amount=700, tokens=POOR),
    outcome(kind=OutcomeKind.REFUNDED, at=PAID + 9 * DAY, amount=300),
]


def together(messages: list[EvidenceMessage]) -> Dossier:
    dossier = None
    for message in messages:
        dossier = with_evidence(dossier, message, NOW)
    assert dossier is not None
    return dossier


@given(st.permutations(MESSAGES), st.lists(st.sampled_from(MESSAGES), max_size=3))
def test_order_and_repetition_of_messages_do_not_matter(
    mixed: list[EvidenceMessage], again: list[EvidenceMessage]
) -> None:
    found = together([*mixed, *again])
    assert found == together(MESSAGES)
    assert (found.amount, found.occurred_at, found.tokens) == (1250, PAID - 5, TOKENS)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (dispute(disputed_amount=1251), "disputed_amount"),
        (dispute(disputed_amount=0), "disputed_amount"),
        (dispute(currency="EUX"), "unknown_currency"),
        (dispute(currency="USD"), "currency_differs"),
        (dispute(amount=-1), "invalid_amount"),
        (dispute(amount=10**12), "invalid_amount"),
        (dispute(at=PAID - 300_001), "before_payment"),
        (verdict(at=NOW + 2 * DAY), "in_the_future"),
    ],
)
def test_what_contradicts_itself_or_the_dossier_is_refused(message: EvidenceMessage, reason: str) -> None:
    with pytest.raises(UnusableEvidence) as refused:
        with_evidence(together(MESSAGES), message, NOW)
    assert refused.value.reason == reason


def test_a_dispute_is_not_kept_out_by_the_currency_of_a_capture() -> None:
    captured = with_evidence(None, outcome(amount=9_900, currency="USD"), NOW)
    found = with_evidence(captured, dispute(), NOW)
    assert (found.amount, found.currency, len(found.facts)) == (1250, "EUR", 2)
    with pytest.raises(
        UnusableEvidence, match="currency USD where earlier evidence on this payment says EUR"
    ):
        with_evidence(found, outcome(kind=OutcomeKind.REFUNDED, currency="USD"), NOW)
    with pytest.raises(
        UnusableEvidence, match="currency EUR where earlier evidence on this payment says USD"
    ):
        with_evidence(captured, outcome(kind=OutcomeKind.REFUNDED), NOW)


def test_a_clock_a_little_behind_is_no_contradiction() -> None:
    dossier = together([dispute(at=PAID - 300_000)])
    assert [fact.at for fact in dossier.facts] == [PAID], "and no delay is negative"


def test_a_loop_that_sends_evidence_without_end_is_refused() -> None:
    dossier = together([dispute(dispute_id=f"d{number}") for number in range(FACTS_MAX)])
    assert with_evidence(dossier, dispute(dispute_id="d7"), NOW) == dossier, "what is known may come again"
    with pytest.raises(UnusableEvidence, match="500 pieces of evidence"):
        with_evidence(dossier, verdict(), NOW)


def test_a_label_carries_its_payments_entities_and_is_sent_once() -> None:
    found = next_label(together([dispute()]))
    assert found is not None
    dossier, label = found
    assert label == Label(
        "acme", "p1", LabelValue.FRAUD, PAID + 20 * DAY, PAID, 1250, "EUR", TOKENS, source="chargeback"
    )
    assert next_label(dossier) is None


def test_a_value_that_was_sent_before_says_so() -> None:
    dossier, repeats = None, []
    arbitration = dispute(stage=DisputeStage.ARBITRATION, at=PAID + 60 * DAY)
    for message in (dispute(stage=DisputeStage.FRAUD_NOTICE), dispute(), verdict(), arbitration):
        found = next_label(with_evidence(dossier, message, NOW))
        assert found is not None
        dossier, label = found
        repeats.append((label.label.value, label.repeats))
    assert repeats == [("fraud", False), ("fraud", True), ("friendly", False), ("fraud", True)]


def test_silence_is_watched_for_payments_that_are_drawn_and_not_over() -> None:
    dossier = together([outcome()])
    silence = Silence(age_days=30)
    assert watches(silence, dossier, PAID + DAY)
    assert watches(silence, dossier, PAID + 31 * DAY - 1)
    assert not watches(silence, dossier, PAID + 31 * DAY)
    assert not watches(Silence(share=0), dossier, PAID)
    assert not watches(silence, together([dispute()]), PAID), "it is not silent"


def silence_weight(**more: Any) -> float:
    label = Silence(**more).label(together([outcome()]), PAID + 30 * DAY)
    assert label is not None
    return label.weight


def test_a_young_silence_weighs_less() -> None:
    curve = Maturity.learn([0, 10, 20, 40], [100, 100, 100, 100])
    assert silence_weight(age_days=30) == 1.0
    assert silence_weight(age_days=30, maturity=curve, prior=0.02) == pytest.approx(0.98 / (0.98 + 0.02 / 4))


def test_a_refund_for_a_reason_of_a_processors_own_is_heard_as_a_refund() -> None:
    refund = outcome(kind=OutcomeKind.REFUNDED, refund_reason="expired_uncaptured_charge")
    (fact,) = together([refund]).facts
    assert isinstance(fact, OutcomeFact)
    assert (fact.kind, fact.refund_reason) == (OutcomeKind.REFUNDED, None)
