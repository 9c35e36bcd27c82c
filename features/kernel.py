"""The exact-log kernel: a block of payments in, one feature vector each out, entities' logs updated in order.

Per payment and entity: find the row, move each window's tail past what has expired, write the features,
append the event. The result depends on the payments and their order alone, never on how they are cut into
calls: growth and reclaiming move memory, not content, and expiry is judged when an entity is read.
"""

import numpy as np

from features.arrays import Bools, Floats, Int16s, Int64s, UInt32s
from features.compiled import inlined, kernel, prefetch, signed
from features.layout import (
    COUNTS,
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
from features.measures import AMOUNT_MAX, EVENTS_MAX, Measure
from features.reclamation import sweep
from features.rings import append, count_events, distinct, double, drop_oldest, remember
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
    slots_of,
    take_block,
    take_row,
)

BLOCK = 32
"""Payments looked up together, so that the memory of one is fetched while another is computed."""

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
def fill_defaults(program: Int64s, first: int, end: int, defaults: Floats, out: Floats, index: int) -> None:
    """The features of an absent entity."""
    for line in range(first, end):
        out[index, program[line, 3]] = defaults[program[line, 3]]


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
            mask = signed(records32[masks + program[line, 2]])
            out[index, column] = distinct(mask, position, slots, counts[window])
        else:
            out[index, column] = elapsed if counts[window] > 0 else defaults[column]


