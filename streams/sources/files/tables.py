"""Reading data sets in bounded batches: Parquet with its types, CSV as text (the map knows its types)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from streams.errors import Misconfigured

BATCH_ROWS: Final = 16_384
CSV_BLOCK_BYTES: Final = 1 << 22


@dataclass(frozen=True)
class FileRows:
    """Some rows as columns, and lines between them that are no rows at all (a wrong number of fields).

    `places`: where each unreadable line stands, counting all lines of this batch from 0.
    """

    columns: pa.RecordBatch
    unreadable: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return int(self.columns.num_rows) + len(self.unreadable)

    def first(self, count: int) -> "FileRows":
        """The first `count` lines."""
        bad = sum(place < count for place in self.places)
        return FileRows(self.columns.slice(0, count - bad), self.unreadable[:bad], self.places[:bad])


def column_names(path: Path) -> list[str]:
    """The file's columns. Raises `Misconfigured` when it is not a readable Parquet or CSV file."""
    try:
        if _is_csv(path):
            return list(_csv(path, deque()).schema.names)
        return list(pa.parquet.ParquetFile(path).schema_arrow.names)
    except (OSError, pa.ArrowException) as error:
        raise Misconfigured(f"{path} cannot be read as Parquet or CSV: {error}") from None


def read(path: Path, columns: list[str], limit: int | None = None) -> Iterator[FileRows]:
    """The file's rows in order, at most `limit` of them; unreadable lines count as rows."""
    left = limit
    for rows in _read_csv(path, columns) if _is_csv(path) else _read_parquet(path, columns):
        if left is None:
            yield rows
            continue
        kept = rows.first(left) if left < len(rows) else rows
        yield kept
        left -= len(kept)
        if left <= 0:
            return


def row_count(path: Path) -> int | None:
    """How many rows the file has, where that is known without reading it."""
    return None if _is_csv(path) else int(pa.parquet.ParquetFile(path).metadata.num_rows)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".txt", ".tsv")


def _read_parquet(path: Path, columns: list[str]) -> Iterator[FileRows]:
    with pa.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            yield FileRows(batch)


def _read_csv(path: Path, columns: list[str]) -> Iterator[FileRows]:
    unreadable: deque[tuple[int, bytes]] = deque()
    line, reader = 0, _csv(path, unreadable, columns)
    for batch in reader:
        for start in range(0, max(batch.num_rows, 1), BATCH_ROWS):
            rows = _with_unreadable(batch.slice(start, BATCH_ROWS), unreadable, line)
            line += len(rows)
            yield rows
    if unreadable:
        yield _with_unreadable(pa.RecordBatch.from_pylist([], reader.schema), unreadable, line)


def _with_unreadable(batch: pa.RecordBatch, unreadable: deque[tuple[int, bytes]], line: int) -> FileRows:
    """These rows, the first of which is line `line`, and the unreadable lines among and after them."""
    rows = FileRows(batch)
    while unreadable and unreadable[0][0] <= line + len(rows):
        at, text = unreadable.popleft()
        rows.places.append(at - line)
        rows.unreadable.append(text)
    return rows


def _csv(path: Path, unreadable: deque[tuple[int, bytes]], columns: list[str] | None = None) -> Any:
    """A streaming reader of text columns; lines with a wrong number of fields go to `unreadable`,
    with their number (the line after the header is 0)."""

    def keep(row: Any) -> str:
        unreadable.append((row.number - 2, (row.text or "").encode()))
        return "skip"

    parse = pa.csv.ParseOptions(
        delimiter="\t" if path.suffix.lower() == ".tsv" else ",", invalid_row_handler=keep
    )
    read = pa.csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK_BYTES)
    if columns is None:
        return pa.csv.open_csv(path, read, parse)
    convert = pa.csv.ConvertOptions(
        include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True
    )
    return pa.csv.open_csv(path, read, parse, convert)
