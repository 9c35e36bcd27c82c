"""An older catalogue's state taken over by a newer one: adding a feature or window throws nothing away.

Invariant: what both catalogues keep reads the same after as before. A new window is filled from the events
the log still holds; a new tally, other, mark, run or log starts empty. `full_at` says of every feature from
which engine time on its window holds all there was: until then decisions say `warming`.

What counts for a lifetime or from a first event on begins, in logs that did not keep it, with the take-over:
it is a lower bound, a first time unknown, until such a log is forgotten; `full_at` then is 30 days later.

Per log of the new catalogue, the same log of the old one is matched by entity (with its tokens) and stream,
its tallies, windows and others by name; what the new one does not have any more is dropped.
"""

import numpy as np

from features.catalogue import BUCKETS, EVENTS_MAX
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
    FIRST,
    HABIT,
    KEY,
    LANES_AT,
    LAST,
    MARK,
    MASKS_32,
    NONE,
    PLACE,
    RING_32,
    RING_SIZE_16,
    RING_SIZE_MAX,
    RUN,
    TIME_SHIFT,
    TOTALS,
    UNIT_WORDS,
    WINDOWS_AT,
    LogField,
    LogStore,
    advance,
    buckets_of,
    day_units,
    entry_time,
    lane,
    remember,
    ring_units,
    slots_of,
    tail_of,
    take_block,
    take_log,
)
from models.arrays import Bools, Int64s
from models.kernels import kernel, signed
from models.units import DAY_MS

STREAM = int(LogField.STREAM)
BUCKET_UNITS = int(LogField.BUCKET_UNITS)


@kernel
def busy_logs(plan: Int64s, store: LogStore, places: Int64s, logs: int) -> Bools:
    """Of which logs some entity has buckets."""
    busy = np.zeros(logs, np.bool_)
    for place in places:
        base, log = signed(place >> 8) * UNIT_WORDS, (place & 255) - 1
        if plan[log * FIELDS + STREAM] != COHORT:
            found = buckets_of(plan, log * FIELDS, store.arena, store.arena32, store.arena16, base)
            busy[log] |= found != NONE
    return busy


@kernel
def take_over(  # noqa: PLR0912 - one branch for each part of a record
    old_plan: Int64s,
    old: LogStore,
    new_plan: Int64s,
    new: LogStore,
    place: int,
    log: int,
    tallies: Int64s,
    others: Int64s,
    marks: Int64s,
    runs: Int64s,
    windows: Int64s,
    now: int,
) -> None:
    """Take one old record (`unit * 256 + log + 1`) over into the new state, as its log number `log`."""
    source = signed(place >> 8) * UNIT_WORDS
    before, after = ((place & 255) - 1) * FIELDS, log * FIELDS
    base = take_log(
        new_plan,
        new.arena,
        new.arena16,
        new.table,
        new.free_blocks,
        new.scalars,
        log,
        old.arena[source + KEY],
    )
    for word in (EVENTS, LAST):
        new.arena[base + word] = old.arena[source + word]
    if new_plan[after + STREAM] == COHORT:
        for cell in range(COHORT_DAYS):
            new.arena[base + TOTALS + cell] = old.arena[source + TOTALS + cell]
        return
    advance(old_plan, before, old.arena, old.arena32, old.arena16, source, now)
    for tally in range(tallies.shape[0]):
        if tallies[tally] != NONE:
            new.arena[base + TOTALS + tally] = old.arena[source + TOTALS + tallies[tally]]
    for mark in range(marks.shape[0]):
        if marks[mark] != NONE:
            value = old.arena[source + old_plan[before + MARK] + marks[mark]]
            new.arena[base + new_plan[after + MARK] + mark] = value
    for run in range(runs.shape[0]):
        if runs[run] != NONE:
            for word in range(2):
                value = old.arena[source + old_plan[before + RUN] + 2 * runs[run] + word]
                new.arena[base + new_plan[after + RUN] + 2 * run + word] = value
    if new_plan[after + FIRST] > 0 and old_plan[before + FIRST] > 0:
        new.arena[base + new_plan[after + FIRST]] = old.arena[source + old_plan[before + FIRST]]
    if new_plan[after + PLACE] > 0 and old_plan[before + PLACE] > 0:
        for word in range(2):
            value = old.arena[source + old_plan[before + PLACE] + word]
            new.arena[base + new_plan[after + PLACE] + word] = value
    if new_plan[after + HABIT] > 0 and old_plan[before + HABIT] > 0:
        for word in range(4):
            value = old.arena[source + old_plan[before + HABIT] + word]
            new.arena[base + new_plan[after + HABIT] + word] = value
    held = take_ring(old_plan, old, new_plan, new, source, base, before, after, tallies, others, now)
    take_days(old_plan, old, new_plan, new, source, base, before, after, tallies, held, now)
    if (
        buckets_of(old_plan, before, old.arena, old.arena32, old.arena16, source) != NONE
        and held == EVENTS_MAX
    ):
        take_buckets(old_plan, old, new_plan, new, source, base, before, after, tallies, windows, held, now)


