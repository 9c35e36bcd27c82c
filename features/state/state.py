"""The state of all entities: what is kept of earlier payments, outcomes and labels, in a few flat arrays.

Invariants, each with its test:
* vectors and logical hash depend on the events and their order, not on cuts, growth, reclaiming or restores;
* engine time never goes back;
* memory stays under `bytes_max`; where it would not, `StateFullError` is raised and the event is not applied.

Growth doubles what is short (arena or table) between two kernel calls; only the table is rebuilt, the arena
stays where it is (`features.state.arena`). Not safe for threads: one owner.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from features.catalogue import CATALOGUE, Catalogue, Tally
from features.columns import TOKENS, Events, Stream
from features.errors import CatalogueError, InputError, StateFullError
from features.kernel import (
    LOGS_LIVE,
    NONE,
    NOW,
    SCALARS,
    TABLE_WORDS_PER_LOG,
    UNIT_WORDS,
    UNITS_FREE,
    UNITS_TOP,
    LogStore,
    all_tallies,
    enter_all,
    layout_of,
    plans_of,
    stream_name,
)
from features.kernel import update as kernel
from features.state import content_hash as logical_hash
from features.state import log_matching, migration, snapshot
from features.state.arena import WORD_BYTES, GrowableWords
from features.state.snapshot import writable
from models.arrays import Floats, Int64s

_ATTEMPT = int(Stream.ATTEMPT)

BYTES_MAX = 64 * 2**30
"""Default limit of a state's bytes."""


