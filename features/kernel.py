"""The exact-log kernel: a block of payments in, one feature vector each out, entities' logs updated in order.

Per payment and entity: find the row, move each window's tail past what has expired, write the features, append the
event. The result depends on the payments and their order alone, never on how they are cut into calls: growth and
reclaiming move memory, not content, and expiry is judged when an entity is read.
"""

import numpy as np

from features.arrays import Bools, Floats, Int16s, Int64s, UInt32s
from features.compiled import inlined, kernel, population_count, prefetch
from features.layout import (
    COUNTS,
    KIND,
    LAST,
    PLACE,
    POSITION,
    SIZE,
    SIZE_MAX,
    SIZE_MIN,
    TOTAL,
    UNIT_WORDS,
    Layout,
)
from features.measures import AMOUNT_MAX, DISTINCT_EVENTS_MAX, EVENTS_MAX, Measure
from features.reclamation import sweep
from features.store import (
    MINUTE,
    NONE,
    NOW,
    ROWS_LIVE,
    ROWS_TOP,
    TABLE_WORDS_PER_ROW,
    UNITS_TOP,
    Store,
    find,
    home_slot,
    give_block,
    take_block,
    take_row,
)

BLOCK = 32
"""Payments whose rows are looked up together, so that the memory of one is fetched while another is computed."""

_COUNT, _SUM, _RATIO, _DISTINCT = (
    int(Measure.PAYMENT_COUNT),
    int(Measure.AMOUNT_SUM),
    int(Measure.AMOUNT_RATIO_TO_MEAN),
    int(Measure.DISTINCT),
)


@kernel
def first_disorder(at: Int64s, now: int) -> int:
    """Index of the first engine time smaller than the one before it, or `NONE`."""
    for index in range(at.shape[0]):
        if at[index] < now:
            return index
        now = at[index]
    return NONE


@inlined
def block_end(at: Int64s, start: int) -> int:
    """End of the block of payments from `start`: at most `BLOCK`, all within one engine minute."""
    minute = at[start] // 60_000
    end = start + 1
    while end < at.shape[0] and end - start < BLOCK and at[end] // 60_000 == minute:
        end += 1
    return end


@inlined
def count_events(
    window_ms: int, records16: Int16s, lane: int, arena: Int64s, block: int, position: int, ring: int, at: int
) -> int:
    """Events left in one window at `at`, after moving its tail past those that have expired."""
    count = np.int64(records16[lane])
    while count > 0 and arena[block + 2 * ((position - count) & ring)] <= at - window_ms:
        count -= 1
    records16[lane] = count
    return count


@inlined
def distinct(mask: int, position: int, slots: int, events: int) -> int:
    """Set bits of `mask` among the slots of the last `events` events (at most `slots`) before `position`."""
    if events >= slots:
        return population_count(mask)
    first = (position - events) & (slots - 1)
    turned = (mask >> first) | (mask << (slots - first))
    return population_count(turned & ((1 << events) - 1))


@inlined
def remember(arena: Int64s, ring: int, slots: int, mask: int, slot: int, value: int) -> int:
    """Write an other into its slot; returns the mask with this slot as the latest of its value (absent: none)."""
    same = 0
    for place in range(slots):
        same |= np.int64(arena[ring + place] == value) << place
    arena[ring + slot] = value
    return (mask & ~same & ~(1 << slot)) | (np.int64(value != 0) << slot)


@inlined
def emit(
    program: Int64s,
    first: int,
    end: int,
    defaults: Floats,
    records32: UInt32s,
    masks: int,
    position: int,
    slots: int,
    elapsed: int,
    amount: int,
    counts: Int64s,
    sums: Int64s,
    out: Floats,
    index: int,
) -> None:
    """Run the lines `first..end` of the program for one entity of payment `index`."""
    for line in range(first, end):
        measure = program[line, 0]
        window = program[line, 1]
        column = program[line, 3]
        if measure == _COUNT:
            out[index, column] = counts[window]
        elif measure == _SUM:
            out[index, column] = sums[window]
        elif measure == _RATIO:
            known = sums[window] > 0
            out[index, column] = amount * counts[window] / sums[window] if known else defaults[column]
        elif measure == _DISTINCT:
            mask = np.int64(records32[masks + program[line, 2]])
            out[index, column] = distinct(mask, position, slots, counts[window])
        else:
            out[index, column] = elapsed if counts[window] > 0 else defaults[column]


