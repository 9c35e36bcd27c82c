"""The kernel: a block of events in, one feature vector per payment attempt out, logs updated in order.

Per attempt and log: find the record, move each window's tail past what has expired, write the features; then
append the event to the logs of its stream. The result depends on the events and their order alone, never on
how they are cut into calls: growth and reclaiming move memory, not content, and expiry is judged when a log
is read.
"""

from typing import NamedTuple

import numpy as np

from features.catalogue import AMOUNT_MAX, RECENT_EVENTS_MAX, SPREAD_MIN, Op
from features.columns import LABEL_CODES, OUTCOME_CODES, Events, Stream, distance_km, log_steps
from features.kernel.cohorts import add_to_cohort, cohort_rate, in_reach
from features.kernel.layout import (
    COHORT,
    DAY_POSITION_16,
    DAY_SIZE_16,
    DAYS_32,
    EVENTS,
    FIELDS,
    LAST,
    RING_32,
    RING_SIZE_16,
    TOTALS,
    UNIT_WORDS,
    KernelLayout,
    LogField,
)
from features.kernel.reclamation import sweep
from features.kernel.rings import (
    BUCKET,
    COUNTS_16,
    DAYS,
    ENTRY,
    EXACT,
    FIRST,
    HABIT,
    LANES_AT,
    MARK,
    MASKS_32,
    OTHERS,
    PLACE,
    QUARTERS,
    RUN,
    TALLIES,
    TALLIES_AT,
    WINDOWS_AT,
    advance,
    append,
    bucket_entry,
    distinct,
    is_forgotten,
    lane,
    quarter_of,
)
from features.kernel.store import (
    LOGS_LIVE,
    MINUTE,
    NONE,
    NOW,
    TABLE_WORDS_PER_LOG,
    UNITS,
    UNITS_TOP,
    LogStore,
    buckets_of,
    find,
    forget,
    home_slot,
    log_units,
    slots_of,
    tail_of,
    take_log,
)
from models.arrays import Bools, Bytes, Floats, Int16s, Int64s, UInt32s, UInt64s
from models.kernels import hot, inlined, kernel, prefetch, signed
from models.messages import LabelValue, OutcomeKind
from models.units import HOUR_MS, MINUTE_MS

BLOCK = 16
"""Events looked up together, so that the memory of one is fetched while another is computed."""

ENTITY, STREAM, READS_AT, READS, LINES_AT, LINES = (
    int(LogField.ENTITY),
    int(LogField.STREAM),
    int(LogField.READS_AT),
    int(LogField.READS),
    int(LogField.LINES_AT),
    int(LogField.LINES),
)
_ATTEMPT, _OUTCOME, _LABEL = int(Stream.ATTEMPT), int(Stream.OUTCOME), int(Stream.LABEL)
_AUTHORISED = OUTCOME_CODES[OutcomeKind.AUTHORISED, None]
_FRAUD = LABEL_CODES[LabelValue.FRAUD]
_COUNT, _SUM, _SHARE, _RATIO, _DEVIATION = (
    int(Op.COUNT),
    int(Op.SUM),
    int(Op.SHARE),
    int(Op.RATIO_TO_MEAN),
    int(Op.DEVIATION),
)
_MAXIMUM, _SAME, _DISTINCT = int(Op.MAXIMUM), int(Op.SAME_AMOUNT), int(Op.DISTINCT)
_FIRST, _LAST, _LAST_OF, _NEW = (
    int(Op.SINCE_FIRST),
    int(Op.SINCE_LAST),
    int(Op.SINCE_LAST_OF),
    int(Op.IS_NEW),
)
_SPEED, _HABIT, _COHORT_RATE = int(Op.SPEED), int(Op.HABIT_SHARE), int(Op.COHORT_RATE)
_RUN, _SINCE_RUN = int(Op.RUN), int(Op.SINCE_RUN)
_HOUR_MS = float(HOUR_MS)
_MIX = -7046029288634856825


class KernelScratch(NamedTuple):
    """Room for one call of `update`: records of a block's events, first entries of a log's windows, sums."""

    places: Int64s
    entries: Int64s
    is_exact: Bools
    sums: Int64s


def scratch_of(layout: KernelLayout) -> KernelScratch:
    """KernelScratch for a catalogue's layout; it keeps nothing between calls."""
    return KernelScratch(
        np.empty((BLOCK, layout.logs), np.int64),
        np.empty(layout.windows_max, np.int64),
        np.empty(layout.windows_max, np.bool_),
        np.zeros(max(1, layout.slots), np.int64),
    )


