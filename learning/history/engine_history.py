"""What an engine decided as a history to learn from: archived decisions with the vectors it logged.

A row for each attempt, by its first phase (later phases of an attempt read the same windows). An attempt
whose vector was not archived, or is of another catalogue, is parked. In memory: the decisions' columns, all
reports, and a block of vectors at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.catalogue import CHANNELS, Catalogue
from features.columns import TOKENS as TOKEN_NAMES
from learning.history.log_archive import DECISIONS, LogArchive, Say, attempts_of, read
from learning.history.log_evidence import label_evidence, outcome_times, row_by_attempt
from models.messages import Verdict
from streams.backtest.cases import CaseArchive
from streams.control_plane import in_use
from streams.errors import Misconfigured
from streams.settings import Settings
from training.dataset import ATTEMPTS, PARKED, column, parked_rows, sha256_of

LATER_PHASE = "later_phase"
NO_VECTOR = "no_vector"
OTHER_CATALOGUE = "other_catalogue"
_SCHEMA = "schema="
_CHANNEL = "channel_code"


@dataclass(frozen=True)
class EngineHistory:
    """A `PaymentHistory` of one engine; `sequences` number the attempts as the engine did."""

    attempts: pa.Table
    evidence: pa.Table
    parked: pa.Table
    names: tuple[str, ...]
    catalogue_hash: str
    inputs: Mapping[str, str]
    sequences: NDArray[np.int64]
    archive: CaseArchive
    tokens: pa.Table
    extra_names: tuple[str, ...] = ()

    def vectors(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
        """The vectors of these attempts, a block of the archive at a time."""
        wanted = self.sequences[rows]
        for block in self.archive.blocks(["sequence"], self.names):
            at = np.flatnonzero(np.isin(block.integers("sequence"), wanted, assume_unique=True))
            if len(at):
                yield np.column_stack([block.features[name][at] for name in self.names])


def from_engine(
    settings: Settings, engine: str, say: Say = lambda _: None, with_tokens: bool = False
) -> EngineHistory:
    """The history of an engine, its archive brought up to date first. Raises `TollgateError`."""
    archive = LogArchive(settings.home / "training" / f"engine={engine}", engine)
    archive.update(settings.kafka(), say, with_tokens)
    for gap in archive.gaps():
        say(f"some of the log is missing: {gap}")
    return from_archive(archive, settings.home / "vectors" / f"engine={engine}", in_use(settings))


def from_archive(archive: LogArchive, vectors: Path, catalogue: Catalogue) -> EngineHistory:
    """The history in an archive of decisions and reports, and a folder of vectors by schema."""
    folder = _of_catalogue(vectors, catalogue)
    decided = read(archive.decisions, DECISIONS)
    first, later = _first_phases(decided)
    sequences = column(decided, "sequence")
    has = np.isin(sequences, _sequences(folder))
    other = np.isin(sequences, _others(vectors, folder))
    used = decided.filter(first & has)
    parked = pa.concat_tables([
        PARKED.empty_table(),
        _parked(decided, later, LATER_PHASE, "an earlier phase of the attempt is the example"),
        _parked(decided, first & ~has & ~other, NO_VECTOR, "its vector was not archived"),
        _parked(decided, first & ~has & other, OTHER_CATALOGUE, f"not of catalogue {catalogue.schema_hash}"),
    ])  # fmt: skip
    place = row_by_attempt(list(attempts_of(used)), list(attempts_of(decided.filter(first & ~has))))
    reports = archive.reports()
    return EngineHistory(
        _attempts(
            used, outcome_times(reports, place, used.num_rows), _channels(folder, column(used, "sequence"))
        ),
        label_evidence(reports, place), parked,
        catalogue.names, catalogue.schema_hash, _hashes(archive, folder), column(used, "sequence"),
        CaseArchive(archive.decisions, folder), _tokens(archive, used),
    )  # fmt: skip


def _of_catalogue(vectors: Path, catalogue: Catalogue) -> Path:
    """The folder of the vectors of this catalogue."""
    folder = vectors / f"{_SCHEMA}{catalogue.schema_hash}"
    if not folder.is_dir():
        there = sorted(path.name.removeprefix(_SCHEMA) for path in vectors.glob(f"{_SCHEMA}*"))
        raise Misconfigured(
            f"{vectors} holds no vectors of catalogue {catalogue.schema_hash}, "
            + (f"only of {', '.join(there)}: compare TOLLGATE_FEATURES" if there else
               "nor of any other: `tollgate parquet-sink` archives them (`tollgate up` runs it)")
        )  # fmt: skip
    return folder


def _first_phases(decided: pa.Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which decisions are of the first phase of their attempt, and which of a later one."""
    seen: set[tuple[str, str, int]] = set()
    first = np.zeros(decided.num_rows, np.bool_)
    for row, key in enumerate(attempts_of(decided)):
        first[row] = key not in seen
        seen.add(key)
    return first, ~first


def _sequences(folder: Path) -> NDArray[np.int64]:
    """The decisions that the vectors under a folder belong to."""
    parts = [
        pq.read_table(path, columns=["sequence"], use_threads=False)["sequence"].to_numpy()
        for path in _files(folder)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _others(vectors: Path, folder: Path) -> NDArray[np.int64]:
    """Decisions whose vectors are of another catalogue."""
    folders = [path for path in sorted(vectors.glob(f"{_SCHEMA}*")) if path != folder]
    return np.concatenate([np.zeros(0, np.int64), *(_sequences(path) for path in folders)])


def _parked(decided: pa.Table, rows: NDArray[np.bool_], reason: str, detail: str) -> pa.Table:
    return parked_rows("payment", reason, detail, decided.filter(rows))


def _attempts(used: pa.Table, times: Mapping[str, NDArray[np.int64]], channels: pa.Array) -> pa.Table:
    own = {
        "occurred_at": used["engine_time"],
        "channel": channels,
        "passed": pa.array(column(used, "verdict") == Verdict.APPROVE.value),
        "propensity": used["propensity"].fill_null(1.0),
        **{name: pa.array(values) for name, values in times.items()},
    }
    return pa.table([own[name] if name in own else used[name] for name in ATTEMPTS.names], schema=ATTEMPTS)


def _tokens(archive: LogArchive, used: pa.Table) -> pa.Table:
    """Who took part in each attempt, where that was archived; of repeated payments the first was decided."""
    found = archive.participants()
    place: dict[tuple[str, str, int], int] = {}
    for row, key in enumerate(attempts_of(found)):
        place.setdefault(key, row)
    rows = pa.array([place.get(key) for key in attempts_of(used)], pa.int64())
    return found.select(list(TOKEN_NAMES)).take(rows)


def _channels(folder: Path, sequences: NDArray[np.int64]) -> pa.Array:
    """The channel of each decision's payment: decisions do not say it, their vectors do."""
    words = {code: str(channel) for channel, code in CHANNELS.items()}
    parts = [
        pq.read_table(path, columns=["sequence", _CHANNEL], use_threads=False) for path in _files(folder)
    ]
    read_ = pa.concat_tables(parts)
    found = dict(zip(read_["sequence"].to_pylist(), read_[_CHANNEL].to_pylist(), strict=True))
    return pa.array([words.get(found[sequence]) for sequence in sequences.tolist()], pa.string())


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("[!.]*.parquet"))


def _hashes(archive: LogArchive, folder: Path) -> dict[str, str]:
    found = {str(path.relative_to(archive.folder)): sha256_of(path) for path in archive.files()}
    vectors = {f"vectors/{path.name}": sha256_of(path) for path in _files(folder)}
    return found | vectors
