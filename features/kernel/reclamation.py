"""Giving back the memory of logs that are forgotten, and of rings whose last event has left every exact
window.

Invariant: reclaiming never changes a vector, because such a log or ring reads exactly like an empty one. On
each new engine minute a bounded stretch of the table is visited, in turn; about every 1,024 minutes all of
it. What is in use at any time is therefore at most what was active within its retention plus 18 hours.
"""

from features.kernel.layout import COHORT, EVENTS, FIELDS, LAST, LOG_16, RING_SIZE_16, UNIT_WORDS, LogField
from features.kernel.rings import COUNTS_16, EXACT, MASKS_32, OTHERS, WINDOWS_AT, is_forgotten
from features.kernel.store import MINUTE, NONE, SWEEP, LogStore, give_buckets, give_log, give_ring, tail_of
from models.arrays import Int64s
from models.kernels import hot, prefetch, signed
from models.units import MINUTE_MS

SLOTS_MIN = 16
MINUTES_A_ROUND = 1024
STREAM = int(LogField.STREAM)


@hot
def sweep(plan: Int64s, store: LogStore, now: int) -> None:
    """Visit the slots due since the engine minute last swept. Does nothing within the same minute."""
    scalars, table, arena = store.scalars, store.table, store.arena
    minutes = now // MINUTE_MS - scalars[MINUTE]
    scalars[MINUTE] = now // MINUTE_MS
    slots = table.shape[0] // 2
    visits = min(slots, min(minutes, MINUTES_A_ROUND) * max(SLOTS_MIN, slots // MINUTES_A_ROUND))
    slot = scalars[SWEEP] & (slots - 1)
    for _ in range(visits):
        prefetch(arena, (table[2 * ((slot + 16) & (slots - 1)) + 1] >> 8) * UNIT_WORDS)
        word = table[2 * slot + 1]
        if word != 0:
            base = signed(word >> 8) * UNIT_WORDS
            fields = signed(store.arena16[4 * base + LOG_16]) * FIELDS
            if is_forgotten(plan, fields, arena, base, now):
                give_log(plan, store, base)
                continue
            if plan[fields + STREAM] != COHORT:
                shrink(plan, store, fields, base, now)
        slot = (slot + 1) & (slots - 1)
    scalars[SWEEP] = slot


@hot
def shrink(plan: Int64s, store: LogStore, fields: int, base: int, now: int) -> None:
    """Give back buckets that no window is read from any more, and a ring all of whose events have expired."""
    arena, arena32, arena16 = store.arena, store.arena32, store.arena16
    free_blocks, scalars = store.free_blocks, store.scalars
    exact = plan[fields + EXACT]
    if exact == 0 or arena[base + EVENTS] == 0:
        return
    since = now - plan[plan[fields + WINDOWS_AT] + exact - 1]
    tail = tail_of(plan, fields, arena32, arena16, base)
    if tail != NONE and arena[tail] <= since:
        give_buckets(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
    if arena16[4 * base + RING_SIZE_16] != NONE and arena[base + LAST] <= since:
        give_ring(plan, arena, arena32, arena16, free_blocks, scalars, fields, base)
        for window in range(exact):
            arena16[4 * base + plan[fields + COUNTS_16] + window] = 0
        for other in range(plan[fields + OTHERS]):
            arena32[2 * base + plan[fields + MASKS_32] + other] = 0
