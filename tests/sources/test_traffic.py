"""Traffic is in order, complete, and the same however it is cut."""

from collections import Counter
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.label import Label
from simulation.breakage import BREAKAGES
from simulation.simulator import Simulator, story_of
from simulation.traffic import AGAIN_REACH, LABEL_FROM, Batch, Sending, Traffic

SIMULATOR = Simulator(11, start_ms=1_767_225_600_000, duplicates=0.05, malformed=0.05)
COUNT = 3_000
LONG = 15_000


def _sent(cuts: list[int], labels: bool = True) -> list[tuple[Sending, str, bytes]]:
    traffic = Traffic(SIMULATOR, labels)
    batches: list[Batch] = []
    for start, stop in pairwise(cuts):
        batches.append(traffic.batch(start, stop - start))
    batches.append(traffic.rest())
    return [message for b in batches for message in zip(b.sendings, b.keys, b.values, strict=True)]


WHOLE = _sent([0, COUNT])


@settings(max_examples=20)
@given(cuts=st.sets(st.integers(1, COUNT - 1), max_size=6))
def test_where_it_is_cut_does_not_matter(cuts: set[int]) -> None:
    assert _sent([0, *sorted(cuts), COUNT]) == WHOLE


def test_every_index_is_sent_once_as_payment_or_broken_and_marked_ones_again() -> None:
    own = [key for sending, key, _ in WHOLE if sending in (Sending.PAYMENT, Sending.MALFORMED)]
    again = Counter(key for sending, key, _ in WHOLE if sending is Sending.DUPLICATE)
    assert own == [SIMULATOR.payment_id(index) for index in range(COUNT)]
    assert again == Counter(key for key in own if story_of(key).duplicated)


def test_second_sendings_have_the_same_bytes_and_come_later_within_reach() -> None:
    first: dict[str, tuple[int, bytes]] = {}
    seen = 0
    for place, (sending, key, value) in enumerate(_sent([0, LONG], labels=False)):
        if sending is Sending.DUPLICATE:
            assert first[key][1] == value
            assert 0 < place - first[key][0] < AGAIN_REACH * 1.2
            seen += 1
        else:
            first[key] = (place, value)
    assert seen > 500


def test_broken_messages_are_recognised_from_their_id() -> None:
    for sending, key, _ in WHOLE:
        if sending is not Sending.LABEL:
            assert (sending is Sending.MALFORMED) == (story_of(key).malformed is not None)


def test_labels_of_frauds_come_late_and_tell_the_truth() -> None:
    messages = _sent([0, LONG])
    place = {key: at for at, (sending, key, _) in enumerate(messages) if sending is Sending.PAYMENT}
    labels = [
        (at, msgspec.json.decode(value, type=Label)) for at, (s, _, value) in enumerate(messages) if s == 3
    ]
    assert len(labels) > 100
    for at, label in labels:
        assert (label.label == "fraud") == story_of(label.payment_id).fraud
        assert at - place[label.payment_id] > LABEL_FROM


def test_expected_reasons_add_up_to_the_broken_messages() -> None:
    batch = Traffic(SIMULATOR).batch(0, COUNT)
    assert sum(batch.reasons.values()) == batch.sendings.count(Sending.MALFORMED)
    assert set(batch.reasons) == {reason for _, reason, _ in BREAKAGES}
