"""What happens to one entity's ring of events: expire, count distinct others, append, grow.

All are innermost steps of the kernel: they take arrays and the offsets of a record in them. `features.layout`
explains rings, positions and masks.
"""

from features.arrays import Int16s, Int64s, UInt32s
from features.compiled import inlined, population_count, signed
from features.layout import COUNTS, KIND, PLACE, POSITION, SIZE, UNIT_WORDS
from features.measures import EVENTS_MAX
from features.store import give_block, slots_of, take_block


@inlined
def count_events(
    window_ms: int, records16: Int16s, lane: int, arena: Int64s, block: int, position: int, ring: int, at: int
) -> int:
    """Events left in one window at `at`, after moving its tail past those that have expired."""
    count = signed(records16[lane])
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
def append(
    records16: Int16s,
    base16: int,
    windows: int,
    records32: UInt32s,
    base32: int,
    arena: Int64s,
    now: int,
    total: int,
) -> None:
    """Write an event to its slot and count it in every window; `total` is the entity's sum before it."""
    position = signed(records32[base32 + POSITION])
    ring = (1 << signed(records16[base16 + SIZE])) - 1
    place = signed(records32[base32 + PLACE]) * UNIT_WORDS + 2 * (position & ring)
    arena[place] = now
    arena[place + 1] = total
    records32[base32 + POSITION] = position + 1
    for window in range(windows):
        records16[base16 + COUNTS + window] += 1


@inlined
def remember(
    records16: Int16s,
    base16: int,
    records32: UInt32s,
    base32: int,
    mask_at: int,
    kept: int,
    arena: Int64s,
    position: int,
    value: int,
) -> None:
    """Write the other of the event at `position`, and mark its slot as the latest of its value (absent:
    none)."""
    size = signed(records16[base16 + SIZE])
    slots = slots_of(size)
    ring = signed(records32[base32 + PLACE]) * UNIT_WORDS + (2 << size) + kept * slots
    same = 0
    for place in range(slots):
        same |= signed(arena[ring + place] == value) << place
    slot = position & (slots - 1)
    arena[ring + slot] = value
    mask = signed(records32[mask_at])
    records32[mask_at] = (mask & ~same & ~(1 << slot)) | (signed(value != 0) << slot)


@inlined
def drop_oldest(records16: Int16s, lanes: int, windows: int) -> None:
    """The log is at its cap: the windows that reach to its oldest event lose it."""
    for lane in range(lanes, lanes + windows):
        if records16[lane] == EVENTS_MAX:
            records16[lane] = EVENTS_MAX - 1


@inlined
def double(
    arena: Int64s,
    records16: Int16s,
    base16: int,
    records32: UInt32s,
    base32: int,
    free_blocks: Int64s,
    scalars: Int64s,
    block_units: Int64s,
    masks: int,
    others: int,
) -> None:
    """Move a full ring into a block of twice the events. Events keep their position, so only slots change."""
    kind, size = signed(records16[base16 + KIND]), signed(records16[base16 + SIZE])
    old, position = signed(records32[base32 + PLACE]), signed(records32[base32 + POSITION])
    new = take_block(arena, free_blocks, scalars, kind, size + 1, block_units[kind, size + 1])
    for event in range(position - (1 << size), position):
        source = old * UNIT_WORDS + 2 * (event & ((1 << size) - 1))
        target = new * UNIT_WORDS + 2 * (event & ((2 << size) - 1))
        arena[target] = arena[source]
        arena[target + 1] = arena[source + 1]
    for other in range(others):
        move_others(arena, records32, base32 + masks + other, old, new, size, other, position)
    give_block(arena, free_blocks, scalars, kind, size, block_units[kind, size], old)
    records32[base32 + PLACE] = new
    records16[base16 + SIZE] = size + 1


@inlined
def move_others(
    arena: Int64s, records32: UInt32s, mask_at: int, old: int, new: int, size: int, other: int, position: int
) -> None:
    """Copy one ring of others from block `old` to the doubled block `new`; turn its mask to the new slots."""
    before = slots_of(size)
    after = slots_of(size + 1)
    source = old * UNIT_WORDS + (2 << size) + other * before
    target = new * UNIT_WORDS + (4 << size) + other * after
    mask = signed(records32[mask_at])
    turned = 0
    for event in range(position - before, position):
        arena[target + (event & (after - 1))] = arena[source + (event & (before - 1))]
        turned |= ((mask >> (event & (before - 1))) & 1) << (event & (after - 1))
    records32[mask_at] = turned
