"""The state of all entities: everything the engine knows about earlier payments, in a few flat arrays.

Invariants, each with its test:
* vectors and logical hash depend on the payments and their order, not on cuts, growth, reclaiming or
  restores;
* engine time never goes back;
* memory stays under `bytes_max`; where it would not, `StateFullError` is raised and the payment is not
  applied.

Growth doubles what is short (records, arena or table) between two kernel calls; only the table is rebuilt,
the others stay where they are (`features.memory`). Not safe for threads: one owner.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from features import kernel, logical_hash
from features.arrays import Bools, Floats, Int64s
from features.catalogue import CATALOGUE, Catalogue
from features.errors import InputError, SnapshotRefusedError, StateFullError
from features.layout import CLASSES, SIZE_MAX, UNIT_WORDS, layout_of
from features.memory import WORD_BYTES, Words
from features.store import (
    NONE,
    NOW,
    ROW_FREE,
    ROWS_LIVE,
    ROWS_TOP,
    SCALARS,
    TABLE_WORDS_PER_ROW,
    UNITS_FREE,
    UNITS_TOP,
    Store,
    enter_all,
)

VERSION = 1
"""Version of the arrays of a snapshot."""

BYTES_MAX = 64 * 2**30
"""Default limit of a state's bytes."""


class FeatureState:
    """Entities' recent events, and the vectors of payments over them.

    >>> from features.catalogue import CATALOGUE
    >>> state = FeatureState.empty(CATALOGUE)
    >>> out = np.empty((2, len(CATALOGUE.names)))
    >>> one_card_twice = np.full((5, 2), 7, dtype=np.uint64)
    >>> state.update(np.array([0, 1000]), one_card_twice, np.array([250, 500]), np.array([True, True]), out)
    >>> column = CATALOGUE.names.index("card_payment_count_1m")
    >>> [float(count) for count in out[:, column]]
    [0.0, 1.0]
    >>> float(out[1, CATALOGUE.names.index("card_amount_ratio_to_mean_1h")])
    2.0
    """

    def __init__(self, catalogue: Catalogue, *, rows: int, units: int, bytes_max: int) -> None:
        self.catalogue = catalogue
        self._layout = layout_of(catalogue)
        self._payment_units = int(len(catalogue.entities) * self._layout.block_units[:, SIZE_MAX].max())
        self._bytes_max = bytes_max
        reserved = bytes_max // WORD_BYTES
        self._records = Words(rows * self._layout.record_words, reserved=reserved)
        self._arena = Words(units * UNIT_WORDS, reserved=reserved)
        self._table = _table(_power_of_two(rows) * TABLE_WORDS_PER_ROW)
        self._free_blocks = np.full((len(catalogue.entities), CLASSES), NONE, dtype=np.int64)
        self._scalars = np.zeros(SCALARS, dtype=np.int64)
        self._scalars[ROW_FREE] = NONE
        self._store = self._joined()

    @classmethod
    def empty(
        cls, catalogue: Catalogue, *, entities: int = 1024, bytes_max: int = BYTES_MAX
    ) -> "FeatureState":
        """A state that knows nobody, with room for about `entities` entities before it grows."""
        rows = max(entities, 16)
        return cls(catalogue, rows=rows, units=2 * rows + 16384, bytes_max=bytes_max)

    @property
    def entities(self) -> int:
        """Entities held, including idle ones not reclaimed yet."""
        return int(self._store.scalars[ROWS_LIVE])

    @property
    def engine_time(self) -> int:
        """Engine time of the last payment, ms."""
        return int(self._store.scalars[NOW])

    @property
    def bytes_used(self) -> int:
        """Bytes of records, rings and table that hold entities."""
        scalars = self._store.scalars
        units = int(scalars[UNITS_TOP] - scalars[UNITS_FREE])
        return self.entities * (self._layout.record_words * 8 + 32) + units * UNIT_WORDS * 8

    @property
    def bytes_held(self) -> int:
        """Bytes of all arrays at their present size; pages nobody touched yet take no memory."""
        return WORD_BYTES * sum(len(words.array) for words in (self._records, self._arena, self._table))

    def update(
        self, at: Int64s, entities: npt.NDArray[Any], amounts: Int64s, adds: Bools, out: Floats
    ) -> None:
        """Compute the vectors of payments in order, and append those that add.

        `at[n]`: engine time, ms, never going back. `entities[E, n]`: hashes by the catalogue's entity order,
        0 absent. `amounts[n]`: EUR cents (clamped to 0..2^40). `adds[n]`: False only reads. `out[n, F]`:
        filled. Raises `InputError` before anything is changed, `StateFullError` when memory would exceed its
        maximum.
        """
        keys = self._checked(at, entities, amounts, adds, out)
        at, keys, amounts, adds = (_writable(array) for array in (at, keys, amounts, adds))
        done = 0
        while True:
            done = kernel.update(self._layout, self._store, at, keys, amounts, adds, out, done)
            if done == at.shape[0]:
                return
            self._grow()

    def logical_hash(self) -> int:
        """64-bit hash of the logical content, equal for equal histories however they were cut, grown or
        restored."""
        return int(logical_hash.content_hash(self._layout, self._store))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The state as arrays for a snapshot: views, valid until the next `update`."""
        store, scalars = self._store, self._store.scalars
        return {
            "version": np.array([VERSION], dtype=np.int64),
            "catalogue": np.frombuffer(self.catalogue.schema_hash.encode(), dtype=np.uint8),
            "scalars": scalars,
            "free_blocks": store.free_blocks,
            "records": store.records[: int(scalars[ROWS_TOP]) * self._layout.record_words],
            "arena": store.arena[: int(scalars[UNITS_TOP]) * UNIT_WORDS],
        }

    @classmethod
    def from_arrays(
        cls, catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]], *, bytes_max: int = BYTES_MAX
    ) -> "FeatureState":
        """The state that gave `arrays()`; they are copied. Raises `SnapshotRefusedError`."""
        _check_snapshot(catalogue, arrays)
        scalars = arrays["scalars"]
        state = cls(
            catalogue,
            rows=int(scalars[ROWS_TOP]) + 1024,
            units=int(scalars[UNITS_TOP]) + 16384,
            bytes_max=bytes_max,
        )
        for name in ("scalars", "free_blocks", "records", "arena"):
            source = arrays[name].reshape(-1)
            getattr(state._store, name).reshape(-1)[: source.size] = source
        enter_all(state._store, state._layout.record_words)
        return state

    def _checked(
        self, at: Int64s, entities: npt.NDArray[Any], amounts: Int64s, adds: Bools, out: Floats
    ) -> Int64s:
        payments, kinds = at.shape[0], len(self.catalogue.entities)
        _check("at", at, (payments,), np.int64)
        _check("amounts", amounts, (payments,), np.int64)
        _check("adds", adds, (payments,), np.bool_)
        _check("out", out, (payments, len(self.catalogue.features)), np.float64)
        keys = entities.view(np.int64) if entities.dtype == np.uint64 else entities
        _check("entities", keys, (kinds, payments), np.int64)
        disorder = kernel.first_disorder(at, self._store.scalars[NOW])
        if disorder != NONE:
            raise InputError(
                f"engine time goes back to {at[disorder]} at row {disorder}; pass rows in log order"
            )
        return keys

    def _grow(self) -> None:
        """Double what is short for one more payment."""
        rows, live, units = (int(self._scalars[place]) for place in (ROWS_TOP, ROWS_LIVE, UNITS_TOP))
        kinds = len(self.catalogue.entities)
        records, arena, table = (len(words.array) for words in (self._records, self._arena, self._table))
        wanted = (
            records * (2 if (rows + kinds) * self._layout.record_words > records else 1),
            arena * (2 if (units + self._payment_units) * UNIT_WORDS > arena else 1),
            table * (2 if (live + kinds) * TABLE_WORDS_PER_ROW > table else 1),
        )
        self._refuse_excess(sum(wanted) * WORD_BYTES)
        self._records.grow(wanted[0])
        self._arena.grow(wanted[1])
        if wanted[2] > table:
            self._table = _table(wanted[2])
        self._store = self._joined()
        if wanted[2] > table:
            enter_all(self._store, self._layout.record_words)

    def _joined(self) -> Store:
        records = self._records.array
        return Store(
            records=records,
            records32=records.view(np.uint32),
            records16=records.view(np.int16),
            table=self._table.array,
            arena=self._arena.array,
            free_blocks=self._free_blocks,
            scalars=self._scalars,
        )

    def _refuse_excess(self, wanted: int) -> None:
        if wanted > self._bytes_max:
            raise StateFullError(
                f"feature state would take {wanted:,} bytes for {self.entities:,} entities, over the maximum "
                f"of {self._bytes_max:,}; raise the maximum or give the engine a machine with more memory"
            )


def vector_hash(state: int, matrix: Floats) -> int:
    """Chain a C-contiguous float64 matrix of vectors into a running 64-bit hash; cuts between rows do not
    matter."""
    if matrix.dtype != np.float64 or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise InputError(f"matrix must be C-contiguous float64[n, F], not {matrix.dtype}{list(matrix.shape)}")
    return int(logical_hash.chain_vectors(np.uint64(state), _writable(matrix).view(np.uint64)))


def warm() -> None:
    """Compile or load every kernel on a tiny state, so that the first payment does not wait for it.

    Seconds when compiled for the first time on a machine, then well under one from numba's cache on disk.
    """
    state = FeatureState.empty(CATALOGUE)
    kinds = len(CATALOGUE.entities)
    out = np.empty((1, len(CATALOGUE.features)))
    state.update(
        np.zeros(1, np.int64), np.ones((kinds, 1), np.uint64), np.ones(1, np.int64), np.ones(1, np.bool_), out
    )
    vector_hash(state.logical_hash(), out)
    FeatureState.from_arrays(CATALOGUE, state.arrays())


def _writable(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numba compiles again for read-only arrays; a copy is cheaper."""
    return array if array.flags.writeable else array.copy()


