"""The table of logs: entering and leaving in any order loses nobody, also where keys crowd one place."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.kernel.layout import UNIT_WORDS
from features.kernel.store import NONE, enter, find, leave

SLOTS = 16
ENTITIES = st.tuples(st.integers(0, 2), st.integers(1, 12))


@given(st.lists(ENTITIES, max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_table_agrees_with_a_dictionary(toggled: list[tuple[int, int]]) -> None:
    table, expected = np.zeros(2 * SLOTS, np.int64), dict[tuple[int, int], int]()
    for unit, (kind, key) in enumerate(toggled):
        if (kind, key) in expected:
            leave(table, kind, key)
            del expected[kind, key]
        elif len(expected) < SLOTS // 2:
            enter(table, kind, key, unit)
            expected[kind, key] = unit * UNIT_WORDS
        for other_kind in range(3):
            for other_key in range(1, 13):
                found = find(table, other_kind, other_key)
                assert found == expected.get((other_kind, other_key), NONE)
