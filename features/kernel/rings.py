"""What happens to one log: expire, count distinct others, append an event, grow, become busy, be forgotten.

All are innermost steps of the kernel: they take arrays and the offsets of a record in them.
`features.kernel.layout` explains records, rings, entries, lanes and masks. An offset named `..16` counts
2-byte numbers, `..32` 4-byte ones.
"""

from features.catalogue import BUCKETS, EVENTS_MAX
from features.kernel.layout import (
    BUCKET_RING,
    DAY_POSITION_16,
    DAY_SIZE_16,
    DAYS_32,
    EVENTS,
    FIELDS,
    LAST,
    RING_32,
    RING_SIZE_16,
    RING_SIZE_MAX,
    TOTALS,
    UNIT_WORDS,
    LogField,
)
from features.kernel.store import (
    NONE,
    buckets_of,
    day_units,
    give_block,
    ring_units,
    slots_of,
    tail_of,
    take_block,
)
from models.arrays import Bytes, Int16s, Int64s, UInt32s
from models.kernels import inlined, population_count, signed
from models.units import DAY_MS

ENTRY, BUCKET, TALLIES, EXACT, DAYS, OTHERS = (
    int(LogField.ENTRY),
    int(LogField.BUCKET),
    int(LogField.TALLIES),
    int(LogField.EXACT),
    int(LogField.DAYS),
    int(LogField.OTHERS),
)
PLACE, HABIT, MARK, MARKS, COUNTS_16, MASKS_32 = (
    int(LogField.PLACE),
    int(LogField.HABIT),
    int(LogField.MARK),
    int(LogField.MARKS),
    int(LogField.COUNTS_16),
    int(LogField.MASKS_32),
)
RUN, RUNS, RUNS_AT = int(LogField.RUN), int(LogField.RUNS), int(LogField.RUNS_AT)
TALLIES_AT, LANES_AT, WINDOWS_AT, OTHERS_AT, MARKS_AT = (
    int(LogField.TALLIES_AT),
    int(LogField.LANES_AT),
    int(LogField.WINDOWS_AT),
    int(LogField.OTHERS_AT),
    int(LogField.MARKS_AT),
)
BUCKET_UNITS, RETENTION, KEEP = int(LogField.BUCKET_UNITS), int(LogField.RETENTION), int(LogField.KEEP)

TIME_SHIFT = 16
TIME_MASK = (1 << 48) - 1
QUARTER_MS = 21_600_000
QUARTERS = 28
"""Six-hour quarters of a week."""
HABIT_MAX = 255
DAY_POSITION_MASK = (1 << 15) - 1
FIRST = int(LogField.FIRST)


@inlined
def entry_time(word: int) -> int:
    """Time of a ring's entry, ms, from its first word."""
    return signed((word >> TIME_SHIFT) & TIME_MASK)


