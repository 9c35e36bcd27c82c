"""Outcomes and labels heard twice, against an oracle that remembers every one for ever."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind
from streams.engine.admission.reports import SeenReports
from streams.engine.admission.requests import report_keys
from tests.engine.engine_log import DAY, NOW, label, outcome

HORIZON = DAY
Told = list[tuple[int, int]]  # key, milliseconds since the one before


def heard(reports: SeenReports, told: Told, start: int, keys_max: int = 10**6) -> list[bool]:
    times = start + np.cumsum([wait for _, wait in told])
    keys = np.array([key for key, _ in told], np.uint64)
    # All keys share the low half: every probe collides.
    return reports.observe(keys, np.full(len(told), 3, np.uint64), times, HORIZON, keys_max).tolist()


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 1, 60_000, DAY // 2, DAY])), min_size=1),
    st.data(),
)
def test_a_report_counts_once_within_the_horizon_however_the_log_is_cut(
    told: Told, data: st.DataObject
) -> None:
    counted: dict[int, int] = {}
    expected, now = [], NOW
    for key, wait in told:
        now += wait
        fresh = counted.get(key, now - HORIZON) <= now - HORIZON
        counted[key] = now if fresh else counted[key]
        expected.append(fresh)
    whole, cut = SeenReports(), SeenReports()
    assert heard(whole, told, NOW) == expected
    at, start, got = 0, NOW, []
    while at < len(told):
        part = told[at : at + data.draw(st.integers(1, len(told)))]
        cut = SeenReports.from_arrays(cut.arrays()) if data.draw(st.booleans()) else cut
        got += heard(cut, part, start)
        at, start = at + len(part), start + sum(wait for _, wait in part)
    assert got == expected
    assert (cut.chain, cut.logical_hash(HORIZON)) == (whole.chain, whole.logical_hash(HORIZON))


def test_ring_and_table_grow_and_are_swept_without_forgetting() -> None:
    reports = SeenReports()
    keys = np.arange(100_000, dtype=np.uint64)
    times = NOW + 60_000 * np.arange(len(keys))
    for part in np.array_split(np.arange(len(keys)), 90):
        assert reports.observe(keys[part], keys[part], times[part], HORIZON, 10**6).all()
    still = np.flatnonzero(times > times[-1] - HORIZON)
    again = np.repeat(times[-1], len(still))
    assert not reports.observe(keys[still], keys[still], again, HORIZON, 10**6).any()
    assert len(reports.ring) < len(keys) // 10


def test_when_all_places_are_taken_the_oldest_is_forgotten() -> None:
    reports = SeenReports()
    told = [(key, 1) for key in range(5)]
    assert heard(reports, told, NOW, keys_max=4) == [True] * 5
    assert heard(reports, [(4, 1), (0, 1)], NOW + 5, keys_max=4) == [False, True]


def test_what_makes_a_report_another_one() -> None:
    same: list[Outcome | Label] = [
        outcome("p"),
        outcome("p", amount=3),
        label("p"),
        label("p", known_at=NOW + 9 * DAY, source="notice"),
    ]
    others: list[Outcome | Label] = [
        outcome("p", at=NOW + 1),
        outcome("p", kind=OutcomeKind.REFUNDED),
        outcome("p", attempt=2),
        outcome("q"),
        label("p", label=LabelValue.LEGITIMATE),
        label("p", merchant_account="other"),
    ]
    keys = [tuple(key) for key in report_keys([*same, *others]).tolist()]
    assert (keys[0], keys[2]) == (keys[1], keys[3])
    assert len(set(keys)) == 2 + len(others)