class FeatureState:
    """Entities' recent events, and the vectors of payment attempts over them.

    >>> from features.catalogue import CATALOGUE
    >>> from features.columns.events import TOKENS, Events
    >>> events = Events.empty(2)
    >>> events.at[:] = 0, 1000
    >>> events.amount[:] = 250, 500
    >>> events.tokens[TOKENS.index("card")] = 7
    >>> state = FeatureState.empty(CATALOGUE)
    >>> out = np.full((2, len(CATALOGUE.names)), np.nan)
    >>> state.update(events, out)
    >>> column = CATALOGUE.names.index("card_payment_count_1m")
    >>> [float(count) for count in out[:, column]]
    [0.0, 1.0]
    >>> float(out[1, CATALOGUE.names.index("card_amount_ratio_to_mean_24h")])
    2.0
    """

    def __init__(self, catalogue: Catalogue, *, logs: int, units: int, bytes_max: int) -> None:
        self.catalogue = catalogue
        self._layout = layout_of(catalogue)
        self._scratch = kernel.scratch_of(self._layout)
        tallies = all_tallies(plans_of(catalogue))
        _check_tallies(tallies)
        self._tallies = list(enumerate(tallies))
        self._tallies_of_attempts = [each for each in self._tallies if each[1].stream == _ATTEMPT]
        self._maxima = np.array([[tally.maximum] for tally in tallies] or [[0]], np.int64)
        self._bytes_max = bytes_max
        self._arena = GrowableWords(
            (units + 2 * self._layout.units_margin) * UNIT_WORDS, reserved=bytes_max // WORD_BYTES
        )
        self._table = _table(_power_of_two(max(logs, 2 * self._layout.logs)) * TABLE_WORDS_PER_LOG)
        self._free_blocks = np.full(self._layout.units_max + 1, NONE, dtype=np.int64)
        self._scalars = np.zeros(SCALARS, dtype=np.int64)
        self._full_at = np.zeros(len(catalogue.features), np.int64)
        self._store = self._joined()

    @classmethod
    def empty(cls, catalogue: Catalogue, *, logs: int = 1024, bytes_max: int = BYTES_MAX) -> "FeatureState":
        """An empty state, with room for about `logs` logs before it grows."""
        return cls(catalogue, logs=max(logs, 16), units=4 * logs, bytes_max=bytes_max)

    @classmethod
    def begun_again(cls, catalogue: Catalogue, now: int, bytes_max: int = BYTES_MAX) -> "FeatureState":
        """An empty state in the middle of a history: no window is full before it is as old as it is long.
        `now`: engine time, ms.
        """
        state = cls.empty(catalogue, bytes_max=bytes_max)
        nothing = log_matching.SnapshotContents([], {}, {})
        state._full_at[:] = log_matching.full_times(catalogue, nothing, now, np.zeros(0, np.bool_))
        return state

    @property
    def entities(self) -> int:
        """Logs held (an entity has up to four), including idle ones not reclaimed yet."""
        return int(self._scalars[LOGS_LIVE])

    @property
    def engine_time(self) -> int:
        """Engine time of the last event, ms."""
        return int(self._scalars[NOW])

    @property
    def full_at(self) -> int:
        """Engine time, ms, from which on every window is full; 0 unless features were added to a state."""
        return int(self._full_at.max(initial=0))

    @property
    def full_times(self) -> Int64s:
        """`full_at` of each feature."""
        return self._full_at

    @property
    def bytes_used(self) -> int:
        """Bytes of records, rings and table slots that hold logs."""
        units = int(self._scalars[UNITS_TOP] - self._scalars[UNITS_FREE])
        return units * UNIT_WORDS * WORD_BYTES + self.entities * TABLE_WORDS_PER_LOG * WORD_BYTES

    def bytes_by_log(self) -> dict[str, dict[str, int]]:
        """Logs and bytes of each kind of log, such as `card attempt`; tables are left out."""
        plans = plans_of(self.catalogue)
        counted = kernel.bytes_by_log(self._layout.plan, self._store, self._layout.logs)
        return {
            f"{plan.entity} {stream_name(plan.stream)}": {"logs": int(logs), "bytes": int(size)}
            for plan, (logs, size) in zip(plans, counted, strict=True)
        }

    @property
    def bytes_held(self) -> int:
        """Bytes of all arrays at their present size; pages not touched yet take no memory."""
        return WORD_BYTES * sum(len(words.array) for words in (self._arena, self._table))

    def update(self, events: Events, out: Floats) -> None:
        """Compute the vectors of the attempts among `events`, in order, and append the events that add.

        `out[attempts, F]`: the columns of features are filled, those of attributes left alone. Raises
        `InputError` before anything is changed, `StateFullError` when memory would exceed its maximum.
        """
        vectors = self._checked(events, out)
        events = Events(*(writable(array) for array in events))
        keys = kernel.entity_keys(events.tokens, self._layout.parts)
        contributions, tokens = self._contributions(events), events.tokens.view(np.int64)
        done = 0
        while True:
            done = kernel.update(
                self._layout,
                self._store,
                events,
                keys,
                contributions,
                tokens,
                vectors,
                self._scratch,
                out,
                done,
            )
            if done == events.at.shape[0]:
                return
            self._grow()

    def logical_hash(self) -> int:
        """64-bit hash of the logical content, equal for equal histories however they were cut, grown or
        restored."""
        return int(logical_hash.content_hash(self._layout, self._store))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The state as arrays for a snapshot, valid until the next `update`."""
        contents = msgspec.json.encode(log_matching.contents_of(self.catalogue, self._full_at))
        return {
            "version": np.array([snapshot.VERSION], dtype=np.int64),
            "catalogue": np.frombuffer(self.catalogue.schema_hash.encode(), dtype=np.uint8),
            "contents": np.frombuffer(contents, dtype=np.uint8),
            "plan": self._layout.plan,
            "full_at": self._full_at,
            "scalars": self._scalars,
            "free_blocks": self._free_blocks,
            "arena": self._store.arena[: int(self._scalars[UNITS_TOP]) * UNIT_WORDS],
            "places": self._places(),
        }

    @classmethod
    def from_arrays(
        cls, catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]], *, bytes_max: int = BYTES_MAX
    ) -> "FeatureState":
        """The state that gave `arrays()`; they are copied. One of another catalogue is taken over: see
        `features.state.migration`. Raises `SnapshotRefusedError`.
        """
        snapshot.check(arrays)
        schema = bytes(arrays["catalogue"]).decode("ascii", "replace")
        places, units = arrays["places"], int(arrays["scalars"][UNITS_TOP])
        if schema != catalogue.schema_hash:
            return cls._taken_over(catalogue, arrays, bytes_max)
        state = cls(catalogue, logs=len(places) + 1024, units=units, bytes_max=bytes_max)
        snapshot.check_layout(arrays, state._layout.plan, state._free_blocks, state._full_at)
        state._scalars[:] = arrays["scalars"]
        state._free_blocks[:] = arrays["free_blocks"]
        state._full_at[:] = arrays["full_at"]
        state._store.arena[: arrays["arena"].size] = arrays["arena"]
        enter_all(state._store.table, writable(places), state._store.arena)
        return state

    @classmethod
    def _taken_over(
        cls, catalogue: Catalogue, arrays: Mapping[str, npt.NDArray[Any]], bytes_max: int
    ) -> "FeatureState":
        """Another catalogue's state in the shape of this one."""
        logs = len(arrays["places"])
        state = cls(catalogue, logs=logs + 1024, units=4 * logs, bytes_max=bytes_max)
        old, contents = snapshot.read_only_store(arrays), snapshot.contents_in(arrays)
        places, plan = writable(arrays["places"]), writable(arrays["plan"])
        now = int(arrays["scalars"][NOW])
        state._scalars[NOW:] = arrays["scalars"][NOW:SCALARS]
        matches = log_matching.matches(catalogue, contents)
        columns = [match.arrays() for match in matches]
        for place in places.tolist():
            log: int = (place & 255) - 1
            if matches[log].log != NONE:
                state._make_room()
                migration.take_over(
                    plan, old, state._layout.plan, state._store, place, matches[log].log, *columns[log], now
                )
        busy = migration.busy_logs(plan, old, places, len(contents.logs))
        state._full_at[:] = log_matching.full_times(catalogue, contents, now, busy)
        return state

    def _checked(self, events: Events, out: Floats) -> Int64s:
        """Row of `out` of each attempt, -1 of other rows."""
        rows = events.at.shape[0]
        for name in ("at", "stream", "code", "amount", "occurred_at", "place"):
            _check(name, getattr(events, name), (rows,), np.int64)
        _check("adds", events.adds, (rows,), np.bool_)
        _check("tokens", events.tokens, (len(TOKENS), rows), np.uint64)
        attempts = events.stream == _ATTEMPT
        count = int(np.count_nonzero(attempts))
        _check("out", out, (count, len(self.catalogue.names)), np.float64)
        disorder = kernel.first_disorder(writable(events.at), int(self._scalars[NOW]))
        if disorder != NONE:
            raise InputError(
                f"engine time goes back to {events.at[disorder]} at row {disorder}; pass rows in log order"
            )
        if count == rows:
            return np.arange(rows)
        return np.where(attempts, np.cumsum(attempts) - 1, NONE).astype(np.int64)

    def _contributions(self, events: Events) -> Int64s:
        """What each event adds to each tally, `[tallies, n]`."""
        rows = np.zeros((len(self._maxima), events.at.shape[0]), np.int64)
        asked = self._tallies if np.count_nonzero(events.stream) else self._tallies_of_attempts
        for row, tally in asked:  # what adds to no event here is not asked
            rows[row] = tally.of(events)
        np.maximum(rows, 0, out=rows)
        np.minimum(rows, self._maxima, out=rows)
        return rows

    def _places(self) -> Int64s:
        """`unit * 256 + log + 1` of every log held."""
        words: Int64s = self._table.array[1::2]
        return np.ascontiguousarray(words[words != 0])

    def _make_room(self) -> None:
        """Grow until one more event fits."""
        scalars, table = self._scalars, self._table.array
        live_end = len(table) // TABLE_WORDS_PER_LOG - self._layout.logs
        units_end = len(self._arena.array) // UNIT_WORDS - self._layout.units_margin
        if scalars[LOGS_LIVE] > live_end or scalars[UNITS_TOP] > units_end:
            self._grow()

    def _grow(self) -> None:
        """Double what is short for one more event."""
        logs, units = int(self._scalars[LOGS_LIVE]), int(self._scalars[UNITS_TOP])
        arena, table = len(self._arena.array), len(self._table.array)
        more = (units + self._layout.units_margin) * UNIT_WORDS >= arena
        wanted = (
            arena * (2 if more else 1),
            table * (2 if (logs + self._layout.logs) * TABLE_WORDS_PER_LOG >= table else 1),
        )
        self._refuse_excess(sum(wanted) * WORD_BYTES)
        self._arena.grow(wanted[0])
        places = self._places()
        if wanted[1] > table:
            self._table = _table(wanted[1])
        self._store = self._joined()
        if wanted[1] > table:
            enter_all(self._store.table, places, self._store.arena)

    def _joined(self) -> LogStore:
        arena = self._arena.array
        return LogStore(
            arena=arena,
            arena32=arena.view(np.uint32),
            arena16=arena.view(np.int16),
            arena8=arena.view(np.uint8),
            table=self._table.array,
            free_blocks=self._free_blocks,
            scalars=self._scalars,
        )

    def _refuse_excess(self, wanted: int) -> None:
        if wanted > self._bytes_max:
            raise StateFullError(
                f"feature state would take {wanted:,} bytes for {self.entities:,} logs, over the maximum "
                f"of {self._bytes_max:,}; raise the maximum or give the engine a machine with more memory"
            )


