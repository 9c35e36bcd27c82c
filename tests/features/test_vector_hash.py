"""The running hash over vectors: same bits, same hash, however the rows were cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from features.errors import InputError
from features.state.state import vector_hash

MATRICES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(MATRICES, st.data(), st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_cuts_between_rows_do_not_matter(matrix: np.ndarray, data: st.DataObject, start: int) -> None:
    cut = data.draw(st.integers(0, len(matrix)))
    assert vector_hash(vector_hash(start, matrix[:cut]), matrix[cut:]) == vector_hash(start, matrix)


@given(MATRICES, st.data())
@settings(deadline=None)
def test_every_value_counts(matrix: np.ndarray, data: st.DataObject) -> None:
    row, column = (data.draw(st.integers(0, side - 1)) for side in matrix.shape)
    other = matrix.copy()
    other[row, column] = 7.25 if matrix[row, column] != 7.25 else 7.5
    assert vector_hash(0, other) != vector_hash(0, matrix)


def test_order_and_running_hash_count() -> None:
    matrix = np.arange(20.0).reshape(2, 10)
    hashes = {vector_hash(0, matrix), vector_hash(0, matrix[::-1].copy()), vector_hash(1, matrix)}
    hashes.add(vector_hash(0, np.ascontiguousarray(matrix[:, ::-1])))
    assert len(hashes) == 4


def test_all_nans_are_one_and_both_zeros_are_one() -> None:
    nans = np.array([[0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000001]], np.uint64).view(
        np.float64
    )
    assert vector_hash(0, nans) == vector_hash(0, np.full((1, 3), np.nan))
    assert vector_hash(0, np.array([[0.0]])) == vector_hash(0, np.array([[-0.0]]))
    assert vector_hash(0, np.array([[np.inf]])) != vector_hash(0, np.array([[np.nan]]))


def test_a_read_only_matrix_is_taken() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    expected = vector_hash(0, matrix)
    matrix.setflags(write=False)
    assert vector_hash(0, matrix) == expected


def test_the_hash_is_pinned_because_journals_hold_it() -> None:
    assert vector_hash(0, np.arange(300.0).reshape(2, 150)) == 16194056089866230124


@pytest.mark.parametrize("matrix", [np.zeros((2, 2), np.float32), np.zeros(4), np.zeros((4, 4))[:, ::2]])
def test_anything_but_a_contiguous_matrix_of_float64_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(InputError, match="matrix must be C-contiguous float64"):
        vector_hash(0, matrix)
