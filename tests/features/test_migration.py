"""A state of an older catalogue taken over: what both keep reads on, what is new fills, and until when."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from features.catalogue import ENTITIES, FAMILIES, LIFETIME, Catalogue, Family
from features.catalogue import measures as m
from features.columns.events import Stream
from features.state.state import FeatureState
from models.messages.label import LabelValue
from tests.support.event_logs import DAY, HOUR, MINUTE, START, Event, attempt, columns, cut, label, random_log
from tests.support.parity import batch, restored, same_bits

RUNS = (m.HOURS_SINCE_CLEARED, m.FRAUDS_SINCE_CLEARED, m.HOURS_SINCE_FRAUDS_BEGAN)
ADDED = (
    Family("card", m.PAYMENT_COUNT, ("3m", "20d", "60d")),
    Family("card", m.DISTINCT, ("7d",), other="network"),
    Family("card", m.AUTHENTICATED_COUNT, ("7d",)),
    Family("network", m.AMOUNT_SUM, ("1h",)),
    Family("network", m.HOURS_SINCE_FIRST),
    Family("merchant", m.PAYMENT_COUNT, ("2d", "20d")),
    Family("card_device", m.DECLINED_COUNT, ("24h",)),
    Family("email_device", m.COHORT_FRAUD_RATE, ("120d",)),
)
OLD = Catalogue(ENTITIES, tuple(f for f in FAMILIES if f.measure not in RUNS))
NEW = Catalogue(ENTITIES, tuple(f for f in FAMILIES if f.entity != "address") + ADDED)
NARROW = Catalogue(
    ENTITIES,
    [Family("card", m.PAYMENT_COUNT, ("24h",)), Family("card", m.HOURS_SINCE_LAST)],
)
WIDER = Catalogue(
    ENTITIES,
    [*NARROW.families, Family("card", m.PAYMENT_COUNT, ("3d", "90d", LIFETIME))],
)


def _continued(
    old: Catalogue, new: Catalogue, log: Sequence[Event], half: int
) -> tuple[FeatureState, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The state taken over at `half` after the rest of the log, its vectors there, and those of a state that
    had the new catalogue from the start."""
    events = columns(log)
    before, after = cut(events, 0, half), cut(events, half, len(log))
    first, throughout = FeatureState.empty(old), FeatureState.empty(new)
    batch(first, before)
    batch(throughout, before)
    taken_over = FeatureState.from_arrays(new, first.arrays())
    taken_over = restored(taken_over)
    return taken_over, batch(taken_over, after), batch(throughout, after)


@pytest.mark.parametrize(("seed", "keys"), [(0, 1), (1, 4), (2, 30)])
def test_what_both_keep_reads_on_and_what_is_new_is_right_once_full(seed: int, keys: int) -> None:
    log = random_log(NEW, seed, 6_000, keys=keys, gap_ms=30 * MINUTE)
    half = 3_000
    state, found, wanted = _continued(OLD, NEW, log, half)
    at = np.array([event.at for event in log[half:] if event.stream == Stream.ATTEMPT])
    same = same_bits(found, wanted)
    full_at = dict(zip((feature.name for feature in NEW.features), state.full_times.tolist(), strict=True))
    for column, feature in enumerate(NEW.features):
        kept = feature.name in OLD.names
        assert (full_at[feature.name] == 0) >= kept
        if kept or feature.window_ms:
            assert same[at >= full_at[feature.name], column].all(), feature.name
    assert not same.all()


def test_a_new_window_is_filled_from_what_the_log_still_holds() -> None:
    log = [attempt(START + n * HOUR, card=1) for n in range(48)]
    state, found, wanted = _continued(NARROW, WIDER, log, 40)
    column = [feature.name for feature in WIDER.features].index("card_payment_count_3d")
    assert wanted[0, column] == 40
    assert found[0, column] == 24
    assert state.full_at == log[39].at + 89 * DAY
    assert found[0, WIDER.names.index("card_payment_count_lifetime")] == 40


def test_since_when_a_label_is_known_begins_with_the_take_over_where_it_was_not_kept() -> None:
    """Shares of the same labels are complete at once: their totals were kept."""
    shares = Family("card", m.FRAUD_SHARE_OF_LABELS, ("30d",))
    ever = Family("card", m.FRAUD_SHARE_OF_LABELS, ("7d", LIFETIME))
    since = [Family("card", measure) for measure in RUNS]
    old, new = Catalogue(ENTITIES, [shares]), Catalogue(ENTITIES, [shares, ever, *since])
    fraud, legitimate = LabelValue.FRAUD, LabelValue.LEGITIMATE
    log = [
        *(label(START + n * HOUR, value, card=1) for n, value in enumerate((legitimate, fraud, fraud))),
        attempt(START + 3 * HOUR, card=1),
        *(label(START + n * HOUR, value, card=1) for n, value in ((4, legitimate), (5, fraud))),
        attempt(START + 6 * HOUR, card=1),
    ]
    state, found, wanted = _continued(old, new, log, 3)
    assert found[:, :3].tolist() == wanted[:, :3].tolist() == [[2 / 3] * 3, [3 / 5] * 3]
    assert wanted[:, 3:].tolist() == [[3, 2, 2], [2, 1, 1]]
    assert same_bits(found[:, 3:], np.array([[np.nan, 0, np.nan], [2, 1, 1]])).all()
    assert state.full_times.tolist() == [0, 0, 0, *[log[2].at + 30 * DAY] * 3]


def test_runs_go_on_where_the_log_kept_them() -> None:
    kept = [Family("card", measure) for measure in RUNS]
    old = Catalogue(ENTITIES, [*kept, Family("card", m.HOURS_SINCE_FRAUD)])
    new = Catalogue(ENTITIES, [Family("card", m.FRAUD_COUNT, ("7d",)), *kept[::-1]])
    log = [label(START, LabelValue.FRAUD, card=1), attempt(START + HOUR, card=1)]
    state, found, wanted = _continued(old, new, log, 1)
    assert same_bits(found[:, 1:], wanted[:, 1:]).all()
    assert found[0, 1:3].tolist() == [1, 1]
    assert state.full_times.tolist() == [START + 7 * DAY, 0, 0, 0]


def test_a_state_of_the_same_catalogue_is_full() -> None:
    state = FeatureState.empty(NARROW)
    batch(state, columns([attempt(START, card=1)]))
    assert FeatureState.from_arrays(NARROW, state.arrays()).full_at == 0


def test_taking_over_twice_keeps_the_first_times() -> None:
    state = FeatureState.empty(NARROW)
    batch(state, columns([attempt(START, card=1)]))
    once = FeatureState.from_arrays(WIDER, state.arrays())
    batch(once, columns([attempt(START + DAY, card=1)]))
    again = FeatureState.from_arrays(NARROW, once.arrays())
    assert again.full_at == 0
    assert FeatureState.from_arrays(WIDER, once.arrays()).full_at == START + 89 * DAY
