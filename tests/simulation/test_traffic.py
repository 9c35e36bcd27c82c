"""Traffic is in order, complete, and the same however it is cut."""

from collections import Counter
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.dead_letter import DeadLetterReason
from models.messages.label import Label
from models.messages.payment import Payment
from simulation.traffic.breakage import BREAKAGES
from simulation.traffic.delivery import deliveries_of, delivery_of
from simulation.traffic.parameters import TrafficParameters
from simulation.traffic.payments import BLOCK, SimulatedPayments
from simulation.traffic.traffic import LABEL_FROM, SECOND_REACH, Sending, SentMessage, Traffic

SIMULATED = SimulatedPayments(
    TrafficParameters(11, duplicates=50, conflicts=20, malformed=50), start_ms=1_767_225_600_000
)
COUNT = 3_000
LONG = 20_000


def _sent(cuts: list[int], traffic: Traffic | None = None) -> list[SentMessage]:
    traffic = traffic or Traffic(SIMULATED, labels=True)
    batches = [traffic.batch(start, stop - start) for start, stop in pairwise(cuts)]
    return [message for batch in [*batches, traffic.rest(cuts[-1])] for message in batch.messages]


TRAFFIC = Traffic(SIMULATED, labels=True)
WHOLE = _sent([0, COUNT])
LONG_RUN = _sent([0, LONG])
PLACES = {
    message.key: place
    for place, message in enumerate(LONG_RUN)
    if message.sending in (Sending.PAYMENT, Sending.MALFORMED)
}


@settings(max_examples=20)
@given(cuts=st.sets(st.integers(1, COUNT - 1), max_size=6))
def test_where_it_is_cut_does_not_matter(cuts: set[int]) -> None:
    assert _sent([0, *sorted(cuts), COUNT], TRAFFIC) == WHOLE


def test_any_stretch_can_be_made_without_what_goes_before_it() -> None:
    first = BLOCK + 4_000
    alone = Traffic(SIMULATED, labels=True).batch(first, 500)
    end = next(place for place, m in enumerate(LONG_RUN) if m.due >= first + 500)
    assert alone.messages == LONG_RUN[end - len(alone) : end]


def test_a_run_that_goes_on_where_another_ended_sends_nothing_again() -> None:
    before = _sent([0, 10_000], Traffic(SIMULATED))
    after = _sent([10_000, LONG], Traffic(SIMULATED, first=10_000))
    whole = _sent([0, LONG], Traffic(SIMULATED))
    assert Counter(before + after) == Counter(whole)


def test_every_position_is_sent_once_as_payment_or_broken_and_marked_ones_again() -> None:
    own = [m.key for m in WHOLE if m.sending in (Sending.PAYMENT, Sending.MALFORMED)]
    truths = deliveries_of(own)
    assert own == [payment.payment_id for payment in SIMULATED.payments(0, COUNT)]
    for sending, marked in (
        (Sending.DUPLICATE, [truth.duplicated for truth in truths]),
        (Sending.CONFLICT, [truth.conflicting for truth in truths]),
    ):
        again = Counter(m.key for m in WHOLE if m.sending is sending)
        assert again == Counter(key for key, mark in zip(own, marked, strict=True) if mark)


def test_second_sendings_come_later_within_reach_with_the_same_bytes_or_in_conflict() -> None:
    count = 0
    for place, message in enumerate(LONG_RUN):
        if message.sending not in (Sending.DUPLICATE, Sending.CONFLICT):
            continue
        count += 1
        assert 0 < place - PLACES[message.key] < SECOND_REACH * 1.3
        first = LONG_RUN[PLACES[message.key]].value
        assert (first == message.value) == (message.sending is Sending.DUPLICATE)
        if message.sending is Sending.CONFLICT:
            decode = msgspec.json.Decoder(Payment).decode
            assert abs(decode(first).amount - decode(message.value).amount) == 1
    assert count > 1_000


def test_broken_messages_are_recognised_from_their_id() -> None:
    for message in WHOLE:
        if message.sending in (Sending.PAYMENT, Sending.MALFORMED):
            assert message.reason == delivery_of(message.key).reason
            assert (message.sending is Sending.MALFORMED) == (message.reason is not None)


def test_labels_of_frauds_come_late_and_tell_the_truth() -> None:
    places = [place for place, message in enumerate(LONG_RUN) if message.sending is Sending.LABEL]
    labels = [msgspec.json.decode(LONG_RUN[place].value, type=Label) for place in places]
    assert len(labels) > 100
    truths = deliveries_of([label.payment_id for label in labels])
    for place, label, truth in zip(places, labels, truths, strict=True):
        assert (label.label == "fraud") == truth.fraud
        assert place - PLACES[label.payment_id] > LABEL_FROM
        assert label.tokens.method is not None
    early = list(PLACES)[: LONG - 12_288]
    frauds = {key for key, truth in zip(early, deliveries_of(early), strict=True)
              if truth.fraud and truth.malformed is None}  # fmt: skip
    assert frauds <= {label.payment_id for label in labels}


def test_expected_reasons_add_up_to_the_refused_messages() -> None:
    batch = TRAFFIC.batch(0, 2 * BLOCK)
    sendings = batch.sendings
    assert batch.reasons.total() == sendings[Sending.MALFORMED] + sendings[Sending.CONFLICT]
    assert set(batch.reasons) == {breakage.reason for breakage in BREAKAGES} | {DeadLetterReason.CONFLICT}
