"""Labels that come straight to the engine, as anybody may send them: for payments it never saw, before their
payment, contradicting each other. None is refused, none needs a look-up, and none is taken back.
"""

import msgspec
import numpy as np
import pytest

from models.messages.codec import encode
from models.messages.label import LabelValue
from models.messages.payment import Method, MethodKind
from tests.engine.engine_log import DAY, NOW, batch_of, label, record
from tests.engine.test_core import MakeCore, values_of

OTHER_CARD = Method(MethodKind.CARD, "tok_2", "411111", "FR")
LEARNED, SHARE = "card_frauds_learned_lifetime", "card_frauds_over_labels_30d"


def test_a_label_for_a_payment_never_seen_counts_for_its_entities(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    log = [record("p0"), encode(label("elsewhere")), record("p1"), record("other", method=OTHER_CARD)]
    assert values_of(make_core(), seed_controls, log, LEARNED) == [0, 1, 0]


def test_a_label_before_its_payment_counts_from_its_place_on_the_log(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    log = [record("p0"), encode(label("p1", known_at=NOW - DAY)), record("p1"), record("p2")]
    assert values_of(make_core(), seed_controls, log, LEARNED) == [0, 1, 1]


def test_labels_that_contradict_each_other_count_once_each_and_fraud_is_never_forgotten(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    legitimate = label("p0", label=LabelValue.LEGITIMATE)
    log = [record("p0"), encode(label("p0")), record("p1"), encode(legitimate), record("p2")]
    assert values_of(make_core(), seed_controls, log, LEARNED) == [0, 1, 1]
    assert values_of(make_core(), seed_controls, log, SHARE)[1:] == [1, 0.5]


@pytest.mark.parametrize("value", [LabelValue.UNKNOWN, LabelValue.FRIENDLY])
def test_friendly_and_unknown_are_no_fraud_and_no_label_of_the_shares(
    make_core: MakeCore, seed_controls: list[bytes], value: LabelValue
) -> None:
    log = [record("p0"), encode(label("p0", label=value)), record("p1")]
    assert values_of(make_core(), seed_controls, log, LEARNED) == [0, 0]
    assert np.isnan(values_of(make_core(), seed_controls, log, SHARE)).all()


def test_a_fraud_that_is_said_again_with_more_strength_is_one_fraud_however_much_later(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    later = record("p1", occurred_at=NOW + 40 * DAY)
    again = label("p0", known_at=NOW + 30 * DAY, source="chargeback")
    marked = msgspec.structs.replace(again, repeats=True)
    for said, learned in ((marked, 1), (again, 2)):
        batch = batch_of([record("p0"), encode(label("p0")), encode(said), later], step=20 * DAY)
        core = make_core()
        core.apply(batch_of(seed_controls))
        (block,) = core.apply(batch).vectors
        assert block.matrix[:, core.catalogue.names.index(LEARNED)].tolist() == [0, learned]
