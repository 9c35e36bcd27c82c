"""Aggregates as arrays: sums are exact beyond 64 bits, and every difference is found."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.warehouse.audit.cells import LOW, AggregateCells, cell_keys, split_key

amounts = st.integers(-(2**62), 2**62)
rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), amounts), max_size=50)


def added(parts: list[list[tuple[int, int, int]]]) -> AggregateCells:
    cells = AggregateCells()
    for part in parts:
        table = np.array(part, np.int64).reshape(-1, 3)
        amount = table[:, 2]
        zero, one = np.zeros_like(amount), np.ones_like(amount)
        measures = np.stack([one, zero, amount >> 32, amount & LOW, zero, zero], axis=1)
        cells.add(cell_keys(table[:, 0], table[:, 1]), measures)
    return cells


@given(st.lists(rows, max_size=4))
def test_sums_equal_those_of_python_however_the_rows_are_cut(parts: list[list[tuple[int, int, int]]]) -> None:
    cells = added(parts)
    expected: dict[tuple[int, int], int] = {}
    for start, group, amount in (row for part in parts for row in part):
        expected[start, group] = expected.get((start, group), 0) + amount
    found = {
        split_key(int(key)): (int(high) << 32) + int(low)
        for key, high, low in zip(cells.keys, cells.measures[:, 2], cells.measures[:, 3], strict=True)
    }
    assert found == expected


@given(rows, st.integers(0, 5), st.integers(1, 2**62))
def test_one_more_row_is_a_difference(part: list[tuple[int, int, int]], start: int, amount: int) -> None:
    here, there = added([part]), added([part, [(start, 3, amount)]])
    assert list(here.differences(added([part]), 10)) == []
    names = [name for _, name, _, _ in here.differences(there, 10)]
    assert "decisions" in names
