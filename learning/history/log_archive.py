"""An engine's decisions, outcomes and labels, kept for training: decisions, and every outcome and label.

Topics forget after weeks; chargebacks take months. So each run archives what is new on the log, under
`HOME/training/engine=NAME`, and a data set reads the archive only.

Invariants
- Files of a topic hold disjoint ranges of offsets that follow each other; the name of a file is its range. A
  file under its own name is whole. What the log lost before it was archived is a gap between two names.
- Outcomes and labels are taken from where the engine takes them (`streams.kafka.InputLog`): who may write
  payments cannot teach a model.
- What somebody else wrote to the decisions is skipped and said: a line of theirs does not stop the learning.
- One process at a time adds files, by a lock that the kernel drops when its holder dies; others wait for it:
  two at once would each write the same records under another name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Message

from features.columns import TOKENS as TOKEN_NAMES
from models.messages import Label, Outcome, Payment, decode_decision_view, decode_input, is_refusal
from storage import ProcessLock
from streams.errors import Damaged
from streams.feast import token_texts
from streams.kafka import (
    HISTORY,
    MESSAGE_INPUTS,
    ForeignRecords,
    InputLog,
    Topics,
    check_there,
    end_offsets,
    input_log,
    records,
    start_offsets,
)
from streams.sources.vectors import reference_tables
from streams.warehouse.parquet import FileRange, file_ranges, write

FILE_ROWS: Final = 65_536
FORMAT: Final = "1"
LOCK: Final = ".lock"
ROLES: Final = (*MESSAGE_INPUTS, HISTORY)
"""Of the topics that outcomes and labels are taken from."""
DECISIONS: Final = pa.schema([
    ("sequence", pa.int64()),
    ("engine_time", pa.int64()),
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("phase", pa.string()),
    ("verdict", pa.string()),
    ("amount", pa.int64()),
    ("currency", pa.string()),
    ("method", pa.string()),
    ("merchant_id", pa.string()),
    ("merchant_country", pa.string()),
    ("propensity", pa.float64()),
    ("holdout", pa.bool_()),
])  # fmt: skip
"""One row a new decision; `amount` in EUR cents, `propensity` null where no draw ran."""

REPORTS: Final = pa.schema([
    ("appended", pa.int64()),
    ("topic", pa.int64()),
    ("offset", pa.int64()),
    ("kind", pa.string()),
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("what", pa.string()),
    ("at", pa.int64()),
    ("source", pa.string()),
    ("final", pa.bool_()),
    ("weight", pa.float64()),
])  # fmt: skip
"""One row an outcome or label (`kind`); `what` is the outcome's kind or the label's value, `at` when it
happened or was known. `appended`, `topic` (a place in `ROLES`) and `offset` give the order of the log."""

TOKENS: Final = pa.schema([
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    *((name, pa.string()) for name in TOKEN_NAMES),
])  # fmt: skip
"""One row a payment on the log: who took part, as Feast's join keys (`streams.feast.keys`)."""

Say = Callable[[str], None]
Row = dict[str, Any]
_PAYMENT: Final = b'{"type":"payment"'


