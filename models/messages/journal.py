"""What each batch consisted of: the source of truth of what has been decided. Replay and standbys follow
it.
"""

from msgspec import UNSET, Struct, UnsetType


class InputRange(Struct, frozen=True, gc=False):
    """Records `[start, end)` of one input partition, applied in this place; offsets have gaps, hence
    `records`.

    `checksum` chains the records' bytes (xxh3-64, hex).
    """

    topic: str
    partition: int
    start: int
    end: int
    records: int
    checksum: str


class Skip(Struct, frozen=True, gc=False):
    """A record that crashed the engine again and again and was dead-lettered unread."""

    topic: str
    partition: int
    offset: int


class JournalEntry(Struct, frozen=True, tag="journal", tag_field="type"):
    """One batch. `positions` are the next offsets to read per input after it; `decision_hash` and
    `state_hash` chain over all batches so far and do not depend on where batches were cut. `horizon_ms` and
    `keys_max` bound how long duplicates are told (`streams.engine.admission.admission`). `challenger`: the
    version of the model on trial behind the batch; left out where there is none."""

    engine: str
    number: int
    ranges: tuple[InputRange, ...]
    positions: dict[str, int]
    engine_time: int
    payments: int
    decisions: int
    duplicates: int
    dead_letters: int
    sequence: int
    decision_hash: str
    state_hash: str
    catalogue: str
    model: str | None
    ruleset: str | None
    policy: str | None
    scorer: str
    cpu: str
    horizon_ms: int
    keys_max: int
    degraded: tuple[str, ...] = ()
    skipped: tuple[Skip, ...] = ()
    challenger: str | UnsetType = UNSET
