"""The stated formula gives the bytes a state really takes."""

import pytest

from features.catalogue import CATALOGUE, LIFETIME, Catalogue, Entity, Family
from features.catalogue import measures as m
from features.state.sizes import log_sizes
from features.state.state import FeatureState
from tests.support.event_logs import DAY, MINUTE, START, attempt, columns
from tests.support.parity import batch

LONE = Catalogue(
    [Entity("card", "alone")],
    [
        Family("card", m.PAYMENT_COUNT, ("1h", "30d", "365d", LIFETIME)),
        Family("card", m.AMOUNT_SUM, ("7d",)),
        Family("card", m.DISTINCT, ("24h",), other="device"),
        Family("card", m.DISTINCT, ("24h",), other="ip"),
    ],
)


@pytest.mark.parametrize("events", [1, 2, 3, 31, 33, 1000, 1024, 1025, 3000])
def test_a_log_takes_what_the_formula_says(events: int) -> None:
    state = FeatureState.empty(LONE)
    batch(state, columns([attempt(START + n * MINUTE, card=7, device=n % 5) for n in range(events)]))
    (size,) = log_sizes(LONE)
    days = len({(START + n * MINUTE) // DAY for n in range(events)})
    assert state.bytes_used == size.bytes(events, days)


def test_every_kind_of_log_has_its_size() -> None:
    sizes = {(size.entity, size.stream): size for size in log_sizes(CATALOGUE)}
    assert sizes["card", "attempt"].bytes(1, 1) < 512
    assert sizes["merchant", "cohort"].bytes(10**6) == sizes["merchant", "cohort"].bytes(1)
    assert sizes["card_device", "attempt"].bytes(1) <= 160