def _check(name: str, array: npt.NDArray[Any], shape: tuple[int, ...], dtype: type) -> None:
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise InputError(
            f"{name} must be C-contiguous {np.dtype(dtype)}{list(shape)}, "
            f"not {array.dtype}{list(array.shape)}"
        )


def _check_snapshot(catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    missing = {"version", "catalogue", "scalars", "free_blocks", "records", "arena"} - set(arrays)
    if missing:
        raise SnapshotRefusedError(f"snapshot lacks {', '.join(sorted(missing))}; use an older snapshot")
    version, schema = int(arrays["version"][0]), bytes(arrays["catalogue"]).decode("ascii", "replace")
    if version != VERSION:
        raise SnapshotRefusedError(
            f"snapshot is of version {version}, this program reads {VERSION}; replay the journal"
        )
    if schema != catalogue.schema_hash:
        raise SnapshotRefusedError(
            f"snapshot is of catalogue {schema}, this engine runs {catalogue.schema_hash}; replay the journal"
        )
    _check_sizes(catalogue, arrays)


def _check_sizes(catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Kernels do not check bounds: sizes must agree with the counters before any runs."""
    expected = {"scalars": SCALARS, "free_blocks": len(catalogue.entities) * CLASSES}
    if arrays["scalars"].size == SCALARS:
        expected["records"] = int(arrays["scalars"][ROWS_TOP]) * layout_of(catalogue).record_words
        expected["arena"] = int(arrays["scalars"][UNITS_TOP]) * UNIT_WORDS
    for name, size in expected.items():
        if arrays[name].size != size or arrays[name].dtype != np.int64:
            raise SnapshotRefusedError(
                f"snapshot array `{name}` has {arrays[name].size:,} {arrays[name].dtype}, "
                f"not {size:,} int64: it is torn; use an older snapshot"
            )


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _table(words: int) -> Words:
    return Words(words, reserved=words)