@inlined
def quarter_of(time_ms: int) -> int:
    """Quarter of the week from Monday 00:00 UTC; the epoch was a Thursday."""
    return signed(((time_ms + 3 * DAY_MS) // QUARTER_MS) % QUARTERS)


@inlined
def is_forgotten(plan: Int64s, fields: int, arena: Int64s, base: int, now: int) -> bool:
    """Whether nothing was added for the log's retention, and no fraud is known in it."""
    if arena[base + EVENTS] == 0 or arena[base + LAST] > now - plan[fields + RETENTION]:
        return False
    keep = plan[fields + KEEP]
    return bool(keep < 0 or arena[base + TOTALS + keep] == 0)


@inlined
def advance(
    plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, arena16: Int16s, base: int, now: int
) -> None:
    """Move every window's tail past the entries that have expired at `now`."""
    counts16 = 4 * base + plan[fields + COUNTS_16]
    windows = plan[fields + WINDOWS_AT]
    exact = plan[fields + EXACT]
    size = signed(arena16[4 * base + RING_SIZE_16])
    if size != NONE:
        width, ring = plan[fields + ENTRY], (1 << size) - 1
        block = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
        position = arena[base + EVENTS]
        for window in range(exact):
            since = now - plan[windows + window]
            count = signed(arena16[counts16 + window])
            while count > 0 and entry_time(arena[block + width * ((position - count) & ring)]) <= since:
                count -= 1
            arena16[counts16 + window] = count
    size = signed(arena16[4 * base + DAY_SIZE_16])
    if size != NONE:
        width, ring = plan[fields + BUCKET], (1 << size) - 1
        block = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS
        position = signed(arena16[4 * base + DAY_POSITION_16])
        for window in range(exact, exact + plan[fields + DAYS]):
            since = now - plan[windows + window]
            count = signed(arena16[counts16 + window])
            while count > 0 and arena[block + width * ((position - count) & ring)] <= since:
                count -= 1
            arena16[counts16 + window] = count


@inlined
def lane(plan: Int64s, lanes: int, tally: int, arena: Int64s, entry: int, total: int) -> int:
    """What a tally came to from an entry on, given its total at the end."""
    at = lanes + 3 * tally
    return signed((total - (arena[entry + plan[at]] >> plan[at + 1])) & plan[at + 2])


@inlined
def distinct(mask: int, position: int, slots: int, events: int) -> int:
    """Set bits of `mask` among the slots of the last `events` events (at most `slots`) before `position`."""
    if events >= slots:
        return population_count(mask)
    first = position & (slots - 1)
    first = (first - events) & (slots - 1)
    turned = (mask >> first) | (mask << (slots - first))
    return population_count(turned & ((1 << events) - 1))


@inlined
def bucket_entry(
    plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, block: int, window: int, now: int
) -> int:
    """Place of the first bucket of a busy log that begins within an exact window, or `NONE`.

    A header word per window holds position and count.
    """
    width = plan[fields + BUCKET]
    ring = block + plan[fields + EXACT] + window * BUCKET_RING * width
    head = 2 * (block + window)
    position, count = signed(arena32[head]), signed(arena32[head + 1])
    since = now - plan[plan[fields + WINDOWS_AT] + window]
    while count > 0 and arena[ring + width * ((position - count) & (BUCKET_RING - 1))] <= since:
        count -= 1
    arena32[head + 1] = count
    if count == 0:
        return NONE
    return signed(ring + width * ((position - count) & (BUCKET_RING - 1)))


@inlined
def write_bucket(
    plan: Int64s, fields: int, arena: Int64s, base: int, entry: int, start: int, events: int
) -> None:
    """An entry with the record's present totals before it."""
    arena[entry] = start
    arena[entry + 1] = events
    for tally in range(plan[fields + TALLIES]):
        arena[entry + 2 + tally] = arena[base + TOTALS + tally]


@inlined
def append_buckets(
    plan: Int64s, fields: int, arena: Int64s, arena32: UInt32s, base: int, block: int, now: int
) -> None:
    """Open a bucket in every exact window of a busy log whose last bucket is not the one of `now`."""
    width = plan[fields + BUCKET]
    for window in range(plan[fields + EXACT]):
        bucket_entry(plan, fields, arena, arena32, block, window, now)
        ring = block + plan[fields + EXACT] + window * BUCKET_RING * width
        head = 2 * (block + window)
        position, count = signed(arena32[head]), signed(arena32[head + 1])
        length = plan[plan[fields + WINDOWS_AT] + window] // BUCKETS
        start = now // length * length
        if count == 0 or arena[ring + width * ((position - 1) & (BUCKET_RING - 1))] != start:
            entry = ring + width * (position & (BUCKET_RING - 1))
            write_bucket(plan, fields, arena, base, entry, start, arena[base + EVENTS])
            arena32[head] = position + 1
            arena32[head + 1] = count + 1


@inlined
def become_busy(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    base: int,
    now: int,
) -> None:
    """Sort the full ring's events into buckets: they are all events of the longest exact window."""
    unit = take_block(arena, free_blocks, scalars, plan[fields + BUCKET_UNITS])
    arena[tail_of(plan, fields, arena32, arena16, base) + 1] = unit
    block = unit * UNIT_WORDS
    exact, width, tallies = plan[fields + EXACT], plan[fields + BUCKET], plan[fields + TALLIES]
    ring = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
    events, lanes = arena[base + EVENTS], plan[fields + LANES_AT]
    for window in range(exact):
        length = plan[plan[fields + WINDOWS_AT] + window] // BUCKETS
        since = now - plan[plan[fields + WINDOWS_AT] + window]
        target = block + exact + window * BUCKET_RING * width
        position, last = 0, NONE
        for event in range(max(0, events - EVENTS_MAX), events):
            source = ring + plan[fields + ENTRY] * (event & (EVENTS_MAX - 1))
            start = entry_time(arena[source]) // length * length
            if start > since and start != last:
                entry = target + width * position
                arena[entry] = start
                arena[entry + 1] = event
                for tally in range(tallies):
                    total = arena[base + TOTALS + tally]
                    arena[entry + 2 + tally] = total - lane(plan, lanes, tally, arena, source, total)
                position, last = position + 1, start
        arena32[2 * (block + window)] = position
        arena32[2 * (block + window) + 1] = position


@inlined
def move_entries(arena: Int64s, old: int, new: int, width: int, size: int, position: int) -> None:
    """Copy the `2^size` entries before `position` from block `old` to their slots in the doubled `new`."""
    for event in range(position - (1 << size), position):
        source = old * UNIT_WORDS + width * (event & ((1 << size) - 1))
        target = new * UNIT_WORDS + width * (event & ((2 << size) - 1))
        for word in range(width):
            arena[target + word] = arena[source + word]


@inlined
def double(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    base: int,
) -> None:
    """Move a full ring into a block of twice the events (or take the first one). Events keep their position,
    so only slots change."""
    size = signed(arena16[4 * base + RING_SIZE_16])
    new = take_block(arena, free_blocks, scalars, ring_units(plan, fields, size + 1))
    if size != NONE:
        width, position = plan[fields + ENTRY], arena[base + EVENTS]
        old = signed(arena32[2 * base + RING_32])
        move_entries(arena, old, new, width, size, position)
        for other in range(plan[fields + OTHERS]):
            mask_at = 2 * base + plan[fields + MASKS_32] + other
            move_others(arena, arena32, mask_at, old, new, width, size, other, position)
        give_block(arena, free_blocks, scalars, ring_units(plan, fields, size), old)
    arena32[2 * base + RING_32] = new
    arena16[4 * base + RING_SIZE_16] = size + 1
    if size + 1 == RING_SIZE_MAX:
        arena[tail_of(plan, fields, arena32, arena16, base) + 1] = NONE


@inlined
def move_others(
    arena: Int64s,
    arena32: UInt32s,
    mask_at: int,
    old: int,
    new: int,
    width: int,
    size: int,
    other: int,
    position: int,
) -> None:
    """Copy one ring of others from block `old` to the doubled block `new`; turn its mask to the new slots."""
    before, after = slots_of(size), slots_of(size + 1)
    source = old * UNIT_WORDS + (width << size) + other * before
    target = new * UNIT_WORDS + (width << (size + 1)) + other * after
    mask = signed(arena32[mask_at])
    turned = 0
    for event in range(position - before, position):
        arena[target + (event & (after - 1))] = arena[source + (event & (before - 1))]
        turned |= ((mask >> (event & (before - 1))) & 1) << (event & (after - 1))
    arena32[mask_at] = turned


@inlined
def remember(
    arena: Int64s, arena32: UInt32s, mask_at: int, ring: int, slots: int, slot: int, value: int
) -> None:
    """Write the other of an event to its slot, marked as the latest of its value (absent: not marked)."""
    same = 0
    for place in range(slots):
        same |= signed(arena[ring + place] == value) << place
    arena[ring + slot] = value
    mask = signed(arena32[mask_at])
    arena32[mask_at] = (mask & ~same & ~(1 << slot)) | (signed(value != 0) << slot)


@inlined
def make_room(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    base: int,
    now: int,
) -> None:
    """Room for one more event in the ring: a larger ring, or at the cap the oldest event is dropped."""
    exact = plan[fields + EXACT]
    counts16 = 4 * base + plan[fields + COUNTS_16]
    size = signed(arena16[4 * base + RING_SIZE_16])
    count = signed(arena16[counts16 + exact - 1])
    if count == EVENTS_MAX:
        if buckets_of(plan, fields, arena, arena32, arena16, base) == NONE:
            become_busy(plan, fields, arena, arena32, arena16, free_blocks, scalars, base, now)
        ring = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
        oldest = ring + plan[fields + ENTRY] * ((arena[base + EVENTS] - EVENTS_MAX) & (EVENTS_MAX - 1))
        arena[tail_of(plan, fields, arena32, arena16, base)] = entry_time(arena[oldest])
        for at in range(counts16, counts16 + exact):
            if arena16[at] == EVENTS_MAX:
                arena16[at] = EVENTS_MAX - 1
    elif size == NONE or count == 1 << size:
        double(plan, fields, arena, arena32, arena16, free_blocks, scalars, base)


@inlined
def append_exact(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    base: int,
    tokens: Int64s,
    row: int,
    now: int,
) -> None:
    """Write an event and its others to their slots, and count it in every exact window."""
    position, width = arena[base + EVENTS], plan[fields + ENTRY]
    size = signed(arena16[4 * base + RING_SIZE_16])
    block = signed(arena32[2 * base + RING_32]) * UNIT_WORDS
    entry = block + width * (position & ((1 << size) - 1))
    arena[entry] = now << TIME_SHIFT
    for word in range(1, width):
        arena[entry + word] = 0
    for tally in range(plan[fields + TALLIES]):
        at = plan[fields + LANES_AT] + 3 * tally
        arena[entry + plan[at]] |= (arena[base + TOTALS + tally] & plan[at + 2]) << plan[at + 1]
    slots = slots_of(size)
    for other in range(plan[fields + OTHERS]):
        ring = block + (width << size) + other * slots
        value = tokens[plan[plan[fields + OTHERS_AT] + other], row]
        mask_at = 2 * base + plan[fields + MASKS_32] + other
        remember(arena, arena32, mask_at, ring, slots, position & (slots - 1), value)
    counts16 = 4 * base + plan[fields + COUNTS_16]
    for window in range(plan[fields + EXACT]):
        arena16[counts16 + window] += 1


@inlined
def append_day(
    plan: Int64s,
    fields: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    free_blocks: Int64s,
    scalars: Int64s,
    base: int,
    now: int,
) -> None:
    """Open an entry for the day of `now`, unless the last one is it."""
    exact, width = plan[fields + EXACT], plan[fields + BUCKET]
    counts16 = 4 * base + plan[fields + COUNTS_16] + exact
    days = plan[fields + DAYS]
    size = signed(arena16[4 * base + DAY_SIZE_16])
    position = signed(arena16[4 * base + DAY_POSITION_16])
    start = now // DAY_MS * DAY_MS
    count = signed(arena16[counts16 + days - 1])
    if count > 0:
        block = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS
        if arena[block + width * ((position - 1) & ((1 << size) - 1))] == start:
            return
    if size == NONE or count == 1 << size:
        new = take_block(arena, free_blocks, scalars, day_units(plan, fields, size + 1))
        if size != NONE:
            old = signed(arena32[2 * base + DAYS_32])
            move_entries(arena, old, new, width, size, position)
            give_block(arena, free_blocks, scalars, day_units(plan, fields, size), old)
        size += 1
        arena32[2 * base + DAYS_32] = new
        arena16[4 * base + DAY_SIZE_16] = size
    block = signed(arena32[2 * base + DAYS_32]) * UNIT_WORDS
    entry = block + width * (position & ((1 << size) - 1))
    write_bucket(plan, fields, arena, base, entry, start, arena[base + EVENTS])
    arena16[4 * base + DAY_POSITION_16] = (position + 1) & DAY_POSITION_MASK
    for window in range(days):
        arena16[counts16 + window] += 1


@inlined
def count_habit(arena8: Bytes, habit8: int, time_ms: int) -> None:
    """Count an event in its quarter of the week; all are halved where one is full, so recent weeks weigh
    more.
    """
    quarter = habit8 + quarter_of(time_ms)
    arena8[quarter] += 1
    if arena8[quarter] == HABIT_MAX:
        for other in range(habit8, habit8 + QUARTERS):
            arena8[other] = arena8[other] >> 1


@inlined
def append_runs(
    plan: Int64s, fields: int, arena: Int64s, base: int, contributions: Int64s, row: int, now: int
) -> None:
    """Lengthen, begin or end the runs that the event belongs to; what ends a run is not of the next one."""
    tallies = plan[fields + TALLIES_AT]
    for run in range(plan[fields + RUNS]):
        pair, word = plan[fields + RUNS_AT] + 2 * run, base + plan[fields + RUN] + 2 * run
        if contributions[plan[tallies + plan[pair + 1]], row] > 0:
            arena[word] = arena[word + 1] = 0
        elif contributions[plan[tallies + plan[pair]], row] > 0:
            if arena[word] == 0:
                arena[word + 1] = now + 1
            arena[word] += 1


@inlined
def append(
    plan: Int64s,
    log: int,
    arena: Int64s,
    arena32: UInt32s,
    arena16: Int16s,
    arena8: Bytes,
    free_blocks: Int64s,
    scalars: Int64s,
    base: int,
    contributions: Int64s,
    tokens: Int64s,
    row: int,
    now: int,
    place: int,
) -> None:
    """Add event `row` to a log whose windows have been advanced to `now`."""
    fields = log * FIELDS
    if plan[fields + EXACT] > 0:
        make_room(plan, fields, arena, arena32, arena16, free_blocks, scalars, base, now)
        append_exact(plan, fields, arena, arena32, arena16, base, tokens, row, now)
        block = buckets_of(plan, fields, arena, arena32, arena16, base)
        if block != NONE:
            append_buckets(plan, fields, arena, arena32, base, block, now)
    if plan[fields + DAYS] > 0:
        append_day(plan, fields, arena, arena32, arena16, free_blocks, scalars, base, now)
    tallies = plan[fields + TALLIES_AT]
    for tally in range(plan[fields + TALLIES]):
        arena[base + TOTALS + tally] += contributions[plan[tallies + tally], row]
    if plan[fields + FIRST] > 0 and arena[base + EVENTS] == 0:
        arena[base + plan[fields + FIRST]] = now + 1
    arena[base + EVENTS] += 1
    arena[base + LAST] = now
    for mark in range(plan[fields + MARKS]):
        tally = plan[plan[fields + MARKS_AT] + mark]
        if contributions[plan[tallies + tally], row] > 0:
            arena[base + plan[fields + MARK] + mark] = now + 1
    append_runs(plan, fields, arena, base, contributions, row, now)
    if plan[fields + PLACE] > 0 and place != 0:
        arena[base + plan[fields + PLACE]] = place
        arena[base + plan[fields + PLACE] + 1] = now
    if plan[fields + HABIT] > 0:
        count_habit(arena8, 8 * (base + plan[fields + HABIT]), now)
