"""The state of all entities: everything the engine knows about earlier payments, in a few flat arrays.

Invariants, each with its test:
* vectors and logical hash depend on the payments and their order, not on cuts, growth, reclaiming or restores;
* engine time never goes back;
* memory stays under `bytes_max`; where it would not, `StateFull` is raised before anything is overwritten.

Growth doubles what is short (rows, table or arena) between two kernel calls. Not safe for threads: one owner.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from features import kernel, logical_hash
from features.arrays import Bools, Floats, Int64s
from features.catalogue import Catalogue
from features.errors import InputError, SnapshotRefused, StateFull
from features.layout import CLASSES, SIZE_MAX, UNIT_WORDS, Layout, layout_of
from features.store import NONE, NOW, ROW_FREE, ROWS_LIVE, ROWS_TOP, UNITS_FREE, UNITS_TOP, Store, enter_all

VERSION = 1
"""Version of the arrays of a snapshot."""

BYTES_MAX = 64 * 2**30
LINE_BYTES = 64


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

    def __init__(self, catalogue: Catalogue, store: Store, bytes_max: int) -> None:
        self.catalogue = catalogue
        self._layout = layout_of(catalogue)
        self._store = store
        self._bytes_max = bytes_max

    @classmethod
    def empty(
        cls, catalogue: Catalogue, *, entities: int = 1024, bytes_max: int = BYTES_MAX
    ) -> "FeatureState":
        """A state that knows nobody, with room for about `entities` entities before it grows."""
        layout = layout_of(catalogue)
        rows = _power_of_two(max(entities, 16))
        units = _power_of_two(max(2 * rows, 2 * _payment_units(layout)))
        return cls(catalogue, _store(layout, rows, units), bytes_max)

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
        """Bytes of all arrays, used or not."""
        return _bytes(self._store)

    def update(
        self, at: Int64s, entities: npt.NDArray[Any], amounts: Int64s, adds: Bools, out: Floats
    ) -> None:
        """Compute the vectors of payments in order, and append those that add.

        `at[n]`: engine time, ms, never going back. `entities[E, n]`: hashes by the catalogue's entity order, 0 absent.
        `amounts[n]`: EUR cents (clamped to 0..2^40). `adds[n]`: False only reads. `out[n, F]`: filled.
        Raises `InputError` before anything is changed, `StateFull` when memory would exceed its maximum.
        """
        keys = self._checked(at, entities, amounts, adds, out)
        done = 0
        while True:
            done += kernel.update(
                self._layout, self._store, at[done:], keys[:, done:], amounts[done:], adds[done:], out[done:]
            )
            if done == at.shape[0]:
                return
            self._grow()

    def logical_hash(self) -> int:
        """64-bit hash of the logical content, equal for equal histories however they were cut, grown or restored."""
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
        """The state that gave `arrays()`; they are copied. Raises `SnapshotRefused`."""
        _check_snapshot(catalogue, arrays)
        layout = layout_of(catalogue)
        scalars = arrays["scalars"]
        rows = _power_of_two(max(int(scalars[ROWS_TOP]) + len(catalogue.entities), 16))
        units = _power_of_two(int(scalars[UNITS_TOP]) + 2 * _payment_units(layout))
        store = _store(layout, rows, units)
        for name in ("scalars", "free_blocks", "records", "arena"):
            source = arrays[name]
            getattr(store, name).reshape(-1)[: source.size] = source.reshape(-1)
        enter_all(store, layout.record_words)
        return cls(catalogue, store, bytes_max)

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
        """Double whatever is short for one more payment."""
        scalars, layout = self._store.scalars, self._layout
        kinds = len(self.catalogue.entities)
        rows = self._store.records.shape[0] // layout.record_words
        units = self._store.arena.shape[0] // UNIT_WORDS
        if (
            int(scalars[ROWS_TOP]) + kinds > rows
            or 4 * (int(scalars[ROWS_LIVE]) + kinds) > self._store.table.shape[0]
        ):
            rows *= 2
        if int(scalars[UNITS_TOP]) + _payment_units(layout) > units:
            units *= 2
        self._refuse_excess(rows, units)
        old = self._store
        self._store = _store(layout, rows, units)
        for name in ("scalars", "free_blocks", "records", "arena"):
            source = getattr(old, name)
            getattr(self._store, name).reshape(-1)[: source.size] = source.reshape(-1)
        enter_all(self._store, layout.record_words)

    def _refuse_excess(self, rows: int, units: int) -> None:
        wanted = _store_bytes(self._layout, rows, units)
        if wanted > self._bytes_max:
            raise StateFull(
                f"feature state would take {wanted:,} bytes for {self.entities:,} entities, over the maximum of "
                f"{self._bytes_max:,}; raise the maximum or give the engine a machine with more memory"
            )


def vector_hash(state: int, matrix: Floats) -> int:
    """Chain a C-contiguous float64 matrix of vectors into a running 64-bit hash; cuts between rows do not matter."""
    if matrix.dtype != np.float64 or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise InputError(f"matrix must be C-contiguous float64[n, F], not {matrix.dtype}{list(matrix.shape)}")
    return int(logical_hash.chain_vectors(np.uint64(state), matrix.view(np.uint64)))


def _check(name: str, array: npt.NDArray[Any], shape: tuple[int, ...], dtype: type) -> None:
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise InputError(
            f"{name} must be C-contiguous {np.dtype(dtype)}{list(shape)}, not {array.dtype}{list(array.shape)}"
        )


def _check_snapshot(catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    missing = {"version", "catalogue", "scalars", "free_blocks", "records", "arena"} - set(arrays)
    if missing:
        raise SnapshotRefused(f"snapshot lacks {', '.join(sorted(missing))}; use an older snapshot")
    version, schema = int(arrays["version"][0]), bytes(arrays["catalogue"]).decode("ascii", "replace")
    if version != VERSION:
        raise SnapshotRefused(
            f"snapshot is of version {version}, this program reads {VERSION}; replay the journal"
        )
    if schema != catalogue.schema_hash:
        raise SnapshotRefused(
            f"snapshot is of catalogue {schema}, this engine runs {catalogue.schema_hash}; replay the journal"
        )


def _payment_units(layout: Layout) -> int:
    """Arena units one payment can take at most."""
    return int(layout.window_count.shape[0] * layout.block_units[:, SIZE_MAX].max())


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _store(layout: Layout, rows: int, units: int) -> Store:
    records = _aligned(rows * layout.record_words)
    scalars = np.zeros(8, dtype=np.int64)
    scalars[ROW_FREE] = NONE
    return Store(
        records=records,
        records32=records.view(np.uint32),
        records16=records.view(np.int16),
        table=_aligned(4 * rows),
        arena=_aligned(units * UNIT_WORDS),
        free_blocks=np.full((layout.window_count.shape[0], CLASSES), NONE, dtype=np.int64),
        scalars=scalars,
    )


def _store_bytes(layout: Layout, rows: int, units: int) -> int:
    return rows * (layout.record_words + 4) * 8 + units * UNIT_WORDS * 8


def _bytes(store: Store) -> int:
    return store.records.nbytes + store.table.nbytes + store.arena.nbytes


def _aligned(words: int) -> Int64s:
    """Zeros beginning on a cache line; large ones are given by the system lazily, page by page."""
    spare = LINE_BYTES // 8
    raw = np.zeros(words + spare, dtype=np.int64)
    start = -raw.ctypes.data % LINE_BYTES // 8
    return raw[start : start + words]
