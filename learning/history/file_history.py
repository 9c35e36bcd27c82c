"""A file of payments as a history to learn from: its rows by a map, its vectors by the engine's own kernel.

Nobody decided these payments and no outcomes are known: they count as let through. Vectors are computed once
into `HOME/training/vectors`, or come from a file that `tollgate features` wrote with the same map, labels and
delay. A row the engine would refuse, or that repeats an attempt, is parked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from features.catalogue import Catalogue
from features.ingest import reference_amounts
from learning.history.file_labels import of_file
from models.messages import Label, Payment
from streams.errors import Misconfigured
from streams.feast import token_texts
from streams.sources.files import LabelFile, ReplayMap, map_rows, tables
from streams.sources.vectors import Progress, VectorSource, compute
from training.dataset import ATTEMPTS, EVIDENCE, NEVER, PARKED, sha256_of

BATCH_ROWS: Final = 16_384
REFUSED: Final = "refused"
REPEATED: Final = "repeated"
Key = tuple[str, str, int]


@dataclass(frozen=True)
class PaymentFile:
    """What to learn from: payments, how to read them, and their labels where the map names none. `tables`:
    files that stand for reference tables of the seed, by name.
    """

    payments: Path
    replay_map: ReplayMap
    labels: Path | None = None
    delay_ms: int | None = None
    limit: int | None = None
    tables: tuple[tuple[str, Path], ...] = ()

    def source(self) -> VectorSource:
        """The same as the kernel takes it."""
        labels = None if self.labels is None else LabelFile.read(self.labels, self.delay_ms)
        return VectorSource(self.payments, self.replay_map, self.delay_ms, labels, self.limit)

    def fingerprints(self) -> dict[str, str]:
        """sha256 of the files, and the settings that change what is read from them."""
        found = {self.payments.name: sha256_of(self.payments)}
        if self.labels is not None:
            found[f"labels/{self.labels.name}"] = sha256_of(self.labels)
        found |= {f"tables/{name}": sha256_of(path) for name, path in self.tables}
        return found | {
            "map": xxhash.xxh3_64_hexdigest(repr(self.replay_map)),
            "delay_ms": str(self.delay_ms),
            "limit": str(self.limit),
        }


@dataclass(frozen=True)
class FileHistory:
    """A `PaymentHistory` of one file. `tokens`: who took part in each attempt, where asked
    for."""

    attempts: pa.Table
    evidence: pa.Table
    parked: pa.Table
    names: tuple[str, ...]
    catalogue_hash: str
    inputs: Mapping[str, str]
    file_rows: NDArray[np.int64]
    vector_file: Path
    tokens: pa.Table
    extra_names: tuple[str, ...] = ()

    def vectors(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
        """The vectors of these attempts, a batch of the file at a time."""
        wanted, start = self.file_rows[rows], 0
        with pq.ParquetFile(self.vector_file) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(self.names), use_threads=False):
                low, high = np.searchsorted(wanted, (start, start + batch.num_rows))
                if high > low:
                    at = wanted[low:high] - start
                    columns = (batch[name].to_numpy(zero_copy_only=False)[at] for name in self.names)
                    yield np.column_stack(list(columns))
                start += batch.num_rows


def from_file(
    file: PaymentFile,
    vectors: Path,
    catalogue: Catalogue,
    reference: Mapping[str, Any],
    with_tokens: bool = False,
) -> FileHistory:
    """The history of a file whose vectors are in `vectors`. Raises `Misconfigured` where they do not fit."""
    refused = _refused(vectors, catalogue)
    replay_map = _labelled(file)
    rows = _Rows(reference, with_tokens)
    for batch in tables.read(file.payments, list(replay_map.columns()), file.limit):
        mapped = map_rows(batch.columns, replay_map)
        payments, labels = (_in_place(batch, values) for values in (mapped.payments, mapped.labels))
        rows.take(payments, labels, refused[rows.read : rows.read + len(payments)])
    if rows.read != len(refused):
        raise Misconfigured(
            f"{vectors} has {len(refused):,} rows, {file.payments} {rows.read:,}: were the vectors computed "
            "from this file, with the same --limit?"
        )
    attempts = rows.attempts()
    evidence = rows.evidence() if file.labels is None else of_file(file.labels, file.delay_ms, attempts)
    return FileHistory(
        attempts, evidence, rows.parked(), catalogue.names, catalogue.schema_hash, file.fingerprints(),
        np.array(rows.file_rows, np.int64), vectors, rows.tokens(),
    )  # fmt: skip


def computed(
    file: PaymentFile, folder: Path, catalogue: Catalogue, reference: Any, progress: Progress
) -> Path:
    """The file's vectors under `folder`, computed where they are not there yet."""
    name = repr((sorted(file.fingerprints().items()), catalogue.schema_hash))
    path = folder / f"{file.payments.stem}-{xxhash.xxh3_64_hexdigest(name)}.parquet"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        compute(file.source(), path, catalogue, reference, progress)
    return path


