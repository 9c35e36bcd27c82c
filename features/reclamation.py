"""Giving back the memory of entities whose last event has left their longest window.

Invariant: reclaiming never changes a vector, because such an entity reads exactly like one never seen. On
each new engine minute a bounded stretch of rows is visited, in turn; about every 1,024 minutes all of them.
What is in use at any time is therefore at most what was active in the longest window plus 18 hours.
"""

from features.compiled import kernel, signed
from features.layout import KIND, LAST, SIZE, Layout
from features.store import MINUTE, NONE, ROWS_TOP, SWEEP, Store, give_row

ROWS_MIN = 64
MINUTES_A_ROUND = 1024


@kernel
def sweep(layout: Layout, store: Store, now: int) -> None:
    """Visit the rows due since the engine minute last swept. Does nothing within the same minute."""
    scalars, records, records16 = store.scalars, store.records, store.records16
    minutes = now // 60_000 - scalars[MINUTE]
    scalars[MINUTE] = now // 60_000
    top = scalars[ROWS_TOP]
    visits = min(top, min(minutes, MINUTES_A_ROUND) * max(ROWS_MIN, top // MINUTES_A_ROUND))
    row = scalars[SWEEP]
    for _ in range(visits):
        if row >= top:
            row = 0
        base = row * layout.record_words
        kind = signed(records16[4 * base + KIND])
        if kind != NONE:
            retention = layout.window_ms[kind, layout.window_count[kind] - 1]
            if records[base + LAST] <= now - retention:
                size = records16[4 * base + SIZE]
                give_row(store, layout.record_words, row, layout.block_units[kind, size])
        row += 1
    scalars[SWEEP] = row
