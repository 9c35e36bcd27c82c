"""Hashes over state and vectors that say whether two engines agree.

`content_hash` covers logical content only: of each entity its kind, key and the events within its longest
window, in order, with the others of the last 32; entities in any order. Row numbers, growth and reclaiming
leave no trace. `vector_hash` chains over the bits of all vectors in row order, so cuts leave none either.
"""

import numpy as np

from features.arrays import Int64s, UInt64s
from features.compiled import inlined, kernel, prefetch, signed
from features.layout import COUNTS, KEY, KIND, PLACE, POSITION, SIZE, TOTAL, UNIT_WORDS, Layout
from features.store import AHEAD, NONE, NOW, ROWS_TOP, Store, slots_of

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
def content_hash(layout: Layout, store: Store) -> np.uint64:
    """Hash of the logical content: engine time and every entity with an event in its longest window."""
    records, records32, records16 = store.records, store.records32, store.records16
    arena, top, words = store.arena, store.scalars[ROWS_TOP], layout.record_words
    retention = np.array([layout.window_ms[kind].max() for kind in range(layout.window_count.shape[0])])
    total, entities = np.uint64(0), np.uint64(0)
    for row in range(top):
        prefetch(arena, signed(records32[2 * min(row + AHEAD, top - 1) * words + PLACE]) * UNIT_WORDS)
        base = row * words
        kind, size = signed(records16[4 * base + KIND]), signed(records16[4 * base + SIZE])
        if kind == NONE:
            continue
        block = signed(records32[2 * base + PLACE]) * UNIT_WORDS
        position = signed(records32[2 * base + POSITION])
        counted = signed(records16[4 * base + COUNTS + layout.window_count[kind] - 1])
        expired = store.scalars[NOW] - retention[kind]
        events = live_events(arena, block, (1 << size) - 1, position, counted, expired)
        if events > 0:
            state = mix(np.uint64(kind + 1), np.uint64(records[base + KEY]))
            state = log_content(state, arena, block, (1 << size) - 1, position, events, records[base + TOTAL])
            others = block + (2 << size)
            for _ in range(layout.other_count[kind]):
                state = others_content(state, arena, others, slots_of(size), position, events)
                others += slots_of(size)
            total += finish(state)
            entities += np.uint64(1)
    return finish(mix(mix(total, entities), np.uint64(store.scalars[NOW])))


@inlined
def live_events(arena: Int64s, block: int, ring: int, position: int, events: int, expired: int) -> int:
    """How many of the last `events` events are later than `expired`."""
    while events > 0 and arena[block + 2 * ((position - events) & ring)] <= expired:
        events -= 1
    return events


@inlined
def log_content(
    state: np.uint64, arena: Int64s, block: int, ring: int, position: int, events: int, total: int
) -> np.uint64:
    """Chain times and amounts of the last `events` events; an amount is the next total less its own."""
    for event in range(position - events, position):
        place = block + 2 * (event & ring)
        after = arena[block + 2 * ((event + 1) & ring) + 1] if event + 1 < position else total
        state = mix(state, np.uint64(arena[place]))
        state = mix(state, np.uint64(after - arena[place + 1]))
    return state


@inlined
def others_content(
    state: np.uint64, arena: Int64s, others: int, slots: int, position: int, events: int
) -> np.uint64:
    """Chain the others of one kind of the last `events` events, as far as they are kept."""
    for event in range(position - min(events, slots), position):
        state = mix(state, np.uint64(arena[others + (event & (slots - 1))]))
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
