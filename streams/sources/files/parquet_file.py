"""A Parquet file that is whole under its own name, or not there.

Invariant: it is written beside and renamed once all rows are in and synced; a run that is broken off leaves
what was there before.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from streams.errors import Misconfigured


class ParquetFile:
    """Written as a context: closed without an exception the file takes its place, otherwise it is removed."""

    def __init__(self, path: Path, schema: pa.Schema, **options: Any) -> None:
        """`options`: of pyarrow's `ParquetWriter`. Raises `Misconfigured` where no file can be written."""
        self._path, self._beside = path, path.with_name(f".{path.name}.part")
        try:
            self._writer = pq.ParquetWriter(
                self._beside, schema, compression="zstd", compression_level=1, **options
            )
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error}") from None

    def write(self, rows: pa.RecordBatch) -> None:
        """Adds rows as one row group."""
        self._writer.write_batch(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is not None:
            self._beside.unlink(missing_ok=True)
            return
        _sync(self._beside)
        self._beside.replace(self._path)
        _sync(self._path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
