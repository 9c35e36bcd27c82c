"""Cases and their vectors, read together, a row group at a time, only the columns that are asked for.

Invariant: a block's rows are those that have both a case and a vector, in order of `sequence`; every case
without one is counted, with the reason. In memory at most: one block of cases, the row groups of vectors it
touches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from streams.backtest.cases.block import CaseBlock
from streams.backtest.cases.case_file import FORMAT
from streams.errors import Misconfigured

BLOCK_ROWS: Final = 65_536
SUFFIX: Final = ".parquet"
ALWAYS: Final = 2**63 - 1


@dataclass
class ExcludedCases:
    """Cases that could not be decided, counted."""

    no_vector: int = 0
    """No vector was archived."""
    other_catalogue: int = 0
    """The vector is of a catalogue that lacks a feature."""


@dataclass
class CaseArchive:
    """Cases under one folder, vectors under another (both searched deeply). Iterate with `blocks`."""

    cases: Path
    vectors: Path
    excluded: ExcludedCases = field(default_factory=ExcludedCases)

    def check(self) -> None:
        """Raises `Misconfigured` where there is nothing, or nothing this version can read."""
        files = _files(self.cases)
        if not files:
            raise Misconfigured(f"{self.cases} holds no recorded payments: prepare them first")
        written = (pq.read_schema(files[0]).metadata or {}).get(b"format", b"").decode()
        if written != FORMAT:
            raise Misconfigured(
                f"{files[0]} has format {written or 'unknown'}, this version reads {FORMAT}: "
                f"delete {self.cases} and prepare the payments again"
            )

    def last_time(self) -> int:
        """Engine time (ms) of the last recorded payment."""
        with pq.ParquetFile(_files(self.cases)[-1]) as file:
            group = file.metadata.num_row_groups - 1
            times = file.read_row_group(group, ["engine_time"])["engine_time"]
            return int(times[-1].as_py()) if len(times) else 0

    def blocks(
        self, columns: Sequence[str], features: Sequence[str], start: int = 0, end: int = ALWAYS
    ) -> Iterator[CaseBlock]:
        """Blocks of the payments decided in `[start, end)` (engine time, ms)."""
        wanted = sorted({"sequence", "engine_time", *columns})
        vectors = _Vectors(self.vectors, features, self.excluded) if features else None
        for read in _cases(self.cases, wanted):
            times = read["engine_time"].to_numpy()
            within = (times >= start) & (times < end)
            cases = read if within.all() else read.filter(pa.array(within))
            block = CaseBlock(cases, {}) if vectors is None else vectors.join(cases)
            if block.n:
                yield block


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob(f"[!.]*{SUFFIX}")) if folder.is_dir() else [folder] if folder.is_file() else []


def _cases(folder: Path, columns: list[str]) -> Iterator[Any]:
    for path in _files(folder):
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from file.iter_batches(BLOCK_ROWS, columns=columns)


class _Vectors:
    """The vectors' files in order of sequence, read forwards."""

    def __init__(self, folder: Path, features: Sequence[str], excluded: ExcludedCases) -> None:
        self._features = list(features)
        self._excluded = excluded
        self._groups = iter(_row_groups(folder, set(features)))
        self._ahead: _Group | None = next(self._groups, None)
        self._held: list[tuple[NDArray[np.int64], dict[str, NDArray[np.float64]] | None]] = []

    def join(self, cases: Any) -> CaseBlock:
        """The cases that have vectors, with them."""
        sequences = cases["sequence"].to_numpy()
        if not len(sequences):
            return CaseBlock(cases, {})
        self._forget(int(sequences[0]))
        self._read_to(int(sequences[0]), int(sequences[-1]))
        return self._joined(cases, sequences)

    def _forget(self, first: int) -> None:
        self._held = [held for held in self._held if len(held[0]) and held[0][-1] >= first]

    def _read_to(self, first: int, last: int) -> None:
        while self._ahead is not None and self._ahead.first <= last:
            if self._ahead.last >= first:
                self._held.append(self._ahead.read(self._features))
            self._ahead = next(self._groups, None)

    def _joined(self, cases: Any, sequences: NDArray[np.int64]) -> CaseBlock:
        has = np.zeros(len(sequences), np.bool_)
        values = {name: np.full(len(sequences), np.nan) for name in self._features}
        for held, columns in self._held:
            low, high = np.searchsorted(sequences, (held[0], held[-1] + 1))
            places = np.searchsorted(held, sequences[low:high])
            there = held[np.minimum(places, len(held) - 1)] == sequences[low:high]
            if columns is None:
                self._excluded.other_catalogue += int(there.sum())
                self._excluded.no_vector -= int(there.sum())
                continue
            rows = np.flatnonzero(there) + low
            has[rows] = True
            for name, column in columns.items():
                values[name][rows] = column[places[there]]
        self._excluded.no_vector += int((~has).sum())
        if has.all():
            return CaseBlock(cases, values)
        return CaseBlock(cases.filter(pa.array(has)), {name: column[has] for name, column in values.items()})


@dataclass(frozen=True)
class _Group:
    """One row group of vectors, and which sequences it holds."""

    path: Path
    number: int
    first: int
    last: int
    usable: bool

    def read(self, features: list[str]) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]] | None]:
        names = ["sequence", *features] if self.usable else ["sequence"]
        with pq.ParquetFile(self.path, pre_buffer=False) as file:
            table = file.read_row_group(self.number, names)
        sequences = table["sequence"].to_numpy()
        if not self.usable:
            return sequences, None
        return sequences, {name: _floats(table[name]) for name in features}


def _floats(column: Any) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.to_numpy()
    return values


def _row_groups(folder: Path, features: set[str]) -> Iterator[_Group]:
    """All row groups in order of sequence; files are ordered by the sequence they begin with."""
    begins = []
    for path in _files(folder):
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows:
                begins.append((_range(file, 0)[0], path))
    for _, path in sorted(begins):
        with pq.ParquetFile(path) as file:
            usable = features <= set(file.schema_arrow.names)
            groups = [
                _Group(path, number, *_range(file, number), usable)
                for number in range(file.metadata.num_row_groups)
            ]
        yield from groups


def _range(file: Any, number: int) -> tuple[int, int]:
    """First and last sequence of a row group, by its statistics."""
    position = file.schema_arrow.names.index("sequence")
    statistics = file.metadata.row_group(number).column(position).statistics
    if statistics is not None and statistics.has_min_max:
        return int(statistics.min), int(statistics.max)
    sequences = file.read_row_group(number, ["sequence"])["sequence"].to_numpy()
    return int(sequences[0]), int(sequences[-1])
