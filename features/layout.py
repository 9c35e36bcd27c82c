"""A catalogue as the kernel's tables, and the shape of the memory they describe.

*Record*: one entity's state in one piece, for the usual catalogue exactly one cache line of 64 bytes. Words
of 8 bytes hold key, running total and last event's time; then as 4-byte numbers the ring's place and
position; as 2-byte numbers kind, ring size and one event count per window; at the end one 32-bit mask per
kind of other.

*Ring*: an entity's recent events, in a block of a power of two of events. `(time, total before it)` pairs
come first, so a window's sum is one subtraction, whatever its length: nobody keeps sums. Then, per kind of
other, the others of the last 32 events. Blocks are cut from one arena in units of 64 bytes.

*Mask*: bit `i` is set when the event in slot `i` of the ring of others is the latest of its value. All
windows end now, so the distinct others of the last `k` events are the set bits among their slots.
"""

from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Int64s
from features.catalogue import Catalogue, Feature
from features.measures import DISTINCT_EVENTS_MAX, EVENTS_MAX

KEY, TOTAL, LAST = 0, 1, 2
"""Places of the 8-byte words in a record."""
PLACE, POSITION = 6, 7
"""Places, in 4-byte numbers: the block's place in the arena (in units) and how many events were ever
appended."""
KIND, SIZE, COUNTS = 16, 17, 18
"""Places, in 2-byte numbers: entity kind (-1: free), log2 of the ring's events, first window's count."""

UNIT_WORDS = 8
SIZE_MIN = 1
SIZE_MAX = EVENTS_MAX.bit_length() - 1
CLASSES = SIZE_MAX + 1


class Layout(NamedTuple):
    """Tables by entity kind (rows of two-dimensional arrays, padded) and the features' program.

    `program` has one line a feature: measure, window index, other index, column; lines of one entity are
    together from `starts[kind]` to `starts[kind + 1]`.
    """

    record_words: int
    masks: int
    window_ms: Int64s
    window_count: Int64s
    other: Int64s
    other_count: Int64s
    block_units: Int64s
    program: Int64s
    starts: Int64s
    defaults: Floats


def layout_of(catalogue: Catalogue) -> Layout:
    """The kernel's tables for this catalogue."""
    kinds = [_of_entity(catalogue, name) for name in catalogue.entities]
    windows = [sorted({feature.window_ms for _, feature in kind}) for kind in kinds]
    others = [_others(catalogue, [feature for _, feature in kind]) for kind in kinds]
    lines = [
        [
            _line(catalogue, column, feature, windows[k], others[k])
            for column, feature in sorted(kind, key=_by_measure)
        ]
        for k, kind in enumerate(kinds)
    ]
    masks = (COUNTS + max(map(len, windows)) + 1) // 2
    return Layout(
        record_words=_round_up((masks + max(map(len, others)) + 1) // 2, UNIT_WORDS),
        masks=masks,
        window_ms=_padded(windows),
        window_count=np.array([len(row) for row in windows], dtype=np.int64),
        other=_padded(others),
        other_count=np.array([len(row) for row in others], dtype=np.int64),
        block_units=np.array(
            [[_units(size, len(row)) for size in range(CLASSES)] for row in others], dtype=np.int64
        ),
        program=np.array([line for kind in lines for line in kind], dtype=np.int64).reshape(-1, 4),
        starts=np.cumsum([0, *map(len, lines)], dtype=np.int64),
        defaults=np.array([feature.default for feature in catalogue.features]),
    )


def _of_entity(catalogue: Catalogue, name: str) -> list[tuple[int, Feature]]:
    return [(column, feature) for column, feature in enumerate(catalogue.features) if feature.entity == name]


def _by_measure(line: tuple[int, Feature]) -> tuple[int, int]:
    """Equal measures beside each other: the kernel's branches are then predicted well."""
    return line[1].measure, line[0]


def _others(catalogue: Catalogue, features: list[Feature]) -> list[int]:
    names = dict.fromkeys(feature.other for feature in features if feature.other is not None)
    return [catalogue.entities.index(name) for name in names]


def _line(
    catalogue: Catalogue, column: int, feature: Feature, windows: list[int], others: list[int]
) -> list[int]:
    other = others.index(catalogue.entities.index(feature.other)) if feature.other is not None else 0
    return [int(feature.measure), windows.index(feature.window_ms), other, column]


def _units(size: int, others: int) -> int:
    events = 1 << size
    return _round_up(2 * events + others * min(events, DISTINCT_EVENTS_MAX), UNIT_WORDS) // UNIT_WORDS


def _round_up(value: int, unit: int) -> int:
    return (value + unit - 1) // unit * unit


def _padded(rows: list[list[int]]) -> Int64s:
    padded = np.zeros((len(rows), max(1, *map(len, rows))), dtype=np.int64)
    for row, values in enumerate(rows):
        padded[row, : len(values)] = values
    return padded
