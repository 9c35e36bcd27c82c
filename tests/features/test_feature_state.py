"""The state's invariants: nothing but the payments and their order shows in vectors and logical hash."""

import numpy as np
import pytest
from attempt_logs import (
    DAY,
    MINUTE,
    NARROW,
    START,
    WIDE,
    assert_same_bits,
    attempts,
    batch,
    cuts,
    kernel_vectors,
    parts,
    random_log,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Attempt

from features import state as feature_state
from features.catalogue import CATALOGUE
from features.errors import InputError, SnapshotRefusedError, StateFullError
from features.state import FeatureState

ONE = [Attempt(START, 100, {"card": 1, "customer": 2, "device": 3, "ip": 4, "merchant": 5})]


def restored(state: FeatureState) -> FeatureState:
    """Through arrays as a snapshot file gives them: read-only."""
    arrays = {name: _read_only(array) for name, array in state.arrays().items()}
    return FeatureState.from_arrays(state.catalogue, arrays)


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_restoring_between_batches_changes_neither_vectors_nor_hash(data: st.DataObject) -> None:
    catalogue = data.draw(st.sampled_from([CATALOGUE, WIDE]))
    log = data.draw(attempts(catalogue))
    whole, often = FeatureState.empty(catalogue), FeatureState.empty(catalogue)
    expected = kernel_vectors(whole, log)
    rows = []
    for part in parts(log, data.draw(cuts(log))):
        rows.append(batch(often, part))
        often = restored(often)
    assert_same_bits(np.concatenate(rows), expected)
    assert often.logical_hash() == whole.logical_hash()
    assert often.engine_time == whole.engine_time == log[-1].at


def test_growth_of_rows_arena_and_table_changes_neither_vectors_nor_hash() -> None:
    log = random_log(CATALOGUE, 1, 12_000, keys=9_000, gap_ms=MINUTE)
    small, large = FeatureState.empty(CATALOGUE, entities=16), FeatureState.empty(CATALOGUE, entities=200_000)
    held = small.bytes_held, large.bytes_held
    assert_same_bits(kernel_vectors(small, log, [5, 7_000, 12_000]), kernel_vectors(large, log))
    assert small.logical_hash() == large.logical_hash()
    assert small.entities == large.entities > 30_000
    assert small.bytes_held > 4 * held[0]
    assert large.bytes_held == held[1]


def test_a_restored_state_grows_on() -> None:
    log = random_log(CATALOGUE, 2, 8_000, keys=6_000, gap_ms=MINUTE)
    whole, state = FeatureState.empty(CATALOGUE), FeatureState.empty(CATALOGUE)
    expected = kernel_vectors(whole, log)
    batch(state, log[:100])
    state = restored(state)
    assert_same_bits(batch(state, log[100:]), expected[100:])
    assert state.logical_hash() == whole.logical_hash()


def test_memory_is_bounded_in_a_long_run_of_entities_seen_once() -> None:
    state = FeatureState.empty(CATALOGUE)
    log = random_log(CATALOGUE, 3, 60_000, keys=2**62, gap_ms=60 * MINUTE)
    assert (log[-1].at - log[0].at) // DAY > 1_000
    used = []
    for part in parts(log, range(3_000, 60_001, 3_000)):
        batch(state, part)
        used.append(state.bytes_used)
    a_month = 31 * DAY // (30 * MINUTE)
    assert state.entities < 5 * a_month * 1.1
    assert max(used) < 1.2 * used[0]
    assert state.bytes_held < 4 * max(used) + 2**21


def test_reclaimed_blocks_of_grown_rings_are_used_again() -> None:
    state = FeatureState.empty(CATALOGUE, entities=16)
    held = []
    for month in range(12):
        burst = [
            Attempt(
                START + month * 40 * DAY + i, 1, dict.fromkeys(CATALOGUE.entities, i % 50 + 100 * month + 1)
            )
            for i in range(5_000)
        ]
        batch(state, burst)
        held.append(state.bytes_held)
    assert state.entities <= 2 * 5 * 50
    assert len(set(held[2:])) == 1


def test_reading_and_sweeping_in_between_leave_no_trace_in_the_hash() -> None:
    log = random_log(CATALOGUE, 4, 400, keys=30, gap_ms=2 * DAY)
    reads = [Attempt(at, 5, {"card": 10**6}, adds=False) for at in range(log[0].at, log[-1].at, DAY // 2)]
    quiet, swept = FeatureState.empty(CATALOGUE), FeatureState.empty(CATALOGUE)
    kernel_vectors(quiet, log)
    kernel_vectors(swept, sorted([*log, *reads], key=lambda attempt: attempt.at))
    batch(swept, [Attempt(log[-1].at, 5, {}, adds=False)])
    assert swept.logical_hash() == quiet.logical_hash()


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_one_event_more_or_different_shows_in_the_hash(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 25))
    log = [Attempt(START + i * DAY, 100, {"card": 1, "customer": 2 + i % 3}) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    event = log[index]
    changed = data.draw(
        st.sampled_from(
            [
                Attempt(event.at, 101, event.entities),
                Attempt(event.at - 1, 100, event.entities),
                Attempt(event.at, 100, {**event.entities, "card": 9}),
                Attempt(event.at, 100, {**event.entities, "customer": 9}),
                Attempt(event.at, 100, event.entities, adds=False),
            ]
        )
    )
    hashes = []
    for variant in (log, [*log[:index], changed, *log[index + 1 :]]):
        state = FeatureState.empty(NARROW)
        kernel_vectors(state, [*variant, Attempt(START + 25 * DAY, 1, {"card": 1})])
        hashes.append(state.logical_hash())
    assert hashes[0] != hashes[1]


def test_the_logical_hash_is_pinned_because_journals_hold_it() -> None:
    state = FeatureState.empty(CATALOGUE)
    kernel_vectors(state, random_log(CATALOGUE, 5, 300, keys=20, gap_ms=MINUTE))
    assert state.logical_hash() == 4657315704053034568


def test_signed_unsigned_and_read_only_hashes_are_the_same() -> None:
    arrays = np.array([START]), np.array([100]), np.array([True])
    hashes = np.array([[2**64 - 1], [2**63], [3], [4], [5]], dtype=np.uint64)
    results = []
    for entities in (hashes, hashes.view(np.int64), _read_only(hashes)):
        state, out = FeatureState.empty(CATALOGUE), np.empty((1, len(CATALOGUE.names)))
        state.update(arrays[0], entities, arrays[1], arrays[2], out)
        results.append(state.logical_hash())
    assert len(set(results)) == 1


def test_an_empty_batch_is_nothing() -> None:
    state = FeatureState.empty(CATALOGUE)
    before = state.logical_hash()
    assert batch(state, []).shape == (0, len(CATALOGUE.names))
    assert state.logical_hash() == before


def test_engine_time_going_back_is_refused_and_changes_nothing() -> None:
    state = FeatureState.empty(CATALOGUE)
    batch(state, ONE)
    before = state.logical_hash()
    later = Attempt(START + 5, 100, {"card": 1})
    with pytest.raises(InputError, match=f"goes back to {START + 4} at row 1"):
        batch(state, [later, Attempt(START + 4, 100, {"card": 1})])
    with pytest.raises(InputError, match=f"goes back to {START - 1} at row 0"):
        batch(state, [Attempt(START - 1, 100, {"card": 1})])
    assert state.logical_hash() == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("at", np.zeros(3, np.int64)),
        ("amounts", np.zeros(2, np.float64)),
        ("adds", np.zeros(2, np.int64)),
        ("entities", np.zeros((4, 2), np.uint64)),
        ("entities", np.zeros((2, 5), np.uint64).T),
        ("entities", np.zeros((5, 2), np.float64)),
        ("out", np.zeros((2, 3))),
    ],
)
def test_arrays_of_wrong_shape_or_type_are_refused_by_name(name: str, wrong: np.ndarray) -> None:
    columns = len(CATALOGUE.names)
    right = {
        "at": np.zeros(2, np.int64),
        "entities": np.zeros((5, 2), np.uint64),
        "amounts": np.zeros(2, np.int64),
        "adds": np.zeros(2, np.bool_),
        "out": np.zeros((2, columns)),
    }
    blamed = "amounts" if name == "at" else name
    with pytest.raises(InputError, match=f"{blamed} must be C-contiguous"):
        FeatureState.empty(CATALOGUE).update(**{**right, name: wrong})


def test_a_state_at_its_maximum_says_so_and_keeps_what_it_has() -> None:
    state = FeatureState.empty(CATALOGUE, entities=16, bytes_max=3 * 2**20)
    log = [Attempt(START + i, 100, dict.fromkeys(CATALOGUE.entities, i + 1)) for i in range(20_000)]
    with pytest.raises(StateFullError, match=r"over the maximum of 3,145,728; raise the maximum"):
        kernel_vectors(state, log)
    assert state.bytes_held <= 3 * 2**20
    applied = sum(attempt.at <= state.engine_time for attempt in log)
    twin = FeatureState.empty(CATALOGUE)
    kernel_vectors(twin, log[:applied])
    assert twin.logical_hash() == state.logical_hash()


def test_a_snapshot_of_another_catalogue_is_refused() -> None:
    with pytest.raises(SnapshotRefusedError, match=f"catalogue {NARROW.schema_hash}, this engine runs"):
        FeatureState.from_arrays(CATALOGUE, FeatureState.empty(NARROW).arrays())


def test_a_snapshot_of_another_version_is_refused() -> None:
    arrays = FeatureState.empty(CATALOGUE).arrays() | {"version": np.array([99])}
    with pytest.raises(SnapshotRefusedError, match="version 99, this program reads 1"):
        FeatureState.from_arrays(CATALOGUE, arrays)


@pytest.mark.parametrize("name", ["version", "catalogue", "scalars", "free_blocks", "records", "arena"])
def test_an_incomplete_snapshot_is_refused(name: str) -> None:
    arrays = FeatureState.empty(CATALOGUE).arrays()
    del arrays[name]
    with pytest.raises(SnapshotRefusedError, match=f"lacks {name}"):
        FeatureState.from_arrays(CATALOGUE, arrays)


@pytest.mark.parametrize("name", ["scalars", "free_blocks", "records", "arena"])
def test_a_torn_snapshot_is_refused(name: str) -> None:
    state = FeatureState.empty(CATALOGUE)
    batch(state, ONE)
    arrays = state.arrays()
    with pytest.raises(SnapshotRefusedError, match=f"`{name}` has"):
        FeatureState.from_arrays(CATALOGUE, arrays | {name: arrays[name].reshape(-1)[:-1]})


def test_warming_up_leaves_nothing_behind() -> None:
    feature_state.warm()
    assert FeatureState.empty(CATALOGUE).entities == 0
