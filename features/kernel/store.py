"""The state's memory, and how logs and blocks are looked up, taken and released. All functions run inside
kernels.

Invariants: a log is in the table under its (log number, key) exactly while its record is in the arena; a
block belongs to exactly one log or one free list; the table is at most half full, so every probe ends.
Nothing here grows memory: the kernel checks beforehand that there is room for one more event (`FeatureState`
grows between calls).
"""

from typing import NamedTuple

from features.catalogue import RECENT_EVENTS_MAX
from features.kernel.layout import (
    DAY_SIZE_16,
    DAYS_32,
    FIELDS,
    KEY,
    LOG_16,
    RING_32,
    RING_SIZE_16,
    RING_SIZE_MAX,
    TAIL_WORDS,
    UNIT_WORDS,
    LogField,
)
from models.arrays import Bytes, Int16s, Int64s, UInt32s
from models.kernels import hot, inlined, prefetch, signed

UNITS_TOP, UNITS_FREE, LOGS_LIVE, NOW, MINUTE, SWEEP = range(6)
SCALARS = 8
"""Places in `LogStore.scalars`: arena units ever used, units on free lists, logs held, engine time of the
last event, engine minute last swept, table slot to sweep next."""

TABLE_WORDS_PER_LOG = 4
"""Two words a slot and at least two slots a log."""

NONE = -1
_GOLDEN = -7046029254386353131
"""2^64 / golden ratio as int64 (Knuth's multiplicative hashing)."""

UNITS, ENTRY, BUCKET, OTHERS, BUCKET_UNITS = (
    int(LogField.UNITS),
    int(LogField.ENTRY),
    int(LogField.BUCKET),
    int(LogField.OTHERS),
    int(LogField.BUCKET_UNITS),
)


class LogStore(NamedTuple):
    """The arrays of a state. `arena32`, `arena16`, `arena8` are views of `arena`.

    `table` holds pairs (key, unit * 256 + log + 1), 0 where empty; `free_blocks` the first free block by its
    number of units.
    """

    arena: Int64s
    arena32: UInt32s
    arena16: Int16s
    arena8: Bytes
    table: Int64s
    free_blocks: Int64s
    scalars: Int64s


@inlined
def slots_of(size: int) -> int:
    """Slots of each ring of others that goes with an event ring of `2^size`."""
    return min(1 << size, RECENT_EVENTS_MAX)


