"""A Parquet file that is complete under its own name, or not there."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from storage.staged_file import StagedFile

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetFile:
    """A file under way. As a context it takes its place at the end, or is deleted after an exception.

    The folder must exist. Content survives a power cut once the context has ended.
    """

    def __init__(
        self, path: Path, schema: "pa.Schema", *, group_rows: int | None = None, **options: Any
    ) -> None:
        """`group_rows`: rows of a row group, however they are written; None: each `write` makes one group.
        `options`: of pyarrow's `ParquetWriter`. Raises `OSError` where no file can be written.
        """
        import pyarrow.parquet as pq  # 0.2 s, and an extra that not every installation has

        self._file = StagedFile(path, durable=True)
        self._writer = pq.ParquetWriter(
            self._file.partial, schema, compression="zstd", compression_level=1, **options
        )
        self._group_rows = group_rows
        self._pending: list[Any] = []
        self._rows = 0

    def write(self, rows: "pa.RecordBatch") -> None:
        """Adds rows, which have the schema's columns."""
        if self._group_rows is None:
            self._writer.write_batch(rows)
            return
        self._pending.append(rows)
        self._rows += rows.num_rows
        while self._rows >= self._group_rows:
            self._write_group(self._group_rows)

    def _write_group(self, rows: int) -> None:
        import pyarrow as pa

        table = pa.Table.from_batches(self._pending).unify_dictionaries()
        self._writer.write_table(table.slice(0, rows).combine_chunks(), row_group_size=rows)
        self._pending, self._rows = table.slice(rows).to_batches(), self._rows - rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._writer.close()
            self._file.discard()
            return
        with self._file:
            if self._rows:
                self._write_group(self._rows)
            self._writer.close()
