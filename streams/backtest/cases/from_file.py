"""A data set made ready for backtests: its payments as cases, and its vectors by the engine's own kernel.

No engine decided these payments, so there is no verdict to compare with; the labels show what each was. A
repeated payment and one the engine would refuse are not cases.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from features.catalogue import Catalogue
from storage import ParquetFile
from streams.backtest.cases.case_file import CaseFile
from streams.backtest.cases.case_rows import DecisionColumns, case_rows
from streams.backtest.cases.report_index import ReportIndex
from streams.engine.admission import request_keys
from streams.sources.files import ReplayMap, map_rows, tables
from streams.sources.vectors import FeatureHistory, HistoryBlock, VectorSource

CASES: Final = "cases"
VECTORS: Final = "vectors"
NAME: Final = "0000.parquet"

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class DataSetCounts:
    """How many rows the file has, and how many became cases."""

    rows: int
    cases: int
    refused: int
    repeated: int


def prepare(
    source: VectorSource,
    folder: Path,
    catalogue: Catalogue,
    reference: Mapping[str, Any],
    progress: Progress = lambda *_: None,
) -> DataSetCounts:
    """Writes `folder/cases` and `folder/vectors`, each whole or not at all. Raises `Misconfigured`."""
    history = FeatureHistory(source, catalogue, reference)
    reports = _labels(source)
    cases = 0
    seen: set[bytes] = set()
    with (
        CaseFile(folder / CASES / NAME) as case_file,
        _VectorFile(folder / VECTORS / NAME, catalogue) as vector_file,
    ):
        for block in history:
            kept = _new(block, seen)
            sequences = cases + 1 + np.arange(len(kept))
            payments = [payment for payment in (block.payments[row] for row in kept.tolist()) if payment]
            decided = DecisionColumns(payments, sequences, block.times[kept])
            reported = reports.lookup(request_keys(payments)[:, 0])
            case_file.add(case_rows(decided, reported, reference))
            vector_file.add(sequences, block.vectors[kept])
            cases += len(kept)
            progress(history.counts.rows, history.rows_expected)
    counts = history.counts
    return DataSetCounts(counts.rows, cases, sum(counts.refused.values()), counts.repeated)


def _new(block: HistoryBlock, seen: set[bytes]) -> np.ndarray:
    """Rows that an engine would decide as new payments: 16 bytes of key are kept for each."""
    kept = []
    rows = [row for row, refused in enumerate(block.refused.tolist()) if not refused]
    payments = [block.payments[row] for row in rows]
    keys = request_keys([p for p in payments if p is not None])
    for row, payment, key in zip(rows, payments, keys, strict=True):
        assert payment is not None
        name = key.tobytes() + payment.phase.encode()
        if name not in seen:
            seen.add(name)
            kept.append(row)
    return np.array(kept, np.int64)


def _labels(source: VectorSource) -> ReportIndex:
    """The labels of the whole file, as they would be on a log."""
    reports, replay_map = ReportIndex(), _with_delay(source)
    if replay_map.label is None:
        return reports
    for rows in tables.read(source.path, list(replay_map.columns()), source.limit):
        for label in map_rows(rows.columns, replay_map).labels:
            if label is not None and isinstance(label.merchant_account, str):
                reports.add(label, label.known_at)
    return reports


def _with_delay(source: VectorSource) -> ReplayMap:
    """The map, with the delay that was asked for."""
    replay_map = source.replay_map
    if source.delay_ms is None or replay_map.label is None:
        return replay_map
    label = msgspec.structs.replace(replay_map.label, delay=f"{source.delay_ms}ms")
    return msgspec.structs.replace(replay_map, label=label)


class _VectorFile(ParquetFile):
    """`sequence` and one column a feature, as the Parquet sink's files have them."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = [("sequence", pa.int64()), *((name, pa.float64()) for name in catalogue.names)]
        self._schema = pa.schema(fields, metadata={"schema_hash": catalogue.schema_hash})
        super().__init__(path, self._schema, use_dictionary=False, write_statistics=["sequence"])

    def add(self, sequences: np.ndarray, matrix: np.ndarray) -> None:
        """Adds rows as one row group."""
        arrays = [pa.array(sequences), *(pa.array(column) for column in np.ascontiguousarray(matrix.T))]
        self.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