@dataclass(frozen=True)
class LogArchive:
    """The archive of one engine under `folder`."""

    folder: Path
    engine: str

    @property
    def decisions(self) -> Path:
        """Folder of the decisions' files."""
        return self.folder / "decisions"

    def update(self, bootstrap: str, say: Say = lambda _: None, with_tokens: bool = False) -> None:
        """Archives what came on the log since the last time; who took part in payments, where asked for.
        Raises `Damaged`, `Misconfigured`, `Outage`.
        """
        topics, tables = Topics(self.engine), reference_tables() if with_tokens else {}
        check_there(bootstrap, topics["decisions"])
        inputs = input_log(bootstrap, self.engine)
        row_of = partial(_decision, ForeignRecords(topics["decisions"]))
        parts: list[_Part] = [_Part(topics["decisions"], self.decisions, DECISIONS, row_of)]
        for place, role in enumerate(ROLES[: len(inputs.topics)]):
            parts.append(_Part(topics[role], self._reports(role), REPORTS, partial(_report, inputs, place)))
        if with_tokens:
            parts += [self._tokens(topics[role], role, tables) for role in self._paid(inputs)]
        for part in parts:
            check_there(bootstrap, part.topic)
        names = [part.topic for part in parts]
        self.folder.mkdir(parents=True, exist_ok=True)
        with ProcessLock(self.folder / LOCK, wait=True):
            first, end = start_offsets(bootstrap, names), end_offsets(bootstrap, names)
            for part in parts:
                self._take(bootstrap, part, first[part.topic], end[part.topic], say)

    @property
    def tokens(self) -> Path:
        """Folder of who took part in payments."""
        return self.folder / "tokens"

    def participants(self) -> pa.Table:
        """Who took part in payments, in order of the log of each topic."""
        return pa.concat_tables(read(self._tokens_folder(role), TOKENS) for role in ("payments", HISTORY))

    def reports(self) -> pa.Table:
        """All outcomes and labels, in order of the log."""
        parts = [read(self._reports(role), REPORTS) for role in ROLES]
        order = [(name, "ascending") for name in ("appended", "topic", "offset")]
        return pa.concat_tables(parts).sort_by(order)

    def files(self) -> list[Path]:
        """Every file of the archive, in a fixed order."""
        return sorted(self.folder.rglob("[!.]*.parquet"))

    def gaps(self) -> list[str]:
        """What the log had lost before it was archived, in words."""
        folders = [self.decisions, *(self._reports(role) for role in ROLES)]
        return [
            f"{folder.name}: offsets {before.end:,} to {after.start:,} had expired before they were archived"
            for folder in folders
            for before, after in pairwise([FileRange(0, 0, 0), *file_ranges(folder)])
            if after.start > before.end
        ]

    def _reports(self, role: str) -> Path:
        return self.folder / f"reports-{role}"

    def _tokens_folder(self, role: str) -> Path:
        return self.tokens if role == "payments" else self.folder / f"tokens-{role}"

    def _tokens(self, topic: str, role: str, tables: Mapping[str, Any]) -> "_Part":
        return _Part(topic, self._tokens_folder(role), TOKENS, partial(_tokens, tables))

    @staticmethod
    def _paid(inputs: InputLog) -> list[str]:
        """Roles of the topics that carry payments."""
        return ["payments", HISTORY] if len(inputs.topics) > len(MESSAGE_INPUTS) else ["payments"]

    def _take(self, bootstrap: str, part: "_Part", first: int, end: int, say: Say) -> None:
        """New records of one topic, which holds offsets `[first, end)`, as files."""
        done = max((held.end for held in file_ranges(part.folder)), default=0)
        if done > end:
            raise Damaged(
                f"{part.folder} holds {part.topic} up to {done}, but the topic ends at {end}: it was "
                f"deleted and made again. Move {self.folder} away or give the engine another name"
            )
        start = max(done, first)
        if start == end:
            return
        say(f"archiving {part.topic} from {start:,} to {end:,}")
        kept: list[Row] = []
        for message in records(bootstrap, part.topic, start, end):
            row = part.row_of(message)
            if row is not None:
                kept.append(row)
            if len(kept) >= FILE_ROWS:
                _write(part, FileRange(0, start, message.offset() + 1), kept)
                start, kept = message.offset() + 1, []
        _write(part, FileRange(0, start, end), kept)


class _Part(NamedTuple):
    """Which messages of a topic go where, and as what."""

    topic: str
    folder: Path
    schema: pa.Schema
    row_of: Callable[[Message], Row | None]


def read(folder: Path, schema: pa.Schema) -> pa.Table:
    """All rows of a folder's files, in order of their names."""
    files = sorted(folder.glob("[!.]*.parquet"))
    tables = [pq.read_table(path, schema=schema) for path in files]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _write(part: _Part, held: FileRange, rows: list[Row]) -> None:
    write(part.folder, held, pa.Table.from_pylist(rows, schema=part.schema), FORMAT)


def _decision(foreign: ForeignRecords, message: Message) -> Row | None:
    """A new decision as a row; none for one that was repeated, a refusal, and what somebody else wrote."""
    if is_refusal(message.value() or b""):
        return None
    answer = foreign.read(message, decode_decision_view)
    if answer is None or answer.duplicate:
        return None
    row = {name: getattr(answer, name, None) for name in DECISIONS.names}
    return row | {"amount": answer.reference_amount, "holdout": answer.decided_by == "holdout"}


def _report(inputs: InputLog, place: int, message: Message) -> Row | None:
    """An outcome or label of an input topic, which has this place in `ROLES`, as a row."""
    value = message.value() or b""
    report = None if value.startswith(_PAYMENT) else _input(value)
    if not isinstance(report, Label | Outcome) or not inputs.takes(message, report):
        return None
    where = {"appended": message.timestamp()[1], "topic": place, "offset": message.offset()}
    return where | _attempt(report) | _content(report)


def _attempt(message: Label | Outcome | Payment) -> Row:
    return {
        "merchant_account": message.merchant_account,
        "payment_id": message.payment_id,
        "attempt": message.attempt,
    }


def _tokens(tables: Mapping[str, Any], message: Message) -> Row | None:
    """Who took part in a payment, as a row."""
    payment = _input(message.value() or b"")
    if not isinstance(payment, Payment):
        return None
    return _attempt(payment) | {name: texts[0] for name, texts in token_texts([payment], tables).items()}


def _content(report: Label | Outcome) -> Row:
    if isinstance(report, Outcome):
        return {"kind": "outcome", "what": report.kind.value, "at": report.at}
    return {
        "kind": "label", "what": report.label.value, "at": report.known_at, "source": report.source,
        "final": report.final, "weight": report.weight,
    }  # fmt: skip


def _input(value: bytes) -> Any:
    """The message; None for one that the engine could not read either: it is in the dead letters."""
    try:
        return decode_input(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def attempts_of(table: pa.Table) -> Iterator[tuple[str, str, int]]:
    """The attempt of each row: merchant account, payment id, attempt."""
    columns = (table[name].to_pylist() for name in ("merchant_account", "payment_id", "attempt"))
    return zip(*columns, strict=True)
