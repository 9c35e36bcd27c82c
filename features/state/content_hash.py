"""Hashes over state and vectors that say whether two engines agree.

`content_hash` covers logical content only: of each log that is not forgotten its number, key, totals and what
else later vectors depend on: the events within its longest exact window with the others of the last 32, its
days, the buckets still read; logs in any order. Places in memory, growth and reclaiming leave no trace.
`chain_vectors` chains over the bits of all vectors in row order, so cuts leave none either.
"""

import numpy as np

from features.kernel import (
    BUCKET,
    BUCKET_RING,
    COHORT,
    COHORT_DAYS,
    COUNTS_16,
    DAY_POSITION_16,
    DAY_SIZE_16,
    DAYS,
    DAYS_32,
    ENTRY,
    EVENTS,
    EXACT,
    FIELDS,
    KEY,
    LAST,
    LOG_16,
    NONE,
    NOW,
    OTHERS,
    RING_32,
    RING_SIZE_16,
    TOTALS,
    UNIT_WORDS,
    WINDOWS_AT,
    KernelLayout,
    LogField,
    LogStore,
    buckets_of,
    entry_time,
    is_forgotten,
    slots_of,
    tail_of,
)
from models.arrays import Int16s, Int64s, UInt32s, UInt64s
from models.kernels import inlined, kernel, signed
from models.units import DAY_MS

STREAM = int(LogField.STREAM)

_PRIME_1 = np.uint64(0x9E3779B185EBCA87)
_PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
_PRIME_3 = np.uint64(0x165667B19E3779F9)
_SHIFT = np.uint64(29)
_LONG_SHIFT = np.uint64(32)
_MAGNITUDE = np.uint64(0x7FFFFFFFFFFFFFFF)
_INFINITY = np.uint64(0x7FF0000000000000)
_QUIET_NAN = np.uint64(0x7FF8000000000000)


@inlined
def mix(state: np.uint64, word: np.uint64) -> np.uint64:
    """Chain one word into a hash (a round of xxHash64 with a final shift)."""
    state = (state ^ (word * _PRIME_2)) * _PRIME_1
    return state ^ (state >> _SHIFT)


@inlined
def finish(state: np.uint64) -> np.uint64:
    """Spread every bit over the whole word (xxHash64's avalanche)."""
    state = (state ^ (state >> _LONG_SHIFT)) * _PRIME_2
    state = (state ^ (state >> _SHIFT)) * _PRIME_3
    return state ^ (state >> _LONG_SHIFT)