@hot
def first_disorder(times: Int64s, now: int) -> int:
    """Index of the first engine time smaller than the one before it, or `NONE`."""
    for index in range(times.shape[0]):
        if times[index] < now:
            return index
        now = times[index]
    return NONE


@kernel
def entity_keys(tokens: UInt64s, parts: Int64s) -> Int64s:
    """Key of each entity of each row, `[entities, n]`: a token's hash, or two mixed; 0 absent."""
    keys = np.empty((parts.shape[0], tokens.shape[1]), np.int64)
    for entity in range(parts.shape[0]):
        one, other = parts[entity, 0], parts[entity, 1]
        for row in range(tokens.shape[1]):
            key = signed(tokens[one, row])
            if other != NONE and key != 0:
                second = signed(tokens[other, row])
                mixed = (key ^ ((second * _MIX) ^ ((second * _MIX) >> 31))) * _MIX
                key = 0 if second == 0 else mixed if mixed != 0 else 1
            keys[entity, row] = key
    return keys


@inlined
def block_end(times: Int64s, start: int) -> int:
    """End of the block of events from `start`: at most `BLOCK`, all within one engine minute."""
    minute = times[start] // MINUTE_MS
    end = start + 1
    while end < times.shape[0] and end - start < BLOCK and times[end] // MINUTE_MS == minute:
        end += 1
    return end


@inlined
def concerns(log_stream: int, stream: int) -> bool:
    """Whether an event of `stream` looks at a log: attempts read all, others add to their own and to
    cohorts.
    """
    return stream == _ATTEMPT or log_stream in (stream, COHORT)


@hot
def fetch(
    plan: Int64s,
    logs: int,
    store: LogStore,
    keys: Int64s,
    stream: Int64s,
    start: int,
    end: int,
    places: Int64s,
) -> None:
    """Look up the records of events `start..end` into `places[event, log]` and have their memory fetched.

    Three passes, each asking for what the next one reads: table slots, records, ends of rings.
    """
    table, arena, arena32, arena16 = store.table, store.arena, store.arena32, store.arena16
    mask = table.shape[0] // 2 - 1
    for index in range(start, end):
        for log in range(logs):
            key = keys[plan[log * FIELDS + ENTITY], index]
            if key != 0 and concerns(plan[log * FIELDS + STREAM], stream[index]):
                prefetch(table, 2 * home_slot(log, key, mask))
    for index in range(start, end):
        for log in range(logs):
            key = keys[plan[log * FIELDS + ENTITY], index]
            base = NONE
            if key != 0 and concerns(plan[log * FIELDS + STREAM], stream[index]):
                base = find(table, log, key)
                if base != NONE:
                    for unit in range(plan[log * FIELDS + UNITS]):
                        prefetch(arena, base + unit * UNIT_WORDS)
            places[index - start, log] = base
    for index in range(start, end):
        for log in range(logs):
            base = places[index - start, log]
            if base != NONE and plan[log * FIELDS + STREAM] != COHORT:
                fetch_rings(plan, log * FIELDS, arena, arena32, arena16, base)


@inlined
def fetch_rings(
    plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, arena16: Int16s, base: int
) -> None:
    """Have the parts of the rings fetched that reading and appending touch: ends, tails, others."""
    counts16 = 4 * base + plan[fields + COUNTS_16]
    exact = plan[fields + EXACT]
    size = signed(arena16[4 * base + RING_SIZE_16])
    if size != NONE:
        ring, width = (1 << size) - 1, plan[fields + ENTRY]
        block = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
        position = arena[base + EVENTS]
        prefetch(arena, block + width * (position & ring))
        for window in range(exact):
            prefetch(arena, block + width * ((position - signed(arena16[counts16 + window])) & ring))
        slots = slots_of(size)
        first = block + (width << size)
        for word in range(first, first + plan[fields + OTHERS] * slots, UNIT_WORDS):
            prefetch(arena, word)
    size = signed(arena16[4 * base + DAY_SIZE_16])
    if size != NONE:
        ring, width = (1 << size) - 1, plan[fields + BUCKET]
        block = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS
        position = signed(arena16[4 * base + DAY_POSITION_16])
        prefetch(arena, block + width * ((position - 1) & ring))
        for window in range(exact, exact + plan[fields + DAYS]):
            prefetch(arena, block + width * ((position - signed(arena16[counts16 + window])) & ring))


