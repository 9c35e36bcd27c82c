"""The state's memory, and how rows and blocks are found, taken and given back. All functions run inside
kernels.

Invariants: a row is in the table under its (kind, key) exactly while its record's kind is not -1; a block
belongs to exactly one row or one free list; the table is at most half full, so every probe ends. Nothing here
allocates: the kernel checks beforehand that there is room for one more payment (`FeatureState` grows between
calls).
"""

from typing import NamedTuple

from features.arrays import Int16s, Int64s, UInt32s
from features.compiled import inlined, kernel, prefetch, signed
from features.layout import KEY, KIND, PLACE, SIZE, SIZE_MIN, TOTAL, UNIT_WORDS
from features.measures import DISTINCT_EVENTS_MAX

ROWS_TOP, ROWS_LIVE, ROW_FREE, UNITS_TOP, UNITS_FREE, NOW, MINUTE, SWEEP = range(8)
SCALARS = 8
"""Places in `Store.scalars`: rows ever used, rows in use, first free row, arena units ever used, units on
free lists, engine time of the last payment, engine minute last swept, next row to sweep."""

TABLE_WORDS_PER_ROW = 4
"""Two words a slot and at least two slots an entity in use."""

AHEAD = 16
"""Rows whose memory is fetched before their turn when all rows are visited."""

NONE = -1
_GOLDEN = -7046029254386353131
"""2^64 / golden ratio as int64 (Knuth's multiplicative hashing)."""


class Store(NamedTuple):
    """The arrays of a state. `records32` and `records16` are views of `records`.

    `table` holds pairs (key, row * 256 + kind + 1), 0 where empty; `free_blocks` the first free unit by kind
    and size.
    """

    records: Int64s
    records32: UInt32s
    records16: Int16s
    table: Int64s
    arena: Int64s
    free_blocks: Int64s
    scalars: Int64s


@inlined
def slots_of(size: int) -> int:
    """Slots of each ring of others beside an event ring of `2^size`."""
    return min(1 << size, DISTINCT_EVENTS_MAX)


@inlined
def home_slot(kind: int, key: int, mask: int) -> int:
    """Where the search for a key starts."""
    mixed = (key + kind) * _GOLDEN
    return signed(((mixed >> 32) ^ mixed) & mask)


@inlined
def find(table: Int64s, kind: int, key: int) -> int:
    """The row of a key, or `NONE`."""
    mask = table.shape[0] // 2 - 1
    slot = home_slot(kind, key, mask)
    while table[2 * slot + 1] != 0:
        if table[2 * slot] == key and (table[2 * slot + 1] & 255) == kind + 1:
            return signed(table[2 * slot + 1] >> 8)
        slot = (slot + 1) & mask
    return NONE


@inlined
def enter(table: Int64s, kind: int, key: int, row: int) -> None:
    """Put a key that is not there into the table."""
    mask = table.shape[0] // 2 - 1
    slot = home_slot(kind, key, mask)
    while table[2 * slot + 1] != 0:
        slot = (slot + 1) & mask
    table[2 * slot] = key
    table[2 * slot + 1] = row * 256 + kind + 1


@kernel
def leave(table: Int64s, kind: int, key: int) -> None:
    """Take a key that is there out of the table, closing the gap (no tombstones: probes stay short for
    ever)."""
    mask = table.shape[0] // 2 - 1
    hole = home_slot(kind, key, mask)
    while table[2 * hole] != key or (table[2 * hole + 1] & 255) != kind + 1:
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while table[2 * slot + 1] != 0:
        home = home_slot((table[2 * slot + 1] & 255) - 1, table[2 * slot], mask)
        if ((slot - home) & mask) >= ((slot - hole) & mask):
            table[2 * hole] = table[2 * slot]
            table[2 * hole + 1] = table[2 * slot + 1]
            hole = slot
        slot = (slot + 1) & mask
    table[2 * hole + 1] = 0


@inlined
def take_block(arena: Int64s, free_blocks: Int64s, scalars: Int64s, kind: int, size: int, units: int) -> int:
    """A block's place in the arena; free ones first."""
    place = free_blocks[kind, size]
    if place == NONE:
        place = scalars[UNITS_TOP]
        scalars[UNITS_TOP] += units
        return signed(place)
    free_blocks[kind, size] = arena[place * UNIT_WORDS]
    scalars[UNITS_FREE] -= units
    return signed(place)


@inlined
def give_block(
    arena: Int64s, free_blocks: Int64s, scalars: Int64s, kind: int, size: int, units: int, place: int
) -> None:
    """Put a block on its free list; its first word becomes the link."""
    arena[place * UNIT_WORDS] = free_blocks[kind, size]
    free_blocks[kind, size] = place
    scalars[UNITS_FREE] += units


@inlined
def take_row(
    table: Int64s,
    records: Int64s,
    records16: Int16s,
    record_words: int,
    scalars: Int64s,
    kind: int,
    key: int,
) -> int:
    """A new, empty record, entered into the table. The caller gives it a block of the smallest size."""
    row = scalars[ROW_FREE]
    if row == NONE:
        row = scalars[ROWS_TOP]
        scalars[ROWS_TOP] += 1
    else:
        scalars[ROW_FREE] = records[row * record_words + TOTAL]
    scalars[ROWS_LIVE] += 1
    base = row * record_words
    records[base : base + record_words] = 0
    records[base + KEY] = key
    records16[4 * base + KIND] = kind
    records16[4 * base + SIZE] = SIZE_MIN
    enter(table, kind, key, row)
    return signed(row)


@kernel
def give_row(store: Store, record_words: int, row: int, units: int) -> None:
    """Reclaim a record and its block."""
    base = row * record_words
    kind = store.records16[4 * base + KIND]
    size = store.records16[4 * base + SIZE]
    leave(store.table, kind, store.records[base + KEY])
    place = store.records32[2 * base + PLACE]
    give_block(store.arena, store.free_blocks, store.scalars, kind, size, units, place)
    store.records16[4 * base + KIND] = NONE
    store.records[base + TOTAL] = store.scalars[ROW_FREE]
    store.scalars[ROW_FREE] = row
    store.scalars[ROWS_LIVE] -= 1


@kernel
def enter_all(store: Store, record_words: int) -> None:
    """Fill an empty table with all rows in use, after growth or a restore; slots are fetched ahead."""
    table, records, records16 = store.table, store.records, store.records16
    top = store.scalars[ROWS_TOP]
    mask = table.shape[0] // 2 - 1
    for row in range(top):
        ahead = min(row + AHEAD, top - 1) * record_words
        prefetch(table, 2 * home_slot(records16[4 * ahead + KIND], records[ahead + KEY], mask))
        kind = records16[4 * row * record_words + KIND]
        if kind != NONE:
            enter(table, kind, records[row * record_words + KEY], row)