@kernel
def drop_oldest(records16: Int16s, lanes: int, windows: int) -> None:
    """The log is at its cap: the windows that reach to its oldest event lose it."""
    for window in range(windows):
        if records16[lanes + window] == EVENTS_MAX:
            records16[lanes + window] = EVENTS_MAX - 1


@kernel
def double(layout: Layout, store: Store, base: int) -> None:
    """Move a full ring into a block of twice the events. Events keep their position, so only slots change."""
    arena, records16, records32 = store.arena, store.records16, store.records32
    kind = np.int64(records16[4 * base + KIND])
    size = np.int64(records16[4 * base + SIZE])
    free, units = store.free_blocks[kind], layout.block_units[kind]
    old = np.int64(records32[2 * base + PLACE])
    new = take_block(arena, free, store.scalars, size + 1, units[size + 1])
    position = np.int64(records32[2 * base + POSITION])
    for event in range(position - (1 << size), position):
        source = old * UNIT_WORDS + 2 * (event & ((1 << size) - 1))
        target = new * UNIT_WORDS + 2 * (event & ((2 << size) - 1))
        arena[target] = arena[source]
        arena[target + 1] = arena[source + 1]
    for other in range(layout.other_count[kind]):
        move_others(arena, records32, 2 * base + layout.masks + other, old, new, size, other, position)
    give_block(arena, free, store.scalars, old, size, units[size])
    records32[2 * base + PLACE] = new
    records16[4 * base + SIZE] = size + 1


@kernel
def move_others(
    arena: Int64s, records32: UInt32s, mask_at: int, old: int, new: int, size: int, other: int, position: int
) -> None:
    """Copy one ring of others from block `old` to the doubled block `new` and turn its mask to the new slots."""
    before = min(1 << size, DISTINCT_EVENTS_MAX)
    after = min(2 << size, DISTINCT_EVENTS_MAX)
    source = old * UNIT_WORDS + (2 << size) + other * before
    target = new * UNIT_WORDS + (4 << size) + other * after
    mask = np.int64(records32[mask_at])
    turned = 0
    for event in range(position - before, position):
        arena[target + (event & (after - 1))] = arena[source + (event & (before - 1))]
        turned |= ((mask >> (event & (before - 1))) & 1) << (event & (after - 1))
    records32[mask_at] = turned