@inlined
def read_sums(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    now: int,
    entries: Int64s,
    is_exact: Bools,
    sums: Int64s,
) -> None:
    """Fill the scratch sums that features read from this log. `entries` and `is_exact` are scratch by window:
    where its first entry is (`NONE`: empty), and whether that is an entry of the ring."""
    exact, days = plan[fields + EXACT], plan[fields + DAYS]
    counts16 = 4 * base + plan[fields + COUNTS_16]
    position = arena[base + EVENTS]
    size = signed(arena16[4 * base + RING_SIZE_16])
    buckets = buckets_of(plan, fields, arena, arena32, arena16, base)
    dropped = arena[tail_of(plan, fields, arena32, arena16, base)] if buckets != NONE else 0
    block, width = signed(arena32[2 * base + RING_32]) * UNIT_WORDS, plan[fields + ENTRY]
    for window in range(exact):
        count = signed(arena16[counts16 + window])
        is_exact[window] = True
        if buckets != NONE and dropped > now - plan[plan[fields + WINDOWS_AT] + window]:
            is_exact[window] = False
            entries[window] = bucket_entry(plan, fields, arena, arena32, buckets, window, now)
        elif count > 0:
            entries[window] = block + width * ((position - count) & ((1 << size) - 1))
        else:
            entries[window] = NONE
    size = signed(arena16[4 * base + DAY_SIZE_16])
    block, width = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS, plan[fields + BUCKET]
    day_position = signed(arena16[4 * base + DAY_POSITION_16])
    for window in range(exact, exact + days):
        count = signed(arena16[counts16 + window])
        is_exact[window] = False
        entries[window] = block + width * ((day_position - count) & ((1 << size) - 1)) if count > 0 else NONE
    reads = plan[fields + READS_AT]
    for read in range(reads, reads + 3 * plan[fields + READS], 3):
        window, tally = plan[read], plan[read + 1]
        total = position if tally == NONE else arena[base + TOTALS + tally]
        if window == NONE:
            value = total
        elif entries[window] == NONE:
            value = 0
        elif not is_exact[window]:
            value = total - arena[entries[window] + 2 + tally]
        elif tally == NONE:
            value = signed(arena16[counts16 + window])
        else:
            value = lane(plan, plan[fields + LANES_AT], tally, arena, entries[window], total)
        sums[plan[read + 2]] = value


@inlined
def recent(
    op: int,
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    events: int,
    tally: int,
    amount: int,
) -> int:
    """Largest amount of the last `events` events, or how many of them have this amount."""
    size = signed(arena16[4 * base + RING_SIZE_16])
    block, width = signed(arena32[2 * base + RING_32]) * UNIT_WORDS, plan[fields + ENTRY]
    lanes, ring = plan[fields + LANES_AT], (1 << size) - 1
    position, total = arena[base + EVENTS], arena[base + TOTALS + tally]
    found, after = 0, 0
    for event in range(position - 1, position - 1 - events, -1):
        since = lane(plan, lanes, tally, arena, block + width * (event & ring), total)
        value = since - after
        after = since
        if op == _SAME:
            found += signed(value == amount)
        else:
            found = max(found, value)
    return found


@inlined
def emit_empty(plan: Int64s, fields: int, absent: bool, defaults: Floats, out: Floats, vector: int) -> None:
    """The lines of a log whose entity the payment does not name (`absent`), or that holds nothing yet."""
    lines = plan[fields + LINES_AT]
    for line in range(lines, lines + 4 * plan[fields + LINES], 4):
        op, column = plan[line], plan[line + 1]
        if absent:
            out[vector, column] = defaults[column]
        elif op in (_DISTINCT, _SAME, _RUN):
            out[vector, column] = 0.0
        elif op == _NEW:
            out[vector, column] = 1.0
        else:
            out[vector, column] = defaults[column]


