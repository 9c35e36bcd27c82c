"""The state's invariants: nothing but the events and their order shows in vectors and logical hash."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, Catalogue
from features.columns.events import TOKENS, Stream
from features.errors import InputError, SnapshotRefusedError, StateFullError
from features.kernel.layout import RUNNING
from features.state import snapshot
from features.state import state as feature_state
from features.state.state import FeatureState
from models.messages.label import LabelValue
from models.messages.outcome import OutcomeKind
from tests.support.event_logs import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Event,
    attempt,
    columns,
    cuts,
    label,
    logs,
    outcome,
    random_log,
    with_tokens,
)
from tests.support.examples import examples
from tests.support.parity import assert_same_bits, batch, kernel_vectors, parts, restored
from tests.support.sample_catalogues import BUSY, CATALOGUES, NARROW, OWN

ONE = [attempt(START, card=1, customer=2, device=3, ip=4, merchant=5)]
THIRDS = (0.3, 0.4, 0.3)


@given(st.data())
@examples(50)
def test_restoring_between_batches_changes_neither_vectors_nor_hash(data: st.DataObject) -> None:
    catalogue = data.draw(st.sampled_from([*CATALOGUES.values()]))
    log = data.draw(logs(catalogue))
    whole, often = FeatureState.empty(catalogue), FeatureState.empty(catalogue)
    expected = kernel_vectors(whole, log)
    rows = []
    for part in parts(columns(log), data.draw(cuts(log))):
        rows.append(batch(often, part))
        often = restored(often)
    assert_same_bits(np.concatenate(rows), expected, catalogue)
    assert often.logical_hash() == whole.logical_hash()
    assert often.engine_time == whole.engine_time == log[-1].at


@pytest.mark.parametrize("kept", [False, True], ids=["in-memory", "restored-between"])
@pytest.mark.parametrize(
    ("catalogue", "keys", "gap_ms"),
    [(CATALOGUE, 4, MINUTE), (CATALOGUE, 900, HOUR), (BUSY, 2, 3 * MINUTE), (OWN, 3, 12 * HOUR)],
)
def test_batches_of_any_size_give_equal_vectors_and_hashes(
    catalogue: Catalogue, keys: int, gap_ms: int, kept: bool
) -> None:
    size = 1_500
    events = columns(random_log(catalogue, 9, size, keys=keys, gap_ms=gap_ms, shares=THIRDS))
    results = []
    for step in (1, 7, 1_000, size):
        state, rows = FeatureState.empty(catalogue), []
        for number, part in enumerate(parts(events, [*range(step, size, step), size])):
            rows.append(batch(state, part))
            state = restored(state) if kept and number % 60 == 0 else state
        results.append((np.concatenate(rows), state.logical_hash()))
    for vectors, logical_hash in results:
        assert_same_bits(vectors, results[0][0], catalogue)
        assert logical_hash == results[0][1]


def test_growth_of_arena_and_table_changes_neither_vectors_nor_hash() -> None:
    log = random_log(CATALOGUE, 1, 12_000, keys=9_000, gap_ms=MINUTE)
    small, large = FeatureState.empty(CATALOGUE, logs=16), FeatureState.empty(CATALOGUE, logs=600_000)
    held = small.bytes_held, large.bytes_held
    assert_same_bits(kernel_vectors(small, log, [5, 7_000, 12_000]), kernel_vectors(large, log))
    assert small.logical_hash() == large.logical_hash()
    assert small.entities == large.entities > 60_000
    assert small.bytes_held > 4 * held[0]
    assert large.bytes_held == held[1]


def test_a_restored_state_grows_on() -> None:
    log = random_log(CATALOGUE, 2, 8_000, keys=6_000, gap_ms=MINUTE)
    whole, state = FeatureState.empty(CATALOGUE), FeatureState.empty(CATALOGUE)
    expected = kernel_vectors(whole, log)
    first = batch(state, log[:100])
    state = restored(state)
    assert_same_bits(np.concatenate([first, batch(state, log[100:])]), expected)
    assert state.logical_hash() == whole.logical_hash()


def test_logs_that_grew_and_were_reclaimed_leave_nothing_in_those_that_take_their_place() -> None:
    """Bursts that fill blocks of every size, silence beyond retention, other entities in the same memory."""
    burst = random_log(BUSY, 6, 3_000, keys=3, gap_ms=20, shares=THIRDS)
    log = [
        replace(event, at=event.at + month * 400 * DAY, tokens={"card": event.tokens["card"] + 4 * month + 1})
        for month in range(4)
        for event in burst
    ]
    whole = FeatureState.empty(BUSY, logs=16)
    rows = kernel_vectors(whole, log, [*range(500, 12_000, 500), 12_000])
    for month in range(4):
        fresh = FeatureState.empty(BUSY)
        alone = kernel_vectors(fresh, log[3_000 * month : 3_000 * (month + 1)])
        assert_same_bits(rows[len(alone) * month : len(alone) * (month + 1)], alone, BUSY)


def test_memory_is_bounded_in_a_long_run_of_entities_seen_once() -> None:
    state = FeatureState.empty(CATALOGUE)
    log = random_log(CATALOGUE, 3, 20_000, keys=2**62, gap_ms=4 * HOUR, shares=(1.0, 0.0, 0.0))
    assert (log[-1].at - log[0].at) // DAY > 1_600
    used = []
    for part in parts(columns(log), range(1_000, 20_001, 1_000)):
        batch(state, part)
        used.append(state.bytes_used)
    a_year = 366 * DAY // (2 * HOUR)
    assert state.entities < 14 * a_year * 1.1
    assert max(used[6:]) < 1.2 * used[6]


def test_blocks_of_reclaimed_logs_are_used_again() -> None:
    state = FeatureState.empty(NARROW, logs=16)
    held = []
    for month in range(12):
        start = START + month * 40 * DAY
        batch(state, [attempt(start + i, 1, card=i % 50 + 100 * month + 1) for i in range(5_000)])
        held.append(state.bytes_held)
    assert state.entities <= 2 * 50
    assert len(set(held[2:])) == 1


def test_reading_and_sweeping_in_between_leave_no_trace_in_the_hash() -> None:
    log = random_log(CATALOGUE, 4, 400, keys=30, gap_ms=2 * DAY)
    reads = [
        attempt(at, 5, adds=False, card=10**6 if at % 5 else 1 + at % 31, merchant=1 + at % 31)
        for at in range(log[0].at, log[-1].at, DAY // 2 + 1)
    ]
    quiet, swept = FeatureState.empty(CATALOGUE), FeatureState.empty(CATALOGUE)
    kernel_vectors(quiet, log)
    kernel_vectors(swept, sorted([*log, *reads], key=lambda event: event.at))
    batch(swept, [attempt(log[-1].at, 5, adds=False)])
    assert swept.logical_hash() == quiet.logical_hash()


def test_outcomes_and_labels_that_add_to_nothing_leave_no_trace() -> None:
    log = random_log(NARROW, 4, 200, keys=30, gap_ms=HOUR, shares=(1.0, 0.0, 0.0))
    more = [label(log[-1].at, LabelValue.FRAUD, card=77), outcome(log[-1].at, OutcomeKind.VOIDED, card=77)]
    quiet, told = FeatureState.empty(NARROW), FeatureState.empty(NARROW)
    kernel_vectors(quiet, log)
    kernel_vectors(told, [*log, *more])
    assert told.logical_hash() == quiet.logical_hash()
    assert told.entities == quiet.entities


def test_known_frauds_survive_sweeps_that_reclaim_everything_else() -> None:
    state = FeatureState.empty(CATALOGUE)
    batch(state, [label(START, LabelValue.FRAUD, card=1), label(START, LabelValue.LEGITIMATE, card=2)])
    for year in range(1, 6):
        ticks = [attempt(START + year * 400 * DAY + hour * HOUR, ip=9) for hour in range(100)]
        batch(state, ticks)
        state = restored(state)
    known = CATALOGUE.names.index("card_frauds_learned_lifetime") - len(CATALOGUE.attributes)
    asked = [attempt(state.engine_time, card=card, adds=False) for card in (1, 2)]
    assert batch(state, asked)[:, known].tolist() == [1, 0]
    assert state.entities <= 4


@given(st.data())
@examples(50)
def test_one_event_more_or_different_shows_in_the_hash(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 25))
    log = [attempt(START + i * DAY, card=1, customer=2 + i % 3) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    event = log[index]
    changes: list[Event] = [
        replace(event, amount=101),
        replace(event, at=event.at - 1),
        replace(event, tokens=event.tokens | {"card": 9}),
        replace(event, tokens=event.tokens | {"customer": 9}),
        replace(event, adds=False),
    ]
    hashes = []
    for variant in (log, [*log[:index], data.draw(st.sampled_from(changes)), *log[index + 1 :]]):
        state = FeatureState.empty(NARROW)
        kernel_vectors(state, [*variant, attempt(START + 25 * DAY, 1, card=1)])
        hashes.append(state.logical_hash())
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("at", [0, 700, 1_499])
@pytest.mark.parametrize("stream", list(Stream))
def test_an_event_of_any_stream_left_out_shows_in_the_hash(at: int, stream: Stream) -> None:
    log = with_tokens(random_log(BUSY, 3, 1_500, keys=9, gap_ms=HOUR, shares=THIRDS), card=1)
    kept = {
        Stream.ATTEMPT: attempt(0),
        Stream.OUTCOME: outcome(0, OutcomeKind.DECLINED),
        Stream.LABEL: label(0, LabelValue.FRAUD),
    }[stream]
    log[at] = replace(log[at], stream=stream, code=kept.code, adds=True)
    whole, short = FeatureState.empty(BUSY), FeatureState.empty(BUSY)
    batch(whole, log)
    batch(short, [*log[:at], *log[at + 1 :]])
    assert whole.logical_hash() != short.logical_hash()


def test_the_logical_hash_is_pinned_because_journals_hold_it() -> None:
    log = random_log(BUSY, 5, 300, keys=20, gap_ms=MINUTE)
    without_runs = [family for family in BUSY.families if family.measure.op not in RUNNING]
    state = FeatureState.empty(Catalogue(BUSY.by_name.values(), without_runs))
    kernel_vectors(state, log)
    assert state.logical_hash() == 8259883506688472542
    state = FeatureState.empty(BUSY)
    kernel_vectors(state, log)
    assert state.logical_hash() == 16818718600478332921


def test_read_only_and_large_hashes_are_taken() -> None:
    tokens = [2**64 - 1, 2**63, 3, 4, 5]
    events = columns([attempt(START, adds=True, place=0, **dict(zip(TOKENS, tokens, strict=False)))])
    results = []
    for given_events in (events, type(events)(*(_read_only(column) for column in events))):
        state = FeatureState.empty(CATALOGUE)
        batch(state, given_events)
        results.append(state.logical_hash())
    assert results[0] == results[1] != FeatureState.empty(CATALOGUE).logical_hash()


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


def test_an_empty_batch_is_nothing() -> None:
    state = FeatureState.empty(CATALOGUE)
    before = state.logical_hash()
    assert len(batch(state, [])) == 0
    assert state.logical_hash() == before


@pytest.mark.parametrize("stream", list(Stream))
def test_engine_time_going_back_is_refused_and_changes_nothing(stream: Stream) -> None:
    state = FeatureState.empty(CATALOGUE)
    batch(state, ONE)
    before = state.logical_hash()
    with pytest.raises(InputError, match=f"goes back to {START + 4} at row 1"):
        batch(state, [attempt(START + 5, card=1), Event(START + 4, tokens={"card": 1}, stream=stream)])
    with pytest.raises(InputError, match=f"goes back to {START - 1} at row 0"):
        batch(state, [Event(START - 1, tokens={"card": 1}, stream=stream)])
    assert state.logical_hash() == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("stream", np.zeros(3, np.int64)),
        ("code", np.zeros(2, np.int32)),
        ("amount", np.zeros(2, np.float64)),
        ("occurred_at", np.zeros((2, 1), np.int64)),
        ("place", np.zeros(4, np.int64)[::2]),
        ("adds", np.zeros(2, np.int64)),
        ("tokens", np.zeros((4, 2), np.uint64)),
        ("tokens", np.zeros((2, len(TOKENS)), np.uint64).T),
        ("tokens", np.zeros((len(TOKENS), 2), np.int64)),
        ("out", np.zeros((2, 3))),
        ("out", np.zeros((1, len(CATALOGUE.names)))),
    ],
)
def test_arrays_of_wrong_shape_or_type_are_refused_by_name(name: str, wrong: np.ndarray) -> None:
    events, out = columns([attempt(1), attempt(2)]), np.zeros((2, len(CATALOGUE.names)))
    given_events = events if name == "out" else events._replace(**{name: wrong})
    with pytest.raises(InputError, match=f"{name} must be C-contiguous"):
        FeatureState.empty(CATALOGUE).update(given_events, wrong if name == "out" else out)


def test_a_state_at_its_maximum_says_so_and_keeps_what_it_has() -> None:
    state = FeatureState.empty(NARROW, logs=16, bytes_max=3 * 2**20)
    log = [attempt(START + i, card=i + 1) for i in range(60_000)]
    with pytest.raises(StateFullError, match=r"over the maximum of 3,145,728; raise the maximum"):
        kernel_vectors(state, log)
    assert state.bytes_held <= 3 * 2**20
    applied = sum(event.at <= state.engine_time for event in log)
    twin = FeatureState.empty(NARROW)
    kernel_vectors(twin, log[:applied])
    assert twin.logical_hash() == state.logical_hash()
    assert applied > 1_000


def test_a_snapshot_of_another_version_is_refused() -> None:
    arrays = FeatureState.empty(CATALOGUE).arrays() | {"version": np.array([99])}
    with pytest.raises(SnapshotRefusedError, match="version 99, this program reads 2"):
        FeatureState.from_arrays(CATALOGUE, arrays)


@pytest.mark.parametrize("name", snapshot.ARRAYS)
def test_an_incomplete_snapshot_is_refused(name: str) -> None:
    arrays = FeatureState.empty(CATALOGUE).arrays()
    del arrays[name]
    with pytest.raises(SnapshotRefusedError, match=f"lacks {name}"):
        FeatureState.from_arrays(CATALOGUE, arrays)


@pytest.mark.parametrize("name", ["scalars", "free_blocks", "arena", "places", "plan", "full_at"])
def test_a_torn_snapshot_is_refused(name: str) -> None:
    state = FeatureState.empty(CATALOGUE)
    batch(state, ONE)
    arrays = state.arrays()
    with pytest.raises(SnapshotRefusedError, match=r"torn|lay out|replay"):
        FeatureState.from_arrays(CATALOGUE, arrays | {name: arrays[name].reshape(-1)[:-1]})


def test_warming_up_leaves_nothing_behind() -> None:
    feature_state.warm()
    assert FeatureState.empty(CATALOGUE).entities == 0