@kernel
def fetch(layout: Layout, store: Store, entities: Int64s, start: int, end: int, rows: Int64s) -> None:
    """Look up the rows of payments `start..end` into `rows[payment, kind]` and have their memory fetched.

    Three passes, each asking for what the next one reads: table slots, records, ends of rings.
    """
    table, kinds = store.table, entities.shape[0]
    for index in range(start, end):
        for kind in range(kinds):
            prefetch(table, 2 * home_slot(kind, entities[kind, index], table.shape[0] // 2 - 1))
    for index in range(start, end):
        for kind in range(kinds):
            row = find(table, kind, entities[kind, index])
            rows[index - start, kind] = row
            if row != NONE:
                prefetch(store.records, row * layout.record_words)
    for index in range(start, end):
        for kind in range(kinds):
            if rows[index - start, kind] != NONE:
                base = rows[index - start, kind] * layout.record_words
                fetch_ring(
                    layout.window_count[kind],
                    layout.other_count[kind],
                    store.records16,
                    4 * base,
                    store.records32,
                    2 * base,
                    store.arena,
                )


@inlined
def fetch_ring(
    windows: int,
    others: int,
    records16: Int16s,
    base16: int,
    records32: UInt32s,
    base32: int,
    arena: Int64s,
) -> None:
    """Have the parts of a ring fetched that observing and appending touch: its end, the tails, the others."""
    size = signed(records16[base16 + SIZE])
    ring = (1 << size) - 1
    position = signed(records32[base32 + POSITION])
    block = signed(records32[base32 + PLACE]) * UNIT_WORDS
    prefetch(arena, block + 2 * (position & ring))
    for window in range(windows):
        count = signed(records16[base16 + COUNTS + window])
        if count > 0:
            prefetch(arena, block + 2 * ((position - count) & ring))
    first = block + (2 << size)
    for word in range(first, first + others * slots_of(size), UNIT_WORDS):
        prefetch(arena, word)


@kernel
def update(  # noqa: PLR0912, PLR0915 - one loop: tuples of arrays cost too much to be passed on
    layout: Layout,
    store: Store,
    at: Int64s,
    entities: Int64s,
    amounts: Int64s,
    adds: Bools,
    out: Floats,
    start: int,
) -> int:
    """Compute and append payments from `start`, in order; returns the first that found memory short, or the
    end.

    `rows` of a block are looked up before its first payment is applied: `NONE` is looked up again, since the
    entity may have come with an earlier payment of the block; a row found stays, since rows are reclaimed
    between blocks.
    """
    records, records32, records16 = store.records, store.records32, store.records16
    table, arena, scalars = store.table, store.arena, store.scalars
    free_blocks, block_units = store.free_blocks, layout.block_units
    program, starts, defaults = layout.program, layout.starts, layout.defaults
    window_ms, window_count = layout.window_ms, layout.window_count
    other, other_count = layout.other, layout.other_count
    kinds = window_count.shape[0]
    rows_end = records.shape[0] // layout.record_words - kinds
    live_end = table.shape[0] // TABLE_WORDS_PER_ROW - kinds
    units_end = arena.shape[0] // UNIT_WORDS - kinds * block_units[:, SIZE_MAX].max()
    rows = np.empty((BLOCK, kinds), np.int64)
    counts = np.zeros(window_ms.shape[1], np.int64)
    sums = np.zeros(window_ms.shape[1], np.int64)
    while start < at.shape[0]:
        if at[start] // 60_000 != scalars[MINUTE]:
            sweep(layout, store, at[start])
        end = block_end(at, start)
        fetch(layout, store, entities, start, end, rows)
        for index in range(start, end):
            if (
                scalars[ROWS_TOP] > rows_end
                or scalars[ROWS_LIVE] > live_end
                or scalars[UNITS_TOP] > units_end
            ):
                return index
            now = at[index]
            amount = min(max(amounts[index], 0), AMOUNT_MAX)
            for kind in range(kinds):
                first, last, key = starts[kind], starts[kind + 1], entities[kind, index]
                if key == 0 or first == last:
                    fill_defaults(program, first, last, defaults, out, index)
                    continue
                row = rows[index - start, kind]
                if row == NONE:
                    row = find(table, kind, key)
                if row == NONE and adds[index]:
                    row = take_row(table, records, records16, layout.record_words, scalars, kind, key)
                    records32[2 * row * layout.record_words + PLACE] = take_block(
                        arena, free_blocks, scalars, kind, SIZE_MIN, block_units[kind, SIZE_MIN]
                    )
                if row == NONE:
                    counts[:] = 0
                    sums[:] = 0
                    emit(
                        program,
                        first,
                        last,
                        defaults,
                        records32,
                        0,
                        0,
                        1,
                        0,
                        amount,
                        counts,
                        sums,
                        out,
                        index,
                    )
                    continue
                base = row * layout.record_words
                lanes, masks = 4 * base + COUNTS, 2 * base + layout.masks
                size = signed(records16[4 * base + SIZE])
                position = signed(records32[2 * base + POSITION])
                block = signed(records32[2 * base + PLACE]) * UNIT_WORDS
                total = records[base + TOTAL]
                windows = window_count[kind]
                ring = (1 << size) - 1
                for window in range(windows):
                    count = count_events(
                        window_ms[kind, window], records16, lanes + window, arena, block, position, ring, now
                    )
                    counts[window] = count
                    sums[window] = (
                        total - arena[block + 2 * ((position - count) & ring) + 1] if count > 0 else 0
                    )
                slots = slots_of(size)
                elapsed = now - records[base + LAST]
                emit(
                    program,
                    first,
                    last,
                    defaults,
                    records32,
                    masks,
                    position,
                    slots,
                    elapsed,
                    amount,
                    counts,
                    sums,
                    out,
                    index,
                )
                if adds[index]:
                    if counts[windows - 1] == EVENTS_MAX:
                        drop_oldest(records16, lanes, windows)
                    elif counts[windows - 1] > ring:
                        double(
                            arena,
                            records16,
                            4 * base,
                            records32,
                            2 * base,
                            free_blocks,
                            scalars,
                            block_units,
                            layout.masks,
                            other_count[kind],
                        )
                    records[base + TOTAL] = total + amount
                    records[base + LAST] = now
                    append(records16, 4 * base, windows, records32, 2 * base, arena, now, total)
                    for kept in range(other_count[kind]):
                        value = entities[other[kind, kept], index]
                        remember(
                            records16,
                            4 * base,
                            records32,
                            2 * base,
                            masks + kept,
                            kept,
                            arena,
                            position,
                            value,
                        )
            scalars[NOW] = now
        start = end
    return start