@inlined
def emit(  # noqa: PLR0912 - one branch a measure
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    arena8: Bytes,
    base: int,
    now: int,
    amount: int,
    place: int,
    defaults: Floats,
    out: Floats,
    vector: int,
) -> None:
    """Run the lines of one log that has events."""
    lines = plan[fields + LINES_AT]
    counts16 = 4 * base + plan[fields + COUNTS_16]
    for line in range(lines, lines + 4 * plan[fields + LINES], 4):
        op, column, window, extra = plan[line], plan[line + 1], plan[line + 2], plan[line + 3]
        value = defaults[column]
        if op == _DISTINCT:
            slots = slots_of(signed(arena16[4 * base + RING_SIZE_16]))
            mask = signed(arena32[2 * base + plan[fields + MASKS_32] + extra])
            count = signed(arena16[counts16 + window])
            value = float(distinct(mask, arena[base + EVENTS], slots, count)) if count > 0 else 0.0
        elif op in (_MAXIMUM, _SAME):
            count = min(signed(arena16[counts16 + window]), RECENT_EVENTS_MAX)
            if count > 0:
                value = float(recent(op, plan, fields, arena, arena32, arena16, base, count, extra, amount))
            elif op == _SAME:
                value = 0.0
        elif op == _FIRST:
            mark = arena[base + plan[fields + FIRST]]
            if mark > 0:
                value = (now - (mark - 1)) / _HOUR_MS
        elif op == _LAST:
            value = (now - arena[base + LAST]) / _HOUR_MS
        elif op == _NEW:
            value = 0.0
        elif op == _LAST_OF:
            mark = arena[base + plan[fields + MARK] + extra]
            if mark > 0:
                value = (now - (mark - 1)) / _HOUR_MS
        elif op == _RUN:
            value = float(arena[base + plan[fields + RUN] + 2 * extra])
        elif op == _SINCE_RUN:
            mark = arena[base + plan[fields + RUN] + 2 * extra + 1]
            if mark > 0:
                value = (now - (mark - 1)) / _HOUR_MS
        elif op == _SPEED:
            before = arena[base + plan[fields + PLACE]]
            if before != 0 and place != 0:
                elapsed = max(now - arena[base + plan[fields + PLACE] + 1], 1000)
                value = distance_km(place, before) / (elapsed / _HOUR_MS)
        elif op == _HABIT:
            first, total = 8 * (base + plan[fields + HABIT]), 0
            for quarter in range(first, first + QUARTERS):
                total += signed(arena8[quarter])
            if total > 0:
                value = signed(arena8[first + quarter_of(now)]) / total
        else:
            value = cohort_rate(arena, base, now, window, extra, defaults, column)
        out[vector, column] = value


@inlined
def run_formulas(
    formulas: Int64s,
    keys: Int64s,
    row: int,
    amount: int,
    sums: Int64s,
    defaults: Floats,
    out: Floats,
    vector: int,
) -> None:
    """The features computed from sums, of all logs."""
    steps = log_steps(amount)
    for line in range(formulas.shape[0]):
        op, column = formulas[line, 0], formulas[line, 1]
        value = defaults[column]
        if keys[formulas[line, 2], row] != 0:
            first, second = sums[formulas[line, 3]], sums[formulas[line, 4]]
            if op in (_COUNT, _SUM):
                value = float(first)
            elif op == _SHARE:
                if second != 0:
                    value = first / second
            elif op == _RATIO:
                if second != 0:
                    value = amount * first / second
            elif first != 0:
                mean = second / first
                variance = sums[formulas[line, 5]] / first - mean * mean
                spread = np.sqrt(variance) if variance > SPREAD_MIN * SPREAD_MIN else SPREAD_MIN
                value = (steps - mean) / spread
        out[vector, column] = value


@inlined
def enters(plan: Int64s, fields: int, contributions: Int64s, row: int) -> bool:
    """Whether an outcome or label adds to any of a log's tallies."""
    tallies = plan[fields + TALLIES_AT]
    for tally in range(tallies, tallies + plan[fields + TALLIES]):
        if contributions[plan[tally], row] > 0:
            return True
    return False


