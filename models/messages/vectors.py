"""The feature vectors of one batch as they are logged: what models are trained from."""

from msgspec import Struct


class Vectors(Struct, frozen=True, tag="vectors", tag_field="type"):
    """Raw columns, little-endian. One row per *new* decision (a duplicate has no vector), at most 900 kB a
    message.

    `matrix` is float64, row-major, `rows` x `columns`; `sequence` and `engine_time` (ms) are int64, `attempt`
    uint8. `schema_hash` names the feature catalogue whose names and order the columns follow.
    """

    engine: str
    schema_hash: str
    rows: int
    columns: int
    sequence: bytes
    engine_time: bytes
    merchant_account: list[str]
    payment_id: list[str]
    attempt: bytes
    phase: list[str]
    matrix: bytes
