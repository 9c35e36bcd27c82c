"""Feature vectors as Parquet files: the messages of `ENGINE.features` become a table with one column per
feature.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.messages import Vectors
from storage import StagedFile
from streams.errors import Damaged

ROW_GROUP_ROWS: Final = 16_384
SUFFIX: Final = ".parquet"
SCHEMA_HASH: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""It names a folder."""
decode_vectors = msgspec.msgpack.Decoder(Vectors).decode


@dataclass(frozen=True, order=True)
class FileRange:
    """The offsets `[start, end)` of one partition that a file holds, as its name tells."""

    partition: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """
        >>> FileRange(0, 7, 120).name
        '0-00000000000000000007-00000000000000000120.parquet'
        """
        return f"{self.partition}-{self.start:020d}-{self.end:020d}{SUFFIX}"


def file_ranges(folder: Path) -> list[FileRange]:
    """What the finished files under `folder` hold, in order."""
    names = (path.name.removesuffix(SUFFIX).split("-") for path in folder.rglob(f"*{SUFFIX}"))
    return sorted(FileRange(*(int(part) for part in name)) for name in names if len(name) == 3)


def to_table(batches: Sequence[Vectors], names: Mapping[str, Sequence[str]]) -> pa.Table:
    """The rows of messages that share one schema. `names` gives the feature names by schema hash.

    Columns: sequence, engine_time (ms, UTC), merchant_account, payment_id, attempt, phase, then one float64
    column per feature; a feature that is unknown for a payment is NaN. Where the schema is not known,
    columns are `feature_000`...
    """
    first = batches[0]
    features = names.get(first.schema_hash) or [f"feature_{number:03d}" for number in range(first.columns)]
    if len(features) != first.columns:
        raise Damaged(
            f"vectors of schema {first.schema_hash} have {first.columns} columns, not {len(features)}"
        )
    matrix = np.concatenate([_matrix(batch) for batch in batches])
    columns: dict[str, pa.Array] = {
        "sequence": pa.array(_joined(batches, "sequence", "<i8")),
        "engine_time": pa.array(
            _joined(batches, "engine_time", "<i8").view("datetime64[ms]"), pa.timestamp("ms", tz="UTC")
        ),
        "merchant_account": pa.array(
            [name for batch in batches for name in batch.merchant_account], pa.string()
        ),
        "payment_id": pa.array([name for batch in batches for name in batch.payment_id], pa.string()),
        "attempt": pa.array(_joined(batches, "attempt", "u1")),
        "phase": pa.array([name for batch in batches for name in batch.phase], pa.string()),
    }
    columns |= {feature: pa.array(np.ascontiguousarray(matrix[:, at])) for at, feature in enumerate(features)}
    return pa.table(columns)


def fault(vectors: Vectors, names: Mapping[str, Sequence[str]]) -> str:
    """Why these vectors are none that an engine writes; empty where they may be."""
    if vectors.rows < 1 or not SCHEMA_HASH.fullmatch(vectors.schema_hash):
        return f"{vectors.rows} rows of schema {vectors.schema_hash[:64]!r}"
    features = names.get(vectors.schema_hash)
    if features is not None and len(features) != vectors.columns:
        return f"{vectors.columns} columns, its schema has {len(features)}"
    row_bytes = {"sequence": 8, "engine_time": 8, "attempt": 1, "matrix": 8 * vectors.columns}
    lengths = {name: len(getattr(vectors, name)) for name in row_bytes}
    wrong = [name for name, each in row_bytes.items() if lengths[name] != each * vectors.rows]
    wrong += [
        name
        for name in ("merchant_account", "payment_id", "phase")
        if len(getattr(vectors, name)) != vectors.rows
    ]
    return f"{', '.join(wrong)}: not {vectors.rows} rows" if wrong else ""


def write(folder: Path, held: FileRange, table: pa.Table, schema_hash: str) -> Path:
    """Writes the rows as one file, which is complete under its name, also after a power range."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / held.name
    with StagedFile(path, durable=True) as file:
        pq.write_table(
            table.replace_schema_metadata({"schema_hash": schema_hash}),
            file.partial,
            row_group_size=ROW_GROUP_ROWS,
            compression="zstd",
            compression_level=1,
            use_dictionary=["merchant_account", "phase"],
        )
    return path


def _matrix(batch: Vectors) -> np.ndarray[Any, Any]:
    values = np.frombuffer(batch.matrix, "<f8")
    if values.size != batch.rows * batch.columns:
        raise Damaged(f"vectors with {batch.rows} rows of {batch.columns} columns hold {values.size} values")
    return values.reshape(batch.rows, batch.columns)


def _joined(batches: Sequence[Vectors], field: str, kind: str) -> np.ndarray[Any, Any]:
    return np.concatenate([np.frombuffer(getattr(batch, field), kind) for batch in batches])
