"""From a file of payments to a file of vectors, with the closing figures."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.catalogue import Catalogue
from models.file_formats import ReferenceTableError
from models.reference import REFERENCE_TABLES, agreed
from models.seed import seed_tables
from streams.errors import Misconfigured
from streams.sources.vectors.feature_file import FeatureFile
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import RowCounts, VectorSource

Progress = Callable[[int, int | None], None]
"""Called with the rows done and the rows there are, where that is known."""


@dataclass(frozen=True)
class ComputedVectors:
    """What a run did. `seconds` includes reading and writing."""

    out: Path
    features: int
    schema_hash: str
    counts: RowCounts
    seconds: float

    def document(self) -> dict[str, Any]:
        """The figures as plain data."""
        counts = self.counts
        return {
            "out": str(self.out),
            "features": self.features,
            "schema_hash": self.schema_hash,
            "rows": counts.rows,
            "payments": counts.payments,
            "repeated": counts.repeated,
            "refused": dict(sorted(counts.refused.items())),
            "examples": counts.examples,
            "labels": counts.labels,
            "labels_unmatched": counts.labels_unmatched,
            "seconds": round(self.seconds, 3),
            "microseconds_per_row": round(self.seconds * 1e6 / max(counts.rows, 1), 2),
        }


def compute(
    source: VectorSource,
    out: Path,
    catalogue: Catalogue,
    reference: Mapping[str, Any],
    progress: Progress = lambda *_: None,
) -> ComputedVectors:
    """Computes the vectors of a file into `out`, which appears whole or not at all."""
    started = time.perf_counter()
    history = FeatureHistory(source, catalogue, reference)
    with FeatureFile(out, catalogue.names, {"schema_hash": catalogue.schema_hash}) as file:
        for block in history:
            file.add(block)
            progress(history.counts.rows, history.rows_expected)
    seconds = time.perf_counter() - started
    return ComputedVectors(out, len(catalogue.names), catalogue.schema_hash, history.counts, seconds)


def reference_tables(own: Iterable[tuple[str, Path]] = ()) -> dict[str, Any]:
    """The seed's reference tables, some replaced by files. Raises `Misconfigured`."""
    contents = seed_tables()
    for name, path in own:
        if name not in REFERENCE_TABLES:
            raise Misconfigured(
                f"--table {name}={path}: no such table; there are {', '.join(sorted(REFERENCE_TABLES))}"
            )
        contents[name] = _prepared(name, path)
    return agreed({name: REFERENCE_TABLES[name].load(content) for name, content in contents.items()})


def _prepared(name: str, path: Path) -> bytes:
    """As `tollgate publish table` does it."""
    try:
        return REFERENCE_TABLES[name].prepare(path.read_bytes())
    except ReferenceTableError as error:
        raise Misconfigured(f"{path}: the table {name} cannot be read: {error}") from error