@inlined
def ring_units(plan: Int64s, fields: int, size: int) -> int:
    """Units of a ring of `2^size` entries and its others."""
    words = (plan[fields + ENTRY] << size) + plan[fields + OTHERS] * slots_of(size)
    if size == RING_SIZE_MAX:
        words += TAIL_WORDS
    return signed((words + UNIT_WORDS - 1) // UNIT_WORDS)


@inlined
def day_units(plan: Int64s, fields: int, size: int) -> int:
    """Units of a ring of `2^size` day entries."""
    return signed(((plan[fields + BUCKET] << size) + UNIT_WORDS - 1) // UNIT_WORDS)


@inlined
def home_slot(log: int, key: int, mask: int) -> int:
    """Where the search for a key starts."""
    mixed = (key + log) * _GOLDEN
    return signed(((mixed >> 32) ^ mixed) & mask)


@inlined
def find(table: Int64s, log: int, key: int) -> int:
    """The first word of a log's record in the arena, or `NONE`."""
    mask = table.shape[0] // 2 - 1
    slot = home_slot(log, key, mask)
    while table[2 * slot + 1] != 0:
        if table[2 * slot] == key and (table[2 * slot + 1] & 255) == log + 1:
            return signed(table[2 * slot + 1] >> 8) * UNIT_WORDS
        slot = (slot + 1) & mask
    return NONE


@inlined
def enter(table: Int64s, log: int, key: int, unit: int) -> None:
    """Put a key that is not there into the table."""
    mask = table.shape[0] // 2 - 1
    slot = home_slot(log, key, mask)
    while table[2 * slot + 1] != 0:
        slot = (slot + 1) & mask
    table[2 * slot] = key
    table[2 * slot + 1] = unit * 256 + log + 1


@hot
def leave(table: Int64s, log: int, key: int) -> None:
    """Take a key that is there out of the table, closing the gap (no tombstones: probes stay short for
    ever)."""
    mask = table.shape[0] // 2 - 1
    hole = home_slot(log, key, mask)
    while table[2 * hole] != key or (table[2 * hole + 1] & 255) != log + 1:
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
def take_block(arena: Int64s, free_blocks: Int64s, scalars: Int64s, units: int) -> int:
    """A block's first unit; free ones of that length first."""
    unit = free_blocks[units]
    if unit == NONE:
        unit = scalars[UNITS_TOP]
        scalars[UNITS_TOP] += units
        return signed(unit)
    free_blocks[units] = arena[unit * UNIT_WORDS]
    scalars[UNITS_FREE] -= units
    return signed(unit)


@inlined
def give_block(arena: Int64s, free_blocks: Int64s, scalars: Int64s, units: int, unit: int) -> None:
    """Put a block on its free list; its first word becomes the link."""
    arena[unit * UNIT_WORDS] = free_blocks[units]
    free_blocks[units] = unit
    scalars[UNITS_FREE] += units


@inlined
def clear(arena: Int64s, start: int, words: int) -> None:
    """Zero words of the arena."""
    for word in range(start, start + words):
        arena[word] = 0


@inlined
def take_log(
    plan: Int64s,
    arena: Int64s,
    arena16: Int16s,
    table: Int64s,
    free_blocks: Int64s,
    scalars: Int64s,
    log: int,
    key: int,
) -> int:
    """A new, empty record without rings, entered into the table; returns its first word."""
    units = plan[log * FIELDS + UNITS]
    unit = take_block(arena, free_blocks, scalars, units)
    base = unit * UNIT_WORDS
    clear(arena, base, units * UNIT_WORDS)
    arena[base + KEY] = key
    arena16[4 * base + LOG_16] = log
    arena16[4 * base + RING_SIZE_16] = NONE
    arena16[4 * base + DAY_SIZE_16] = NONE
    scalars[LOGS_LIVE] += 1
    enter(table, log, key, unit)
    return signed(base)


@inlined
def give_ring(
    plan: Int64s,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    fields: int,
    base: int,
) -> None:
    """Give a record's ring back, if it has one."""
    size = signed(arena16[4 * base + RING_SIZE_16])
    if size != NONE:
        unit = signed(arena32[2 * base + RING_32])
        give_block(arena, free_blocks, scalars, ring_units(plan, fields, size), unit)
        arena16[4 * base + RING_SIZE_16] = NONE


@inlined
def give_days(
    plan: Int64s,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    fields: int,
    base: int,
) -> None:
    """Give a record's day entries back, if it has any."""
    size = signed(arena16[4 * base + DAY_SIZE_16])
    if size != NONE:
        unit = signed(arena32[2 * base + DAYS_32])
        give_block(arena, free_blocks, scalars, day_units(plan, fields, size), unit)
        arena16[4 * base + DAY_SIZE_16] = NONE


@inlined
def tail_of(plan: Int64s, fields: int, arena32: UInt32s, arena16: Int16s, base: int) -> int:
    """Place of the two words after a ring of full size, or `NONE` where the ring is smaller."""
    if arena16[4 * base + RING_SIZE_16] != RING_SIZE_MAX:
        return NONE
    ring = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
    others = plan[fields + OTHERS] * RECENT_EVENTS_MAX
    return signed(ring + (plan[fields + ENTRY] << RING_SIZE_MAX) + others)


@inlined
def buckets_of(plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, arena16: Int16s, base: int) -> int:
    """First word of a busy log's buckets, or `NONE`."""
    tail = tail_of(plan, fields, arena32, arena16, base)
    if tail == NONE or arena[tail + 1] == NONE:
        return NONE
    return signed(arena[tail + 1]) * UNIT_WORDS


@inlined
def log_units(plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, arena16: Int16s, base: int) -> int:
    """Units of a record with all its blocks."""
    units = plan[fields + UNITS]
    size = signed(arena16[4 * base + RING_SIZE_16])
    if size != NONE:
        units += ring_units(plan, fields, size)
    size = signed(arena16[4 * base + DAY_SIZE_16])
    if size != NONE:
        units += day_units(plan, fields, size)
    if buckets_of(plan, fields, arena, arena32, arena16, base) != NONE:
        units += plan[fields + BUCKET_UNITS]
    return signed(units)


@inlined
def give_buckets(
    plan: Int64s,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    fields: int,
    base: int,
) -> None:
    """Give a record's buckets back, if it has any; before its ring, which says where they are."""
    block = buckets_of(plan, fields, arena, arena32, arena16, base)
    if block != NONE:
        give_block(arena, free_blocks, scalars, plan[fields + BUCKET_UNITS], block // UNIT_WORDS)
        arena[tail_of(plan, fields, arena32, arena16, base) + 1] = NONE


@hot
def give_log(plan: Int64s, store: LogStore, base: int) -> None:
    """Reclaim a record and all its blocks."""
    arena, arena32, arena16 = store.arena, store.arena32, store.arena16
    free_blocks, scalars = store.free_blocks, store.scalars
    log = signed(arena16[4 * base + LOG_16])
    fields = log * FIELDS
    leave(store.table, log, arena[base + KEY])
    give_buckets(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    give_ring(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    give_days(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    give_block(arena, free_blocks, scalars, plan[fields + UNITS], base // UNIT_WORDS)
    scalars[LOGS_LIVE] -= 1


@hot
def forget(plan: Int64s, store: LogStore, base: int) -> None:
    """Make a record as if new, in its place."""
    arena, arena32, arena16 = store.arena, store.arena32, store.arena16
    free_blocks, scalars = store.free_blocks, store.scalars
    log, key = signed(arena16[4 * base + LOG_16]), arena[base + KEY]
    fields = log * FIELDS
    give_buckets(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    give_ring(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    give_days(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    clear(arena, base, plan[fields + UNITS] * UNIT_WORDS)
    arena[base + KEY] = key
    arena16[4 * base + LOG_16] = log
    arena16[4 * base + RING_SIZE_16] = NONE
    arena16[4 * base + DAY_SIZE_16] = NONE


@hot
def enter_all(table: Int64s, places: Int64s, arena: Int64s) -> None:
    """Fill an empty table with logs in use (`unit * 256 + log + 1` each), after growth or a restore."""
    mask = table.shape[0] // 2 - 1
    count = places.shape[0]
    for index in range(count):
        ahead = places[min(index + 16, count - 1)]
        prefetch(arena, (ahead >> 8) * UNIT_WORDS)
        near = places[min(index + 8, count - 1)]
        prefetch(table, 2 * home_slot((near & 255) - 1, arena[(near >> 8) * UNIT_WORDS + KEY], mask))
        place = places[index]
        enter(table, (place & 255) - 1, arena[(place >> 8) * UNIT_WORDS + KEY], place >> 8)