def vector_hash(state: int, matrix: Floats) -> int:
    """Chain a C-contiguous float64 matrix of vectors into a running 64-bit hash; cuts between rows do not
    matter."""
    if matrix.dtype != np.float64 or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise InputError(f"matrix must be C-contiguous float64[n, F], not {matrix.dtype}{list(matrix.shape)}")
    return int(logical_hash.chain_vectors(np.uint64(state), writable(matrix).view(np.uint64)))


def warm() -> None:
    """Compile or load every kernel on a tiny state, so that the first payment does not wait for it.

    Half a minute when compiled for the first time on a machine, then about a second from numba's cache on
    disk.
    """
    state = FeatureState.empty(CATALOGUE)
    events = Events.empty(1)
    events.tokens[:] = 1
    out = np.zeros((1, len(CATALOGUE.names)))
    state.update(events, out)
    vector_hash(state.logical_hash(), out)
    FeatureState.from_arrays(CATALOGUE, state.arrays())


def _check(name: str, array: npt.NDArray[Any], shape: tuple[int, ...], dtype: type) -> None:
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise InputError(
            f"{name} must be C-contiguous {np.dtype(dtype)}{list(shape)}, "
            f"not {array.dtype}{list(array.shape)}"
        )


def _check_tallies(tallies: list[Tally]) -> None:
    """A tally must give whole numbers, one per row: checked at start, not at the first payment."""
    for tally in tallies:
        try:
            given = np.asarray(tally.of(Events.empty(2)))
        except Exception as error:
            raise CatalogueError(f"{tally.where}: tally {tally.name!r} fails: {error}") from error
        if given.shape != (2,) or given.dtype != np.int64:
            raise CatalogueError(
                f"{tally.where}: tally {tally.name!r} must give int64[n] for n rows, not "
                f"{given.dtype}{list(given.shape)} for 2"
            )


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _table(words: int) -> GrowableWords:
    return GrowableWords(words, reserved=words)