def _labelled(file: PaymentFile) -> ReplayMap:
    """The map with the labels that count: its own with the delay asked for, or none where a file has them."""
    label = file.replay_map.label
    if file.labels is not None or label is None:
        return msgspec.structs.replace(file.replay_map, label=None)
    if file.delay_ms is not None:
        label = msgspec.structs.replace(label, delay=f"{file.delay_ms}ms")
    return msgspec.structs.replace(file.replay_map, label=label)


def _in_place(batch: tables.FileRows, values: Sequence[Any]) -> list[Any]:
    """One value a line: None for lines that could not be read."""
    placed = list(values)
    for place in batch.places:
        placed.insert(place, None)
    return placed


def _refused(vectors: Path, catalogue: Catalogue) -> NDArray[np.bool_]:
    """Which rows have no vector. Raises `Misconfigured` for vectors of another catalogue."""
    try:
        schema = pq.read_schema(vectors)
    except (OSError, pa.ArrowException) as error:
        raise Misconfigured(f"{vectors} cannot be read as Parquet: {error}") from error
    found = (schema.metadata or {}).get(b"schema_hash", b"").decode()
    if found != catalogue.schema_hash:
        raise Misconfigured(
            f"{vectors} is of catalogue {found or 'unknown'}, not {catalogue.schema_hash}: compute the "
            "vectors again with `tollgate features`, or compare TOLLGATE_FEATURES"
        )
    first = pq.read_table(vectors, columns=[catalogue.names[0]], use_threads=False)[catalogue.names[0]]
    null: NDArray[np.bool_] = first.is_null().to_numpy()
    return null


class _Rows:
    """Rows of the file as they are read: attempts, labels, and what takes no part."""

    def __init__(self, reference: Mapping[str, Any], with_tokens: bool) -> None:
        self.read = 0
        self.file_rows: list[int] = []
        self._reference, self._with_tokens = reference, with_tokens
        self._place: dict[Key, int] = {}
        self._now = 0
        self._attempts: list[pa.Table] = []
        self._tokens: list[pa.Table] = []
        self._evidence: list[tuple[Any, ...]] = []
        self._parked: list[tuple[str, int, Payment | None]] = []

    def take(
        self, payments: list[Payment | None], labels: list[Label | None], refused: NDArray[np.bool_]
    ) -> None:
        """The next lines of the file, which of them have no vector."""
        kept: list[Payment] = []
        lines = zip(payments, labels, refused.tolist(), strict=False)
        for line, (payment, label, is_refused) in enumerate(lines, self.read):
            if payment is None or is_refused:
                self._parked.append((REFUSED, line, payment))
                continue
            key = (payment.merchant_account, payment.payment_id, payment.attempt)
            if key in self._place:
                self._parked.append((REPEATED, line, payment))
            else:
                self._place[key] = len(self.file_rows)
                self.file_rows.append(line)
                kept.append(payment)
            if label is not None:
                self._evidence.append((self._place[key], *key, *_said(label)))
        self.read += len(payments)
        self._keep(kept)

    def _keep(self, payments: list[Payment]) -> None:
        times = np.array([payment.occurred_at for payment in payments], np.int64)
        times = np.maximum.accumulate(np.maximum(times, self._now))
        self._now = int(times[-1]) if len(times) else self._now
        amounts, _ = reference_amounts(self._reference.get("fx"), payments, times)
        columns = [pa.array(values, field.type) for values, field in
                   zip(_facts(payments, times, amounts), ATTEMPTS, strict=True)]  # fmt: skip
        self._attempts.append(pa.table(columns, schema=ATTEMPTS))
        if self._with_tokens:
            texts = token_texts(payments, self._reference)
            self._tokens.append(pa.table({name: pa.array(each, pa.string()) for name, each in texts.items()}))

    def attempts(self) -> pa.Table:
        return pa.concat_tables([ATTEMPTS.empty_table(), *self._attempts])

    def tokens(self) -> pa.Table:
        return pa.concat_tables(self._tokens) if self._tokens else pa.table({})

    def evidence(self) -> pa.Table:
        columns = list(zip(*self._evidence, strict=True)) or [()] * len(EVIDENCE)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, EVIDENCE, strict=True)]
        return pa.table(arrays, schema=EVIDENCE)

    def parked(self) -> pa.Table:
        rows = [
            {"kind": "payment", "reason": reason, "detail": f"line {line} of the file",
             "payment_id": None if payment is None else str(payment.payment_id)}
            for reason, line, payment in self._parked
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=PARKED)


def _said(label: Label) -> tuple[Any, ...]:
    return label.label, label.known_at, label.source, label.final, label.weight


def _facts(payments: list[Payment], times: NDArray[np.int64], amounts: NDArray[np.int64]) -> list[Any]:
    """The columns of `ATTEMPTS`."""
    n = len(payments)
    never = np.full(n, NEVER, np.int64)
    return [
        [p.merchant_account for p in payments], [str(p.payment_id) for p in payments],
        [p.attempt for p in payments], times, amounts, [p.currency for p in payments],
        [str(p.method.kind) for p in payments], [p.merchant.id for p in payments],
        [p.merchant.country for p in payments], [str(p.channel) for p in payments],
        np.ones(n, np.bool_), np.ones(n), np.zeros(n, np.bool_), never, never, never,
    ]  # fmt: skip