@kernel
def content_hash(layout: KernelLayout, store: LogStore) -> np.uint64:
    """Hash of the logical content: engine time and every log that is not forgotten."""
    plan, table, arena = layout.plan, store.table, store.arena
    now = store.scalars[NOW]
    total, logs = np.uint64(0), np.uint64(0)
    for slot in range(table.shape[0] // 2):
        if table[2 * slot + 1] == 0:
            continue
        base = signed(table[2 * slot + 1] >> 8) * UNIT_WORDS
        log = signed(store.arena16[4 * base + LOG_16])
        fields = log * FIELDS
        if arena[base + EVENTS] == 0 or is_forgotten(plan, fields, arena, base, now):
            continue
        state = mix(mix(np.uint64(log + 1), np.uint64(arena[base + KEY])), np.uint64(arena[base + EVENTS]))
        if plan[fields + STREAM] == COHORT:
            state = cohort_content(state, arena, base)
        else:
            state = record_content(state, plan, fields, arena, base)
            state = ring_content(state, plan, fields, arena, store.arena32, store.arena16, base, now)
            state = day_content(state, plan, fields, arena, store.arena32, store.arena16, base, now)
            state = bucket_content(state, plan, fields, arena, store.arena32, store.arena16, base, now)
        total += finish(state)
        logs += np.uint64(1)
    return finish(mix(mix(total, logs), np.uint64(now)))


@inlined
def cohort_content(state: np.uint64, arena: Int64s, base: int) -> np.uint64:
    """Chain the cells of a cohort log that hold a valid day, with the days."""
    newest = arena[base + LAST] // DAY_MS
    for day in range(newest - COHORT_DAYS + 1, newest + 1):
        cell = arena[base + TOTALS + (day & (COHORT_DAYS - 1))]
        if cell != 0:
            state = mix(mix(state, np.uint64(day)), np.uint64(cell))
    return mix(state, np.uint64(arena[base + LAST]))


@inlined
def record_content(state: np.uint64, plan: Int64s, fields: int, arena: Int64s, base: int) -> np.uint64:
    """Chain times, totals, marks, runs, place and habit: the words before the counts of the windows."""
    state = mix(state, np.uint64(arena[base + LAST]))
    for word in range(base + TOTALS, base + plan[fields + COUNTS_16] // 4):
        state = mix(state, np.uint64(arena[word]))
    return state


@inlined
def ring_content(
    state: np.uint64,
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    now: int,
) -> np.uint64:
    """Chain the entries within the longest exact window, and the others of the last of them."""
    size, exact = signed(arena16[4 * base + RING_SIZE_16]), plan[fields + EXACT]
    if size == NONE:
        return state
    block, width = signed(arena32[2 * base + RING_32]) * UNIT_WORDS, plan[fields + ENTRY]
    since = now - plan[plan[fields + WINDOWS_AT] + exact - 1]
    events = signed(arena16[4 * base + plan[fields + COUNTS_16] + exact - 1])
    position = arena[base + EVENTS]
    while (
        events > 0 and entry_time(arena[block + width * ((position - events) & ((1 << size) - 1))]) <= since
    ):
        events -= 1
    for event in range(position - events, position):
        entry = block + width * (event & ((1 << size) - 1))
        for word in range(width):
            state = mix(state, np.uint64(arena[entry + word]))
    slots = slots_of(size)
    for other in range(plan[fields + OTHERS]):
        ring = block + (width << size) + other * slots
        for event in range(position - min(events, slots), position):
            state = mix(state, np.uint64(arena[ring + (event & (slots - 1))]))
    return state


@inlined
def day_content(
    state: np.uint64,
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    now: int,
) -> np.uint64:
    """Chain the day entries within the longest window."""
    size, windows = signed(arena16[4 * base + DAY_SIZE_16]), plan[fields + EXACT] + plan[fields + DAYS]
    if size == NONE:
        return state
    block, width = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS, plan[fields + BUCKET]
    since = now - plan[plan[fields + WINDOWS_AT] + windows - 1]
    count = signed(arena16[4 * base + plan[fields + COUNTS_16] + windows - 1])
    position = signed(arena16[4 * base + DAY_POSITION_16])
    for day in range(position - count, position):
        entry = block + width * (day & ((1 << size) - 1))
        if arena[entry] > since:
            for word in range(width):
                state = mix(state, np.uint64(arena[entry + word]))
    return state


@inlined
def bucket_content(
    state: np.uint64,
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    now: int,
) -> np.uint64:
    """Chain the buckets of the windows that are read from them, as far as they begin within the window."""
    block, width = buckets_of(plan, fields, arena, arena32, arena16, base), plan[fields + BUCKET]
    if block == NONE:
        return state
    dropped = arena[tail_of(plan, fields, arena32, arena16, base)]
    for window in range(plan[fields + EXACT]):
        since = now - plan[plan[fields + WINDOWS_AT] + window]
        if dropped <= since:
            continue
        state = mix(state, np.uint64(dropped))
        ring = block + plan[fields + EXACT] + window * BUCKET_RING * width
        position = signed(arena32[2 * (block + window)])
        for bucket in range(position - signed(arena32[2 * (block + window) + 1]), position):
            entry = ring + width * (bucket & (BUCKET_RING - 1))
            if arena[entry] > since:
                for word in range(width):
                    state = mix(state, np.uint64(arena[entry + word]))
    return state


@kernel
def chain_vectors(state: np.uint64, bits: UInt64s) -> np.uint64:
    """Chain the bits of a matrix of float64, row by row; all NaNs count as one, -0.0 as 0.0."""
    for row in range(bits.shape[0]):
        state = mix(state, vector_bits(bits[row]))
    return state


@inlined
def vector_bits(bits: UInt64s) -> np.uint64:
    """Hash of one vector, in four lanes so that the processor works on four columns at a time."""
    lanes = bits.shape[0] // 4 * 4
    a, b, c, d = _PRIME_1, _PRIME_2, _PRIME_3, np.uint64(bits.shape[0])
    for column in range(0, lanes, 4):
        a = mix(a, canonical(bits[column]))
        b = mix(b, canonical(bits[column + 1]))
        c = mix(c, canonical(bits[column + 2]))
        d = mix(d, canonical(bits[column + 3]))
    for column in range(lanes, bits.shape[0]):
        a = mix(a, canonical(bits[column]))
    return finish(mix(mix(mix(a, b), c), d))


@inlined
def canonical(bits: np.uint64) -> np.uint64:
    """The bits of a float64 with one NaN and one zero."""
    magnitude = bits & _MAGNITUDE
    if magnitude > _INFINITY:
        return _QUIET_NAN
    return bits if magnitude != 0 else magnitude
