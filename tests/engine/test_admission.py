"""Engine time and idempotency against a slow oracle that keeps every record for ever."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.units import DAY_MS
from streams.engine.admission.admission import (
    CONFLICT,
    DUPLICATE,
    EVENT,
    NEW,
    REPEATED,
    STALE,
    Admission,
    HorizonTooShortError,
)
from streams.engine.admission.requests import AdmissionRows

HORIZON = DAY_MS


@dataclass
class Oracle:
    """The rules of the module's docstring, written down again from the words."""

    time: int = 0
    records: list[tuple[int, int, int, int]] = field(default_factory=list)  # key, phase, body, engine time
    heard: dict[int, int] = field(default_factory=dict)  # a report's key, when it last counted

    def admit(
        self, is_payment: bool, key: int, body: int, phase: int, at: int, appended: int
    ) -> tuple[int, int, int, bool]:
        now = max(self.time, min(at, appended + 5_000))
        if not is_payment:
            self.time = now
            if self.heard.get(key, now - HORIZON) > now - HORIZON:
                return REPEATED, now, -1, False
            self.heard[key] = now
            return EVENT, now, -1, False
        alive = [i for i, record in enumerate(self.records) if record[3] > self.time - HORIZON]
        same = [i for i in alive if self.records[i][:2] == (key, phase)]
        if same:
            found = same[-1]
            return (DUPLICATE if self.records[found][2] == body else CONFLICT), self.time, found, False
        if at <= self.time - HORIZON:
            return STALE, self.time, -1, False
        first = not any(self.records[i][0] == key for i in alive)
        self.time = now
        self.records.append((key, phase, body, now))
        return NEW, now, len(self.records) - 1, first


ROW = st.tuples(
    st.sampled_from([True, True, False]),
    st.integers(0, 6),
    st.integers(0, 1),
    st.integers(0, 2),
    st.one_of(
        st.integers(0, 3 * DAY_MS), st.sampled_from([0, 60_000, DAY_MS, DAY_MS + 1, 2 * DAY_MS, 2**40])
    ),
    st.integers(0, 4 * DAY_MS),
)


def admission_rows_of(rows: list[tuple[bool, int, int, int, int, int]]) -> AdmissionRows:
    payment, key, body, phase, at, appended = (list(column) for column in zip(*rows, strict=True))
    high = np.array(key, np.uint64)
    # All keys share the low half: every probe collides.
    return AdmissionRows(
        np.array(payment, np.bool_),
        high,
        np.full(len(rows), 9, np.uint64),
        np.array(body, np.uint64),
        np.array(phase, np.uint8),
        np.array(at, np.int64),
        np.array(appended, np.int64),
        np.zeros(len(rows), np.bool_),
    )


@given(st.lists(ROW, min_size=1, max_size=60), st.data())
def test_admission_agrees_with_the_oracle_however_the_log_is_cut(
    rows: list[tuple[bool, int, int, int, int, int]], data: st.DataObject
) -> None:
    oracle = Oracle()
    expected = [oracle.admit(*row) for row in rows]
    admission = Admission(horizon_ms=HORIZON)
    got: list[Any] = []
    at = 0
    while at < len(rows):
        size = data.draw(st.integers(1, len(rows) - at))
        if data.draw(st.booleans()):
            admission = Admission.from_arrays(admission.arrays(), HORIZON, admission.keys_max)
        admitted = admission.admit(admission_rows_of(rows[at : at + size]))
        got += zip(
            admitted.status.tolist(),
            admitted.times.tolist(),
            admitted.records.tolist(),
            admitted.first.tolist(),
            strict=True,
        )
        at += size
    assert got == expected
    whole = Admission(horizon_ms=HORIZON)
    whole.admit(admission_rows_of(rows))
    assert (whole.chain, whole.logical_hash()) == (admission.chain, admission.logical_hash())


def payment(key: int, at: int, body: int = 0) -> tuple[bool, int, int, int, int, int]:
    return True, key, body, 0, at, at


def test_when_full_the_horizon_shrinks_and_older_payments_are_stale() -> None:
    admission = Admission(horizon_ms=7 * DAY_MS, keys_max=2)
    rows = [payment(1, DAY_MS), payment(2, 2 * DAY_MS), payment(3, 3 * DAY_MS), payment(1, DAY_MS)]
    assert admission.admit(admission_rows_of(rows)).status.tolist() == [NEW, NEW, NEW, STALE]


def test_an_engine_that_cannot_remember_a_day_stops_with_advice() -> None:
    admission = Admission(horizon_ms=7 * DAY_MS, keys_max=2)
    rows = [payment(key, DAY_MS + key) for key in range(4)]
    with pytest.raises(HorizonTooShortError, match="TOLLGATE_DEDUPLICATION_KEYS_MAX"):
        admission.admit(admission_rows_of(rows))


def test_memory_grows_and_is_reclaimed_without_forgetting() -> None:
    admission = Admission(horizon_ms=HORIZON)
    count = 50_000
    keys = np.arange(count, dtype=np.uint64)
    zeros = np.zeros(count, np.uint64)

    def admit(at: int) -> list[int]:
        times = np.full(count, at, np.int64)
        yes = np.ones(count, np.bool_)
        made = AdmissionRows(yes, keys, keys, zeros, zeros.astype(np.uint8), times, times, ~yes)
        return np.bincount(admission.admit(made).status, minlength=4).tolist()

    assert admit(DAY_MS) == [count, 0, 0, 0]
    assert admit(2 * DAY_MS - 1) == [0, count, 0, 0]
    admission.admit(admission_rows_of([(False, 0, 0, 0, 3 * DAY_MS, 3 * DAY_MS)]))
    assert admit(3 * DAY_MS) == [count, 0, 0, 0]
    assert len(admission.arrays()["records"]) == count
