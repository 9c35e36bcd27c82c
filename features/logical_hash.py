"""Hashes over state and vectors that say whether two engines agree.

`content_hash` covers logical content only: of each entity its kind, key and the events within its longest
window, in order, with the others of the last 32; entities in any order. Row numbers, growth and reclaiming
leave no trace. `vector_hash` chains over the bits of all vectors in row order, so cuts leave none either.
"""

import numpy as np

from features.arrays import UInt64s
from features.compiled import kernel, signed
from features.layout import COUNTS, KEY, KIND, PLACE, POSITION, SIZE, TOTAL, UNIT_WORDS, Layout
from features.store import NONE, NOW, ROWS_TOP, Store, slots_of

_PRIME_1 = np.uint64(0x9E3779B185EBCA87)
_PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
_PRIME_3 = np.uint64(0x165667B19E3779F9)
_SHIFT = np.uint64(29)
_LONG_SHIFT = np.uint64(32)
_MAGNITUDE = np.uint64(0x7FFFFFFFFFFFFFFF)
_INFINITY = np.uint64(0x7FF0000000000000)
_QUIET_NAN = np.uint64(0x7FF8000000000000)


@kernel
def mix(state: np.uint64, word: np.uint64) -> np.uint64:
    """Chain one word into a hash (a round of xxHash64 with a final shift)."""
    state = (state ^ (word * _PRIME_2)) * _PRIME_1
    return state ^ (state >> _SHIFT)


@kernel
def finish(state: np.uint64) -> np.uint64:
    """Spread every bit over the whole word (xxHash64's avalanche)."""
    state = (state ^ (state >> _LONG_SHIFT)) * _PRIME_2
    state = (state ^ (state >> _SHIFT)) * _PRIME_3
    return state ^ (state >> _LONG_SHIFT)


@kernel
def content_hash(layout: Layout, store: Store) -> np.uint64:
    """Hash of the logical content: engine time and every entity with an event in its longest window."""
    total = np.uint64(0)
    entities = np.uint64(0)
    for row in range(store.scalars[ROWS_TOP]):
        base = row * layout.record_words
        if store.records16[4 * base + KIND] == NONE:
            continue
        events = live_events(layout, store, base)
        if events > 0:
            total += entity_content(layout, store, base, events)
            entities += np.uint64(1)
    return finish(mix(mix(total, entities), np.uint64(store.scalars[NOW])))


@kernel
def live_events(layout: Layout, store: Store, base: int) -> int:
    """Events of the record within its longest window now."""
    kind = store.records16[4 * base + KIND]
    longest = layout.window_count[kind] - 1
    events = signed(store.records16[4 * base + COUNTS + longest])
    ring = (1 << store.records16[4 * base + SIZE]) - 1
    block = signed(store.records32[2 * base + PLACE]) * UNIT_WORDS
    position = signed(store.records32[2 * base + POSITION])
    expired = store.scalars[NOW] - layout.window_ms[kind, longest]
    while events > 0 and store.arena[block + 2 * ((position - events) & ring)] <= expired:
        events -= 1
    return events


@kernel
def entity_content(layout: Layout, store: Store, base: int, events: int) -> np.uint64:
    """Hash of one entity with its last `events` events: times, amounts, then others."""
    kind = signed(store.records16[4 * base + KIND])
    size = signed(store.records16[4 * base + SIZE])
    block = signed(store.records32[2 * base + PLACE]) * UNIT_WORDS
    position = signed(store.records32[2 * base + POSITION])
    state = mix(np.uint64(kind + 1), np.uint64(store.records[base + KEY]))
    for event in range(position - events, position):
        place = block + 2 * (event & ((1 << size) - 1))
        following = block + 2 * ((event + 1) & ((1 << size) - 1)) + 1
        after = store.arena[following] if event + 1 < position else store.records[base + TOTAL]
        state = mix(state, np.uint64(store.arena[place]))
        state = mix(state, np.uint64(after - store.arena[place + 1]))
    slots = slots_of(size)
    for other in range(layout.other_count[kind]):
        others = block + (2 << size) + other * slots
        for event in range(position - min(events, slots), position):
            state = mix(state, np.uint64(store.arena[others + (event & (slots - 1))]))
    return finish(state)


@kernel
def chain_vectors(state: np.uint64, bits: UInt64s) -> np.uint64:
    """Chain the bits of a matrix of float64, row by row; all NaNs count as one, -0.0 as 0.0."""
    for row in range(bits.shape[0]):
        state = mix(state, vector_bits(bits[row]))
    return state


@kernel
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


@kernel
def canonical(bits: np.uint64) -> np.uint64:
    """The bits of a float64 with one NaN and one zero."""
    magnitude = bits & _MAGNITUDE
    if magnitude > _INFINITY:
        return _QUIET_NAN
    return bits if magnitude != 0 else magnitude