@kernel
def update(
    layout: Layout,
    store: Store,
    at: Int64s,
    entities: Int64s,
    amounts: Int64s,
    adds: Bools,
    out: Floats,
) -> int:
    """Compute and append payments in order; returns how many were done before memory ran short."""
    records, records32, records16 = store.records, store.records32, store.records16
    table, arena, scalars = store.table, store.arena, store.scalars
    program, starts, defaults = layout.program, layout.starts, layout.defaults
    window_ms, window_count, block_units = layout.window_ms, layout.window_count, layout.block_units
    other, other_count = layout.other, layout.other_count
    record_words, masks = layout.record_words, layout.masks
    kinds = window_count.shape[0]
    rows_end = records.shape[0] // record_words - kinds
    live_end = table.shape[0] // TABLE_WORDS_PER_ROW - kinds
    units_end = arena.shape[0] // UNIT_WORDS - kinds * block_units[:, SIZE_MAX].max()
    rows = np.empty(BLOCK * kinds, np.int64)
    counts = np.zeros(window_ms.shape[1], np.int64)
    sums = np.zeros(window_ms.shape[1], np.int64)
    start = 0
    while start < at.shape[0]:
        if at[start] // 60_000 != scalars[MINUTE]:
            sweep(layout, store, at[start])
        end = block_end(at, start)
        for index in range(start, end):
            for kind in range(kinds):
                prefetch(table, 2 * home_slot(kind, entities[kind, index], table.shape[0] // 2 - 1))
        for index in range(start, end):
            for kind in range(kinds):
                row = find(table, kind, entities[kind, index])
                rows[(index - start) * kinds + kind] = row
                if row != NONE:
                    prefetch(records, row * record_words)
        for index in range(start, end):
            for kind in range(kinds):
                row = rows[(index - start) * kinds + kind]
                if row != NONE:
                    base = row * record_words
                    size = np.int64(records16[4 * base + SIZE])
                    ring = (1 << size) - 1
                    position = np.int64(records32[2 * base + POSITION])
                    block = np.int64(records32[2 * base + PLACE]) * UNIT_WORDS
                    prefetch(arena, block + 2 * (position & ring))
                    for window in range(window_count[kind]):
                        count = np.int64(records16[4 * base + COUNTS + window])
                        if count > 0:
                            prefetch(arena, block + 2 * ((position - count) & ring))
                    slots = min(1 << size, DISTINCT_EVENTS_MAX)
                    for o in range(other_count[kind]):
                        ot = block + (2 << size) + o * slots
                        for x in range(0, slots, 8):
                            prefetch(arena, ot + x)
        for index in range(start, end):
            if scalars[ROWS_TOP] > rows_end or scalars[ROWS_LIVE] > live_end or scalars[UNITS_TOP] > units_end:
                return index
            now = at[index]
            amount = min(max(amounts[index], 0), AMOUNT_MAX)
            for kind in range(kinds):
                first, last = starts[kind], starts[kind + 1]
                key = entities[kind, index]
                if key == 0:
                    for line in range(first, last):
                        out[index, program[line, 3]] = defaults[program[line, 3]]
                    continue
                if first == last:
                    continue
                windows = window_count[kind]
                row = rows[(index - start) * kinds + kind]
                if row == NONE:
                    row = find(table, kind, key)
                if row == NONE:
                    if adds[index]:
                        row = take_row(store, record_words, kind, key, block_units[kind, SIZE_MIN])
                    else:
                        counts[:] = 0
                        sums[:] = 0
                        emit(program, first, last, defaults, records32, 0, 0, 1, 0, amount, counts, sums, out, index)
                        continue
                base = row * record_words
                lanes = 4 * base + COUNTS
                masks_at = 2 * base + masks
                size = np.int64(records16[4 * base + SIZE])
                ring = (1 << size) - 1
                position = np.int64(records32[2 * base + POSITION])
                block = np.int64(records32[2 * base + PLACE]) * UNIT_WORDS
                total = records[base + TOTAL]
                slots = min(1 << size, DISTINCT_EVENTS_MAX)
                for window in range(windows):
                    count = count_events(window_ms[kind, window], records16, lanes + window, arena, block, position, ring, now)
                    counts[window] = count
                    sums[window] = total - arena[block + 2 * ((position - count) & ring) + 1] if count > 0 else 0
                emit(program, first, last, defaults, records32, masks_at, position, slots, now - records[base + LAST], amount, counts, sums, out, index)
                if not adds[index]:
                    continue
                if counts[windows - 1] > ring:
                    if size < SIZE_MAX:
                        double(layout, store, base)
                        size += 1
                        ring = (1 << size) - 1
                        slots = min(1 << size, DISTINCT_EVENTS_MAX)
                        block = np.int64(records32[2 * base + PLACE]) * UNIT_WORDS
                    else:
                        drop_oldest(records16, lanes, windows)
                place = block + 2 * (position & ring)
                arena[place] = now
                arena[place + 1] = total
                records[base + TOTAL] = total + amount
                records[base + LAST] = now
                records32[2 * base + POSITION] = position + 1
                for window in range(windows):
                    records16[lanes + window] += 1
                for o in range(other_count[kind]):
                    value = entities[other[kind, o], index]
                    others = block + (2 << size) + o * slots
                    mask = np.int64(records32[masks_at + o])
                    records32[masks_at + o] = remember(arena, others, slots, mask, position & (slots - 1), value)
            scalars[NOW] = now
        start = end
    return start
