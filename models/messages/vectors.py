"""The feature vectors of one batch as they are logged: what models are trained from."""

from msgspec import Struct


class Vectors(Struct, frozen=True, tag="vectors", tag_field="type"):
    """The vectors of one batch, or a part of them: at most 900 kB a message. Raw columns are little-endian;
    one row per *new* decision (a duplicate has no vector).
    """

    engine: str
    """The engine."""
    schema_hash: str
    """The feature catalogue, whose names and order the columns follow."""
    rows: int
    """Number of vectors."""
    columns: int
    """Features in each."""
    sequence: bytes
    """Sequence of each decision, int64."""
    engine_time: bytes
    """Engine time of each (ms), int64."""
    merchant_account: list[str]
    """Account of each payment."""
    payment_id: list[str]
    """Id of each payment."""
    attempt: bytes
    """Attempt of each, uint8."""
    phase: list[str]
    """Phase of each."""
    matrix: bytes
    """float64, row-major, `rows` x `columns`."""
