"""Labels in a file of their own: `payment_id`, `label` and, if it is given there, `known_at`.

`label` is fraud, friendly, legitimate or unknown (1 and 0 stand for fraud and legitimate); `known_at` is a
time stamp (UTC) or epoch milliseconds. Where it is missing the label becomes known a delay after its payment.
A payment may have several labels; a label belongs to the first row of its payment id. In memory: 25 bytes a
label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import xxhash

from models.arrays import Int64s, UInt64s
from models.messages import LabelValue
from streams.errors import Misconfigured
from streams.sources.files import tables
from streams.sources.files.mapping import texts, times
from streams.sources.files.replay_map import TimeMap

NOT_GIVEN: Final = -(2**62)
VALUES: Final = list(LabelValue)
_WORDS: Final = {
    **{value.value: code for code, value in enumerate(VALUES)},
    "1": VALUES.index(LabelValue.FRAUD),
    "0": VALUES.index(LabelValue.LEGITIMATE),
}


@dataclass
class LabelFile:
    """The labels of a file, ascending by hash of payment id."""

    ids: UInt64s
    """Hashes of payment ids."""
    codes: np.ndarray
    """Places in `VALUES`."""
    known_at: Int64s
    """ms, or `NOT_GIVEN`."""
    matched: np.ndarray
    """Whether a payment took it."""

    @classmethod
    def read(cls, path: Path, delay_ms: int | None) -> "LabelFile":
        """The labels of a Parquet or CSV file. Raises `Misconfigured` naming row and reason."""
        parts = [(_hashes(ids), codes, known) for ids, codes, known in label_rows(path, delay_ms)]
        if not parts:
            return cls(
                np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, bool)
            )
        ids, codes, known_at = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.argsort(ids, kind="stable")
        return cls(ids[order], codes[order], known_at[order], np.zeros(len(ids), np.bool_))

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, payment_ids: Sequence[Any]) -> list[tuple[int, LabelValue, int]]:
        """(row, label, when known or `NOT_GIVEN`) of these payments' labels that were not taken before."""
        hashes = _hashes(payment_ids)
        first = np.searchsorted(self.ids, hashes, side="left")
        after = np.searchsorted(self.ids, hashes, side="right")
        taken = []
        for row in np.flatnonzero(after > first).tolist():
            labels = slice(first[row], after[row])
            if not self.matched[first[row]]:
                self.matched[labels] = True
                pairs = zip(self.codes[labels].tolist(), self.known_at[labels].tolist(), strict=True)
                taken += [(row, VALUES[code], known_at) for code, known_at in pairs]
        return taken


def label_rows(path: Path, delay_ms: int | None) -> Iterator[tuple[list[str], np.ndarray, Int64s]]:
    """Payment ids, labels (places in `VALUES`) and when they were known (`NOT_GIVEN` where it is not in the
    file), in the file's order, a batch at a time. Raises `Misconfigured` naming row and reason.
    """
    present = tables.column_names(path)
    _check_columns(path, present, delay_ms)
    row = 0
    for rows in tables.read(path, [n for n in ("payment_id", "label", "known_at") if n in present]):
        if rows.unreadable:
            raise Misconfigured(f"{path}: line {rows.unreadable[0]!r} has another number of fields")
        yield _part(path, row, rows.columns, delay_ms)
        row += rows.columns.num_rows


def _hashes(payment_ids: Sequence[Any]) -> UInt64s:
    digest = xxhash.xxh3_64_intdigest
    return np.array(
        [digest(str(payment_id).encode("utf-8", "surrogatepass")) for payment_id in payment_ids], np.uint64
    )


def _check_columns(path: Path, present: list[str], delay_ms: int | None) -> None:
    for name in ("payment_id", "label"):
        if name not in present:
            raise Misconfigured(f"{path} has no column {name!r}; its columns are {', '.join(present)}")
    if "known_at" not in present and delay_ms is None:
        raise Misconfigured(f"{path} has no column 'known_at': give --delay, such as 7d")


def _part(
    path: Path, row: int, columns: pa.RecordBatch, delay_ms: int | None
) -> tuple[list[str], np.ndarray, Int64s]:
    ids = texts(columns, "{payment_id}")
    words = texts(columns, "{label}")
    known = _known(columns)
    for index, (payment_id, word, time) in enumerate(zip(ids, words, known, strict=True)):
        if payment_id is None:
            raise Misconfigured(f"{path}: row {row + index} has no payment_id")
        if _code(word) is None:
            raise Misconfigured(
                f"{path}: row {row + index} has the label {word!r}; known are {', '.join(_WORDS)}"
            )
        if not isinstance(time, int) and (time is not None or delay_ms is None):
            raise Misconfigured(
                f"{path}: row {row + index} has known_at {time!r}, not a time; or give --delay"
            )
    return (
        [str(payment_id) for payment_id in ids],
        np.array([_code(word) for word in words], np.uint8),
        np.array([NOT_GIVEN if time is None else time for time in known], np.int64),
    )


def _code(word: Any) -> int | None:
    text = str(word).lower()
    return _WORDS.get({"true": "1", "false": "0", "1.0": "1", "0.0": "0"}.get(text, text))


def _known(columns: pa.RecordBatch) -> list[Any]:
    if "known_at" not in columns.schema.names:
        return [None] * columns.num_rows
    as_text = texts(columns, "{known_at}")
    kind = columns.schema.field("known_at").type
    digits = all(text is None or text.isdigit() for text in as_text)
    if pa.types.is_integer(kind) or (digits and pa.types.is_string(kind)):
        return [None if text is None else int(text) for text in as_text]
    return times(columns, TimeMap(datetime="known_at"))
