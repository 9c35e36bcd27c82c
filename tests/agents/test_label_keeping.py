"""What the label agent does with evidence, without a broker."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels.maturity import Maturity
from models.labels.silence import Silence
from models.messages.codec import encode
from models.messages.dispute import DisputeStage
from models.messages.label import LabelValue
from models.messages.outcome import OutcomeKind, RefundReason
from models.units import MICRO
from streams.agents.dossier_store import DossierStore
from tests.agents.evidence_scene import DAY, NOW, PAID, TOKENS, Keeping, dispute, outcome, strongest, verdict

REFUNDED = {"kind": OutcomeKind.REFUNDED, "at": PAID + 9 * DAY}
LATER = PAID + 31 * DAY
"""A payment of then ends the silence of the others: 30 days, and a day of grace."""


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path)


def test_each_stage_on_the_way_is_sent_once(keeping: Keeping) -> None:
    notice = dispute("p", stage=DisputeStage.FRAUD_NOTICE, at=PAID + 5 * DAY, dispute_id="n")
    keeping.hear(
        notice, notice, dispute("p"), dispute("p", stage=DisputeStage.REPRESENTMENT, at=PAID + 25 * DAY)
    )
    keeping.hear(dispute("p"), verdict("p"))
    assert keeping.said() == [
        ("p", "fraud", "fraud_notice"),
        ("p", "fraud", "chargeback"),
        ("p", "friendly", "analyst"),
    ]
    assert {label.tokens for label in keeping.labels} == {TOKENS}
    assert [label.known_at - PAID for label in keeping.labels] == [5 * DAY, 20 * DAY, 30 * DAY]


def test_evidence_years_later_changes_the_label_after_restarts_and_from_the_ledger_alone(
    keeping: Keeping, tmp_path: Path
) -> None:
    keeping.hear(dispute("p"))
    keeping.restart()
    keeping.path = keeping.rebuilt(tmp_path)
    keeping.restart()
    keeping.hear(dispute("p", stage=DisputeStage.ARBITRATION, at=PAID + 900 * DAY))
    assert keeping.said() == [("p", "fraud", "chargeback"), ("p", "fraud", "arbitration")]


def test_a_process_that_dies_before_its_disk_goes_on_from_the_ledger(
    keeping: Keeping, tmp_path: Path
) -> None:
    keeping.hear(dispute("p"))
    keeping.hear(verdict("p"), outcome("q"), lost=True)
    keeping.path = keeping.rebuilt(tmp_path)
    keeping.restart()
    assert (keeping.store.position, keeping.store.pending) == (3, 1)
    keeping.hear(verdict("p"), outcome("q"))
    assert keeping.said() == [("p", "fraud", "chargeback"), ("p", "friendly", "analyst")]


MIXED = [
    outcome("p"),
    dispute("p", stage=DisputeStage.FRAUD_NOTICE, at=PAID + 5 * DAY, dispute_id="n"),
    dispute("p"),
    verdict("p"),
    outcome("p", **REFUNDED),
    outcome("q"),
    dispute("q", reason_code="13.1"),
    verdict("q", label=LabelValue.LEGITIMATE, at=PAID + 2 * DAY),
    dispute("r", reason_code=None),
    dispute("r", stage=DisputeStage.ARBITRATION, at=PAID + 90 * DAY),
    b"{",
]
STANDING = {"p": "friendly analyst", "q": "legitimate review", "r": "fraud arbitration"}


@settings(max_examples=12)
@given(st.permutations(MIXED), st.data())
def test_cuts_crashes_and_orders_end_in_the_same_labels(mixed: list[Any], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        keeping, at = Keeping(Path(folder)), 0
        while at < len(mixed):
            until = at + data.draw(st.integers(1, len(mixed)))
            lost = data.draw(st.booleans())
            keeping.hear(*mixed[at:until], lost=lost)
            if lost:
                keeping.store.close()
                keeping.path = keeping.rebuilt(Path(folder))
                keeping.restart()
                at = max(0, at - data.draw(st.integers(0, 3)))  # offsets lie further behind
                keeping.hear(*mixed[at:until])
            at = until
        held = keeping.store.get(f"1|4|acme|{id}" for id in STANDING)
        keeping.store.close()
    sent = {each.payment_id: each.sent for each in held.values() if each.sent is not None}
    assert {id: f"{label.label} {label.source}" for id, label in sent.items()} == STANDING
    assert strongest(keeping.labels) == STANDING


def test_an_agent_that_was_taken_over_from_does_not_write_over_what_came_after(keeping: Keeping) -> None:
    """Its last transaction stood, and was read from the ledger by the one that took over."""
    keeping.hear(dispute("p"))
    older = keeping.store.get(["1|4|acme|p"])["1|4|acme|p"]
    keeping.hear(verdict("p"))
    keeping.store.put({"1|4|acme|p": (older, None)}, 1)
    keeping.hear(dispute("p", stage=DisputeStage.ARBITRATION, at=PAID + 40 * DAY))
    assert keeping.store.position == 3
    assert len(keeping.store.get(["1|4|acme|p"])["1|4|acme|p"].facts) == 3


def test_silence_is_legitimate_for_captured_payments_that_were_not_paid_back(keeping: Keeping) -> None:
    keeping.hear(
        outcome("silent"),
        outcome("declined", kind=OutcomeKind.DECLINED),
        outcome("authorised", kind=OutcomeKind.AUTHORISED),
        outcome("voided"),
        outcome("voided", kind=OutcomeKind.VOIDED),
        outcome("paid back", amount=1_250),
        outcome("paid back", **REFUNDED),
        outcome("disputed"),
        dispute("disputed", reason_code="12.5", at=PAID + 2 * DAY),
    )
    keeping.hear(outcome("later", occurred_at=LATER - 1, at=LATER - 1))
    assert keeping.said() == [("disputed", "unknown", "dispute")], "a day too early"
    keeping.hear(outcome("later", occurred_at=LATER, at=LATER))
    assert keeping.said()[1:] == [("silent", "legitimate", "silence")]
    assert keeping.labels[-1].known_at == PAID + 30 * DAY
    assert keeping.store.pending == 1, "what is settled is closed"


def test_a_silence_that_was_judged_is_not_judged_again_when_its_records_come_again(tmp_path: Path) -> None:
    """Time was moved by a payment of which nothing is kept."""
    keeping = Keeping(tmp_path, Silence(age_days=30, watched_max=1))
    records = outcome("p"), outcome("later", occurred_at=LATER, at=LATER)
    keeping.hear(*records)
    keeping.restart()
    keeping.hear(*records)
    assert keeping.said() == [("p", "legitimate", "silence")]


def test_fraud_after_silence_replaces_it(keeping: Keeping) -> None:
    keeping.hear(outcome("p"))
    keeping.hear(outcome("later", occurred_at=LATER, at=LATER))
    keeping.hear(dispute("p", at=PAID + 60 * DAY))
    assert keeping.said() == [("p", "legitimate", "silence"), ("p", "fraud", "chargeback")]


def test_a_refund_as_fraud_is_a_label_even_of_a_payment_that_is_not_watched(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, Silence(share=0))
    keeping.hear(outcome("p"), outcome("p", **REFUNDED, refund_reason=RefundReason.FRAUDULENT))
    assert keeping.said() == [("p", "fraud", "refund")]


def test_watching_is_bounded_by_share_and_by_number(tmp_path: Path) -> None:
    captures = [outcome(f"p{number}") for number in range(1_000)]
    drawn = Keeping(tmp_path / "share", Silence(share=MICRO // 10))
    drawn.hear(*captures)
    assert 60 < drawn.store.pending < 140
    few = Keeping(tmp_path / "most", Silence(watched_max=7))
    few.hear(*captures[:5])
    few.hear(*captures)
    few.restart()
    few.hear(*captures)
    assert few.store.pending == 7
    assert few.keeper.unwatched == 993
    few.hear(dispute("p0"), outcome("p900"))
    assert few.store.pending == 7, "there was room for one again"


def test_silence_weighs_what_the_curve_says(tmp_path: Path) -> None:
    curve = Maturity.learn([0, 10, 20, 40], [100, 100, 100, 100])
    keeping = Keeping(tmp_path, Silence(age_days=30, maturity=curve, prior=0.02))
    keeping.hear(outcome("p"), outcome("later", occurred_at=LATER, at=LATER))
    assert [label.weight for label in keeping.labels] == [pytest.approx(0.98 / (0.98 + 0.02 / 4))]


def test_a_clock_ahead_of_ours_does_not_end_the_silence_of_others(keeping: Keeping) -> None:
    now = PAID + 31 * DAY - 1
    keeping.hear(outcome("p"), outcome("q", at=now + DAY // 2, occurred_at=now), now=now)
    assert (keeping.labels, keeping.parked) == ([], [])


def test_a_time_far_ahead_does_not_end_the_silence_of_others(keeping: Keeping) -> None:
    keeping.hear(outcome("p"), outcome("q", at=PAID + 900 * DAY), now=PAID + 2 * DAY)
    assert keeping.labels == []
    assert [parked.reason.value for parked in keeping.parked] == ["in_the_future"]


UNUSABLE = {
    "empty": b"",
    "invalid_json": b"{",
    "invalid_utf8": b'{"type": "\xff"}',
    "too_deep": b'{"type": "dispute", "x": ' + b"[" * 100_000,
    "unknown_type": encode(dispute("p")).replace(b'"dispute"', b'"disput"', 1),
    "invalid_field": encode(dispute("p")).replace(b'"chargeback"', b'"chargeforward"'),
    "card_number": encode(dispute("p", dispute_id="4111 1111 1111 1111")),
    "unknown_currency": dispute("p", currency="EUX"),
    "invalid_amount": dispute("p", amount=-1),
    "disputed_amount": dispute("p", disputed_amount=1251),
    "before_payment": dispute("p", at=PAID - DAY),
    "in_the_future": dispute("p", at=NOW + 2 * DAY),
    "currency_differs": verdict("known", currency="USD"),
}


@pytest.mark.parametrize("reason", UNUSABLE)
def test_what_cannot_be_used_is_parked_with_place_and_reason(keeping: Keeping, reason: str) -> None:
    keeping.hear(dispute("known"))
    raw = UNUSABLE[reason]
    keeping.hear(raw, dispute("other"))
    (parked,) = keeping.parked
    assert (parked.reason.value, parked.topic, parked.offset) == (reason, "test.disputes", 1)
    assert parked.detail
    assert b"4111 1111" not in msgspec.json.encode(parked) + (parked.payload or b"")
    if reason not in ("card_number", "empty"):
        assert parked.payload == (raw if isinstance(raw, bytes) else encode(raw))
    assert [label[0] for label in keeping.said()] == ["known", "other"], "and the others are labelled"


def test_what_the_engine_answers_on_outcomes_is_left_to_it(keeping: Keeping) -> None:
    unreadable = outcome("4111111111111111")
    keeping.hear(unreadable)
    assert (keeping.parked, keeping.ledger) == ([], [])


def test_a_store_of_another_ledger_or_a_damaged_one_starts_empty(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    keeping.hear(dispute("p"))
    keeping.store.close()
    assert DossierStore(keeping.path, "ledger-1").position == 1
    other = DossierStore(keeping.path, "ledger-2")
    assert (other.position, other.get(["1|4|acme|p"])) == (0, {})
    other.close()
    keeping.path.write_bytes(b"not a database" * 1_000)
    assert DossierStore(keeping.path, "ledger-2").position == 0


def test_a_store_damaged_within_starts_empty(tmp_path: Path) -> None:
    """Its first pages are whole: it opens, and would end the agent wherever the damage is met."""
    keeping = Keeping(tmp_path)
    keeping.hear(*(dispute(f"p{number}") for number in range(100)))
    keeping.store.close()
    whole = keeping.path.read_bytes()
    keeping.path.write_bytes(whole[:16_384] + b"\xff" * (len(whole) - 16_384))
    keeping.restart()
    assert (keeping.store.position, keeping.store.seen) == (0, 0)


def test_an_unknown_verdict_takes_the_payment_out(keeping: Keeping) -> None:
    keeping.hear(dispute("p"), verdict("p", label=LabelValue.UNKNOWN))
    assert [(label.label.value, label.weight) for label in keeping.labels] == [("fraud", 1), ("unknown", 0)]