@hot
def update(  # noqa: PLR0912, PLR0915 - one loop: tuples of arrays cost too much to be passed on
    layout: KernelLayout,
    store: LogStore,
    events: Events,
    keys: Int64s,
    contributions: Int64s,
    tokens: Int64s,
    vectors: Int64s,
    scratch: KernelScratch,
    out: Floats,
    start: int,
) -> int:
    """Compute and append events from `start`, in order; returns the first for which memory is short, or the
    end.

    `keys[entity, n]`, `contributions[tally, n]`, `tokens[token, n]` (those of `events`, as int64);
    `vectors[n]`: the row of `out` that an attempt fills.
    Records of a block are looked up before its first event is applied: `NONE` is looked up again, since the
    entity may have come with an earlier event of the block; a record once found stays, since records are
    reclaimed between blocks only.
    """
    arena, arena32, arena16, arena8 = store.arena, store.arena32, store.arena16, store.arena8
    table, free_blocks, scalars = store.table, store.free_blocks, store.scalars
    plan, logs, formulas, defaults = layout.plan, layout.logs, layout.formulas, layout.defaults
    at, stream = events.at, events.stream
    places, entries, is_exact, sums = scratch.places, scratch.entries, scratch.is_exact, scratch.sums
    live_end = table.shape[0] // TABLE_WORDS_PER_LOG - logs
    units_end = arena.shape[0] // UNIT_WORDS - layout.units_margin
    while start < at.shape[0]:
        if at[start] // MINUTE_MS != scalars[MINUTE]:
            sweep(plan, store, at[start])
        end = block_end(at, start)
        fetch(plan, logs, store, keys, stream, start, end, places)
        for row in range(start, end):
            if scalars[LOGS_LIVE] > live_end or scalars[UNITS_TOP] > units_end:
                return row
            now = at[row]
            if stream[row] == _ATTEMPT:
                amount = min(max(events.amount[row], 0), AMOUNT_MAX)
                for slot in range(layout.slots):
                    sums[slot] = 0
                for log in range(logs):
                    fields = log * FIELDS
                    key = keys[plan[fields + ENTITY], row]
                    base = NONE
                    if key != 0:
                        base = places[row - start, log]
                        if base == NONE:
                            base = find(table, log, key)
                            places[row - start, log] = base
                    if base != NONE and is_forgotten(plan, fields, arena, base, now):
                        forget(plan, store, base)
                    if base == NONE or arena[base + EVENTS] == 0:
                        emit_empty(plan, fields, key == 0, defaults, out, vectors[row])
                        continue
                    if plan[fields + STREAM] != COHORT:
                        advance(plan, fields, arena, arena32, arena16, base, now)
                        read_sums(plan, fields, arena, arena32, arena16, base, now, entries, is_exact, sums)
                    emit(
                        plan,
                        fields,
                        arena,
                        arena32,
                        arena16,
                        arena8,
                        base,
                        now,
                        amount,
                        events.place[row],
                        defaults,
                        out,
                        vectors[row],
                    )
                run_formulas(formulas, keys, row, amount, sums, defaults, out, vectors[row])
            for log in range(logs):
                fields = log * FIELDS
                key = keys[plan[fields + ENTITY], row]
                if key == 0 or not events.adds[row]:
                    continue
                into = plan[fields + STREAM]
                if into == COHORT:
                    is_fraud = stream[row] == _LABEL and events.code[row] == _FRAUD
                    is_authorised = stream[row] == _OUTCOME and events.code[row] == _AUTHORISED
                    if not (is_fraud or is_authorised) or not in_reach(now, events.occurred_at[row]):
                        continue
                elif into != stream[row] or (
                    into != _ATTEMPT and not enters(plan, fields, contributions, row)
                ):
                    continue
                base = places[row - start, log]
                if base == NONE:
                    base = find(table, log, key)
                if base == NONE:
                    base = take_log(plan, arena, arena16, table, free_blocks, scalars, log, key)
                elif is_forgotten(plan, fields, arena, base, now):
                    forget(plan, store, base)
                if into == COHORT:
                    add_to_cohort(arena, base, now, events.occurred_at[row], is_fraud)
                    continue
                if stream[row] != _ATTEMPT:
                    advance(plan, fields, arena, arena32, arena16, base, now)
                append(
                    plan,
                    log,
                    arena,
                    arena32,
                    arena16,
                    arena8,
                    free_blocks,
                    scalars,
                    base,
                    contributions,
                    tokens,
                    row,
                    now,
                    events.place[row],
                )
            scalars[NOW] = now
        start = end
    return start


@kernel
def bytes_by_log(plan: Int64s, store: LogStore, logs: int) -> Int64s:
    """Logs held and their bytes, `[logs, 2]`, by kind of log; the table is left out."""
    counted = np.zeros((logs, 2), np.int64)
    for slot in range(store.table.shape[0] // 2):
        word = store.table[2 * slot + 1]
        if word != 0:
            base, log = signed(word >> 8) * UNIT_WORDS, signed(word & 255) - 1
            units = log_units(plan, log * FIELDS, store.arena, store.arena32, store.arena16, base)
            counted[log, 0] += 1
            counted[log, 1] += units * UNIT_WORDS * 8
    return counted