@kernel
def take_ring(
    old_plan: Int64s,
    old: LogStore,
    new_plan: Int64s,
    new: LogStore,
    source: int,
    base: int,
    before: int,
    after: int,
    tallies: Int64s,
    others: Int64s,
    now: int,
) -> int:
    """The events within the old log's longest exact window, in the new lanes; returns how many they are."""
    old_size = signed(old.arena16[4 * source + RING_SIZE_16])
    if old_size == NONE or new_plan[after + EXACT] == 0:
        return 0
    position = old.arena[source + EVENTS]
    held = signed(old.arena16[4 * source + old_plan[before + COUNTS_16] + old_plan[before + EXACT] - 1])
    size = 0
    while 1 << size < held:
        size += 1
    unit = take_block(new.arena, new.free_blocks, new.scalars, ring_units(new_plan, after, size))
    new.arena32[2 * base + RING_32] = unit
    new.arena16[4 * base + RING_SIZE_16] = size
    if size == RING_SIZE_MAX:
        new.arena[tail_of(new_plan, after, new.arena32, new.arena16, base) + 1] = NONE
    old_block = signed(old.arena32[2 * source + RING_32]) * UNIT_WORDS
    block, width = unit * UNIT_WORDS, new_plan[after + ENTRY]
    for event in range(position - held, position):
        entry = block + width * (event & ((1 << size) - 1))
        from_entry = old_block + old_plan[before + ENTRY] * (event & ((1 << old_size) - 1))
        at = entry_time(old.arena[from_entry])
        new.arena[entry] = at << TIME_SHIFT
        for word in range(1, width):
            new.arena[entry + word] = 0
        for tally in range(tallies.shape[0]):
            if tallies[tally] != NONE:
                total = old.arena[source + TOTALS + tallies[tally]]
                prefix = total - lane(
                    old_plan, old_plan[before + LANES_AT], tallies[tally], old.arena, from_entry, total
                )
                lanes = new_plan[after + LANES_AT] + 3 * tally
                new.arena[entry + new_plan[lanes]] |= (prefix & new_plan[lanes + 2]) << new_plan[lanes + 1]
        for window in range(new_plan[after + EXACT]):
            if at > now - new_plan[new_plan[after + WINDOWS_AT] + window]:
                new.arena16[4 * base + new_plan[after + COUNTS_16] + window] += 1
    old_slots, slots = slots_of(old_size), slots_of(size)
    for other in range(others.shape[0]):
        ring = block + (width << size) + other * slots
        mask_at = 2 * base + new_plan[after + MASKS_32] + other
        for event in range(position - min(held, slots), position):
            value = 0
            if others[other] != NONE:
                old_ring = old_block + (old_plan[before + ENTRY] << old_size) + others[other] * old_slots
                value = old.arena[old_ring + (event & (old_slots - 1))]
            remember(new.arena, new.arena32, mask_at, ring, slots, event & (slots - 1), value)
    return held


@kernel
def take_days(  # noqa: PLR0912 - days come from days or from events
    old_plan: Int64s,
    old: LogStore,
    new_plan: Int64s,
    new: LogStore,
    source: int,
    base: int,
    before: int,
    after: int,
    tallies: Int64s,
    held: int,
    now: int,
) -> None:
    """The old log's days; where it had none, those of the events it still holds."""
    days = new_plan[after + DAYS]
    if days == 0:
        return
    longest = new_plan[new_plan[after + WINDOWS_AT] + new_plan[after + EXACT] + days - 1]
    old_size, count = signed(old.arena16[4 * source + DAY_SIZE_16]), 0
    width, exact = old_plan[before + BUCKET], old_plan[before + EXACT]
    entries = np.empty(max(512, held), np.int64)
    if old_size != NONE:
        block = signed(old.arena32[2 * source + DAYS_32]) * UNIT_WORDS
        position = signed(old.arena16[4 * source + DAY_POSITION_16])
        windows = exact + old_plan[before + DAYS]
        kept = signed(old.arena16[4 * source + old_plan[before + COUNTS_16] + windows - 1])
        for day in range(position - kept, position):
            entry = block + width * (day & ((1 << old_size) - 1))
            if old.arena[entry] > now - longest:
                entries[count] = entry
                count += 1
    elif held > 0:
        ring = signed(old.arena16[4 * source + RING_SIZE_16])
        block = signed(old.arena32[2 * source + RING_32]) * UNIT_WORDS
        last = NONE
        for event in range(old.arena[source + EVENTS] - held, old.arena[source + EVENTS]):
            entry = block + old_plan[before + ENTRY] * (event & ((1 << ring) - 1))
            day = entry_time(old.arena[entry]) // DAY_MS
            if day != last:
                entries[count] = event
                count += 1
                last = day
    if count == 0:
        return
    size = 0
    while 1 << size < count:
        size += 1
    unit = take_block(new.arena, new.free_blocks, new.scalars, day_units(new_plan, after, size))
    new.arena32[2 * base + DAYS_32] = unit
    new.arena16[4 * base + DAY_SIZE_16] = size
    new.arena16[4 * base + DAY_POSITION_16] = count
    for index in range(count):
        target = unit * UNIT_WORDS + new_plan[after + BUCKET] * index
        if old_size != NONE:
            copy_bucket(old, new, entries[index], target, tallies)
        else:
            ring = signed(old.arena16[4 * source + RING_SIZE_16])
            block = signed(old.arena32[2 * source + RING_32]) * UNIT_WORDS
            entry = block + old_plan[before + ENTRY] * (entries[index] & ((1 << ring) - 1))
            start = entry_time(old.arena[entry]) // DAY_MS * DAY_MS
            bucket_of_event(old_plan, old, new, source, before, entry, entries[index], start, target, tallies)
        for window in range(new_plan[after + EXACT], new_plan[after + EXACT] + days):
            if new.arena[target] > now - new_plan[new_plan[after + WINDOWS_AT] + window]:
                new.arena16[4 * base + new_plan[after + COUNTS_16] + window] += 1


