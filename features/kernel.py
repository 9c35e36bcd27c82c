"""The exact-log kernel: a block of payments in, one feature vector each out, entities' logs updated in order.

Per payment and entity: find the row, move each window's tail past what has expired, write the features, append the
event. The result depends on the payments and their order alone, never on how they are cut into calls: growth and
reclaiming move memory, not content, and expiry is judged when an entity is read.
"""

import numpy as np

from features.arrays import Bools, Floats, Int16s, Int64s, UInt32s
from features.compiled import kernel, population_count
from features.layout import COUNTS, LAST, PLACE, POSITION, SIZE, SIZE_MAX, SIZE_MIN, TOTAL, UNIT_WORDS, Layout
from features.measures import AMOUNT_MAX, DISTINCT_EVENTS_MAX, EVENTS_MAX, Measure
from features.reclamation import sweep
from features.store import (
    NONE,
    NOW,
    ROWS_LIVE,
    ROWS_TOP,
    UNITS_TOP,
    Store,
    find,
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


@kernel
def has_room(layout: Layout, store: Store) -> bool:
    """Whether one more payment surely fits: every entity new and every block doubled."""
    kinds = layout.window_count.shape[0]
    live = store.scalars[ROWS_LIVE] + kinds
    units = store.scalars[UNITS_TOP] + kinds * layout.block_units[:, SIZE_MAX].max()
    return (
        store.scalars[ROWS_TOP] + kinds <= store.records.shape[0] // layout.record_words
        and live * 4 <= store.table.shape[0]
        and units * UNIT_WORDS <= store.arena.shape[0]
    )


@kernel
def block_end(at: Int64s, start: int) -> int:
    """End of the block of payments from `start`: at most `BLOCK`, all within one engine minute."""
    minute = at[start] // 60_000
    end = start + 1
    while end < at.shape[0] and end - start < BLOCK and at[end] // 60_000 == minute:
        end += 1
    return end


@kernel
def observe(
    layout: Layout,
    store: Store,
    kind: int,
    row: int,
    at: int,
    amount: int,
    counts: Int64s,
    sums: Int64s,
    out: Floats,
) -> None:
    """Write the features of one entity of one payment; `row` is `NONE` for an entity without history.

    Moves the entity's window tails past what has expired; nothing else is changed.
    """
    windows = layout.window_count[kind]
    if row == NONE:
        counts[:windows] = 0
        sums[:windows] = 0
        emit(layout, kind, store.records32[:0], 0, 0, at, 0, amount, counts, sums, out)
        return
    base = row * layout.record_words
    record16 = store.records16[4 * base : 4 * (base + layout.record_words)]
    record32 = store.records32[2 * base : 2 * (base + layout.record_words)]
    size = record16[SIZE]
    position = np.int64(record32[POSITION])
    block = np.int64(record32[PLACE]) * UNIT_WORDS
    total = store.records[base + TOTAL]
    ring = (1 << size) - 1
    for window in range(windows):
        count = np.int64(record16[COUNTS + window])
        expired = at - layout.window_ms[kind, window]
        while count > 0 and store.arena[block + 2 * ((position - count) & ring)] <= expired:
            count -= 1
        record16[COUNTS + window] = count
        counts[window] = count
        sums[window] = total - store.arena[block + 2 * ((position - count) & ring) + 1] if count > 0 else 0
    others = min(1 << size, DISTINCT_EVENTS_MAX)
    emit(layout, kind, record32, position, others, at, store.records[base + LAST], amount, counts, sums, out)


@kernel
def default(layout: Layout, kind: int, out: Floats) -> None:
    """The features of an absent entity."""
    for line in range(layout.starts[kind], layout.starts[kind + 1]):
        column = layout.program[line, 3]
        out[column] = layout.defaults[column]


@kernel
def emit(
    layout: Layout,
    kind: int,
    record32: UInt32s,
    position: int,
    others: int,
    at: int,
    last: int,
    amount: int,
    counts: Int64s,
    sums: Int64s,
    out: Floats,
) -> None:
    """Run the entity's lines of the program."""
    for line in range(layout.starts[kind], layout.starts[kind + 1]):
        measure = layout.program[line, 0]
        window = layout.program[line, 1]
        column = layout.program[line, 3]
        if measure == _COUNT:
            out[column] = counts[window]
        elif measure == _SUM:
            out[column] = sums[window]
        elif measure == _RATIO:
            known = sums[window] > 0
            out[column] = amount * counts[window] / sums[window] if known else layout.defaults[column]
        elif measure == _DISTINCT:
            if others == 0:
                out[column] = 0
            else:
                mask = np.int64(record32[layout.masks + layout.program[line, 2]])
                out[column] = distinct(mask, position, others, counts[window])
        else:
            out[column] = at - last if counts[window] > 0 else layout.defaults[column]


@kernel
def distinct(mask: int, position: int, slots: int, events: int) -> int:
    """Set bits of `mask` among the slots of the last `events` events (at most `slots`) before `position`."""
    if events >= slots:
        return population_count(mask)
    first = (position - events) & (slots - 1)
    ring = (1 << slots) - 1
    turned = ((mask >> first) | (mask << (slots - first))) & ring
    return population_count(turned & ((1 << events) - 1))


@kernel
def append(
    layout: Layout,
    store: Store,
    kind: int,
    row: int,
    at: int,
    amount: int,
    entities: Int64s,
    index: int,
) -> None:
    """Add an event to the log of an entity that has just been observed at the same engine time."""
    base = row * layout.record_words
    record16 = store.records16[4 * base : 4 * (base + layout.record_words)]
    record32 = store.records32[2 * base : 2 * (base + layout.record_words)]
    windows = layout.window_count[kind]
    if record16[COUNTS + windows - 1] == 1 << record16[SIZE]:
        if record16[SIZE] < SIZE_MAX:
            double(layout, store, kind, record16, record32)
        else:
            drop_oldest(record16, windows)
    size = record16[SIZE]
    position = np.int64(record32[POSITION])
    block = np.int64(record32[PLACE]) * UNIT_WORDS
    place = block + 2 * (position & ((1 << size) - 1))
    store.arena[place] = at
    store.arena[place + 1] = store.records[base + TOTAL]
    store.records[base + TOTAL] += amount
    store.records[base + LAST] = at
    record32[POSITION] = position + 1
    for window in range(windows):
        record16[COUNTS + window] += 1
    slots = min(1 << size, DISTINCT_EVENTS_MAX)
    for other in range(layout.other_count[kind]):
        value = entities[layout.other[kind, other], index]
        ring = block + (2 << size) + other * slots
        mask = np.int64(record32[layout.masks + other])
        record32[layout.masks + other] = remember(
            store.arena, ring, slots, mask, position & (slots - 1), value
        )


@kernel
def remember(arena: Int64s, ring: int, slots: int, mask: int, slot: int, value: int) -> int:
    """Write an other into its slot; returns the mask with this slot as the latest of its value (never for absent)."""
    same = 0
    for place in range(slots):
        same |= np.int64(arena[ring + place] == value) << place
    arena[ring + slot] = value
    return (mask & ~same & ~(1 << slot)) | (np.int64(value != 0) << slot)


@kernel
def drop_oldest(record16: Int16s, windows: int) -> None:
    """The log is at its cap: the windows that reach to its oldest event lose it."""
    for window in range(windows):
        if record16[COUNTS + window] == EVENTS_MAX:
            record16[COUNTS + window] = EVENTS_MAX - 1


@kernel
def double(layout: Layout, store: Store, kind: int, record16: Int16s, record32: UInt32s) -> None:
    """Move a full ring into a block of twice the events. Events keep their position, so only slots change."""
    size = np.int64(record16[SIZE])
    free = store.free_blocks[kind]
    units = layout.block_units[kind]
    place = take_block(store.arena, free, store.scalars, size + 1, units[size + 1])
    old = np.int64(record32[PLACE])
    position = np.int64(record32[POSITION])
    for event in range(position - (1 << size), position):
        for word in range(2):
            source = old * UNIT_WORDS + 2 * (event & ((1 << size) - 1)) + word
            target = place * UNIT_WORDS + 2 * (event & ((2 << size) - 1)) + word
            store.arena[target] = store.arena[source]
    move_others(layout, store, kind, record32, old * UNIT_WORDS, place * UNIT_WORDS, size)
    give_block(store.arena, free, store.scalars, old, size, units[size])
    record32[PLACE] = place
    record16[SIZE] = size + 1


@kernel
def move_others(
    layout: Layout, store: Store, kind: int, record32: UInt32s, old: int, new: int, size: int
) -> None:
    """Copy the rings of others into the doubled block at word `new` and turn their masks to the new slots."""
    before = min(1 << size, DISTINCT_EVENTS_MAX)
    after = min(2 << size, DISTINCT_EVENTS_MAX)
    position = np.int64(record32[POSITION])
    for other in range(layout.other_count[kind]):
        source = old + (2 << size) + other * before
        target = new + (4 << size) + other * after
        store.arena[target : target + after] = 0
        mask = np.int64(record32[layout.masks + other])
        turned = 0
        for event in range(position - before, position):
            store.arena[target + (event & (after - 1))] = store.arena[source + (event & (before - 1))]
            turned |= ((mask >> (event & (before - 1))) & 1) << (event & (after - 1))
        record32[layout.masks + other] = turned


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
    """Compute and append payments in order; returns how many were done before memory ran short (all: `len(at)`)."""
    kinds = layout.window_count.shape[0]
    rows = np.empty((BLOCK, kinds), np.int64)
    counts = np.empty(layout.window_ms.shape[1], np.int64)
    sums = np.empty(layout.window_ms.shape[1], np.int64)
    start = 0
    while start < at.shape[0]:
        sweep(layout, store, at[start])
        end = block_end(at, start)
        for index in range(start, end):
            for kind in range(kinds):
                rows[index - start, kind] = find(store.table, kind, entities[kind, index])
        for index in range(start, end):
            if not has_room(layout, store):
                return index
            amount = min(max(amounts[index], 0), AMOUNT_MAX)
            for kind in range(kinds):
                if layout.window_count[kind] == 0:
                    continue
                row = rows[index - start, kind]
                key = entities[kind, index]
                if key == 0:
                    default(layout, kind, out[index])
                    continue
                if row == NONE:
                    row = find(store.table, kind, key)
                observe(layout, store, kind, row, at[index], amount, counts, sums, out[index])
                if adds[index]:
                    if row == NONE:
                        row = take_row(
                            store, layout.record_words, kind, key, layout.block_units[kind, SIZE_MIN]
                        )
                    append(layout, store, kind, row, at[index], amount, entities, index)
            store.scalars[NOW] = at[index]
        start = end
    return start