@kernel
def copy_bucket(old: LogStore, new: LogStore, entry: int, target: int, tallies: Int64s) -> None:
    """A day or bucket entry with its totals in the new order; new tallies are 0."""
    new.arena[target] = old.arena[entry]
    new.arena[target + 1] = old.arena[entry + 1]
    for tally in range(tallies.shape[0]):
        known = tallies[tally] != NONE
        new.arena[target + 2 + tally] = old.arena[entry + 2 + tallies[tally]] if known else 0


@kernel
def bucket_of_event(
    old_plan: Int64s,
    old: LogStore,
    new: LogStore,
    source: int,
    before: int,
    entry: int,
    event: int,
    start: int,
    target: int,
    tallies: Int64s,
) -> None:
    """A day or bucket entry beginning with an event of the old ring."""
    new.arena[target] = start
    new.arena[target + 1] = event
    for tally in range(tallies.shape[0]):
        value = 0
        if tallies[tally] != NONE:
            total = old.arena[source + TOTALS + tallies[tally]]
            lanes = old_plan[before + LANES_AT]
            value = total - lane(old_plan, lanes, tallies[tally], old.arena, entry, total)
        new.arena[target + 2 + tally] = value


@kernel
def take_buckets(
    old_plan: Int64s,
    old: LogStore,
    new_plan: Int64s,
    new: LogStore,
    source: int,
    base: int,
    before: int,
    after: int,
    tallies: Int64s,
    windows: Int64s,
    held: int,
    now: int,
) -> None:
    """Buckets of the windows both have; those of new windows from the events the ring still holds."""
    unit = take_block(new.arena, new.free_blocks, new.scalars, new_plan[after + BUCKET_UNITS])
    tail = tail_of(new_plan, after, new.arena32, new.arena16, base)
    new.arena[tail] = old.arena[tail_of(old_plan, before, old.arena32, old.arena16, source)]
    new.arena[tail + 1] = unit
    block, exact = unit * UNIT_WORDS, new_plan[after + EXACT]
    old_block = buckets_of(old_plan, before, old.arena, old.arena32, old.arena16, source)
    size = signed(old.arena16[4 * source + RING_SIZE_16])
    ring = signed(old.arena32[2 * source + RING_32]) * UNIT_WORDS
    events, width = old.arena[source + EVENTS], old_plan[before + BUCKET]
    for window in range(exact):
        target = block + exact + window * BUCKET_RING * new_plan[after + BUCKET]
        count, last = 0, NONE
        if windows[window] != NONE:
            old_ring = old_block + old_plan[before + EXACT] + windows[window] * BUCKET_RING * width
            position = signed(old.arena32[2 * (old_block + windows[window])])
            kept = signed(old.arena32[2 * (old_block + windows[window]) + 1])
            for bucket in range(position - kept, position):
                entry = old_ring + width * (bucket & (BUCKET_RING - 1))
                copy_bucket(old, new, entry, target + new_plan[after + BUCKET] * count, tallies)
                count += 1
        else:
            reach = new_plan[new_plan[after + WINDOWS_AT] + window]
            length = reach // BUCKETS
            for event in range(events - held, events):
                entry = ring + old_plan[before + ENTRY] * (event & ((1 << size) - 1))
                start = entry_time(old.arena[entry]) // length * length
                if start > now - reach and start != last:
                    place = target + new_plan[after + BUCKET] * count
                    bucket_of_event(old_plan, old, new, source, before, entry, event, start, place, tallies)
                    count, last = count + 1, start
        new.arena32[2 * (block + window)] = count
        new.arena32[2 * (block + window) + 1] = count
