"""What an engine decided, made ready for backtests: payments, decisions, reports and list changes of its log.

Invariants
- A case for every new decision on the log whose payment is still on its topic; others are counted.
- Reports and controls count where the engine takes them (`streams.kafka.InputLog`), and nowhere else.
- A payment is looked for among those appended no later than its decision says it was received. In memory: a
  chunk of decisions, the payments appended meanwhile, and 20 bytes a report (`report_index`).
- Files are whole or not there; `log.json` is written last and says up to where the topics were read.
"""

import heapq
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from models.messages import (
    Control,
    DecisionView,
    Label,
    ListChange,
    Outcome,
    Payment,
    PolicyChange,
    RulesetChange,
    TableChange,
    decode_decision_view,
    decode_input,
    is_refusal,
)
from models.policy import VERDICTS
from models.reference import REFERENCE_TABLES, agreed
from storage import write_atomically
from streams.backtest.cases.case_file import FORMAT, CaseFile
from streams.backtest.cases.case_rows import DecisionColumns, case_rows
from streams.backtest.cases.report_index import ReportIndex
from streams.control_plane import logged
from streams.engine.admission import request_keys
from streams.engine.input import redacted
from streams.kafka import InputLog, Topics, end_offsets, input_log, records

CHUNK: Final = 16_384
LOG: Final = "log.json"
CASES: Final = "cases"
_PAYMENT: Final = b'{"type":"payment"'
_CODES: Final = {verdict.value: code for code, verdict in enumerate(VERDICTS)}
_MICRO: Final = 1_000_000

Notify = Callable[[str], None]
Key = tuple[str, str, int, str]


class EngineLog(msgspec.Struct):
    """What an engine's log holds except payments: where its topics end, the last ruleset and policy, list
    changes.
    """

    ends: dict[str, int]
    format: str = FORMAT
    cases: int = 0
    without_payment: int = 0
    ruleset: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    tables: dict[str, str] = msgspec.field(default_factory=dict)
    changes: list[tuple[int, ListChange]] = msgspec.field(default_factory=list)


def prepare(
    bootstrap: str,
    engine: str,
    folder: Path,
    artefacts: Callable[[str], bytes],
    notify: Notify = lambda _: None,
) -> EngineLog:
    """Reads the log into `folder`, unless it was read up to its present end. Raises `TollgateError`."""
    inputs = input_log(bootstrap, engine)
    ends = end_offsets(bootstrap, [*inputs.topics, Topics(engine)["decisions"]])
    known = _known(folder)
    if known is not None and known.ends == ends:
        return known
    notify(f"reading what engine {engine} decided, under {folder}")
    log, reports = EngineLog(ends), ReportIndex()
    _take(inputs, log, reports)
    tables = agreed({name: REFERENCE_TABLES[name].load(artefacts(sha)) for name, sha in log.tables.items()})
    with CaseFile(folder / CASES / "0000.parquet") as file:
        for decided in _decided(inputs, log):
            keys = request_keys(decided.payments)[:, 0]
            assert decided.received_at is not None
            soft = reports.soft_declined(decided.payments, decided.received_at)
            file.add(case_rows(decided, reports.lookup(keys), tables, soft))
            log.cases += len(decided.payments)
    write_atomically(folder / LOG, msgspec.json.encode(log))
    notify(f"{log.cases:,} payments; {log.without_payment:,} decisions whose payment is no longer on the log")
    return log


def _known(folder: Path) -> EngineLog | None:
    try:
        known = msgspec.json.decode((folder / LOG).read_bytes(), type=EngineLog)
    except (OSError, msgspec.MsgspecError):
        return None
    return known if known.format == FORMAT else None


def _take(inputs: InputLog, log: EngineLog, reports: ReportIndex) -> None:
    """Reports and controls of all inputs in order of their append times; payments are read later."""
    controls = ((entry.control, entry.appended_at) for entry in logged(inputs.bootstrap, inputs.engine))
    for message, appended in heapq.merge(controls, _acting(inputs), key=itemgetter(1)):
        if isinstance(message, Control):
            _note(log, message, appended)
        else:
            reports.add(message, appended)


def _acting(inputs: InputLog) -> Iterator[tuple[Label | Outcome, int]]:
    """The reports that the engine takes, by their append times (ms)."""
    for record in inputs.records("label", "outcome"):
        value = record.value() or b""
        message = None if value.startswith(_PAYMENT) else _read(value)
        if isinstance(message, Label | Outcome) and inputs.takes(record, message):
            yield message, record.timestamp()[1]


def _read(value: bytes) -> Any:
    """The message; None for one that the engine could not read either."""
    try:
        return decode_input(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _note(log: EngineLog, control: Control, appended: int) -> None:
    match control.change:
        case RulesetChange(ruleset=ruleset):
            log.ruleset = ruleset
        case PolicyChange(policy=policy):
            log.policy = policy
        case TableChange(table=name, sha256=sha256):
            log.tables[name] = sha256
        case ListChange() as change:
            log.changes.append((appended, change))


def _decided(inputs: InputLog, log: EngineLog) -> Iterator[DecisionColumns]:
    """New decisions with their payments, a chunk at a time."""
    payments = _Payments((r.value() or b"", r.timestamp()[1]) for r in inputs.records("payment"))
    chunk: list[DecisionView] = []
    for record in records(inputs.bootstrap, Topics(inputs.engine)["decisions"]):
        if is_refusal(record.value()):
            continue
        answer = decode_decision_view(record.value() or b"")
        if not answer.duplicate:
            chunk.append(answer)
        if len(chunk) >= CHUNK:
            yield _joined(chunk, payments, log)
            chunk = []
    if chunk:
        yield _joined(chunk, payments, log)


def _joined(chunk: list[DecisionView], payments: "_Payments", log: EngineLog) -> DecisionColumns:
    payments.read_to(max(answer.received_at for answer in chunk))
    pairs = [(answer, payments.take(answer.key)) for answer in chunk]
    payments.forget(chunk[-1].received_at)
    there = [(decision, payment) for decision, payment in pairs if payment is not None]
    log.without_payment += len(pairs) - len(there)
    return _columns([decision for decision, _ in there], [payment for _, payment in there])


def _columns(answers: list[DecisionView], payments: list[Payment]) -> DecisionColumns:
    def column(values: list[Any], kind: Any = np.int64) -> Any:
        return np.array(values, kind)

    return DecisionColumns(
        payments,
        column([a.sequence for a in answers]),
        column([a.engine_time for a in answers]),
        column([a.received_at for a in answers]),
        column([a.reference_amount for a in answers]),
        column(["fx" in a.degraded for a in answers], np.bool_),
        column([_CODES[a.verdict] for a in answers], np.uint8),
        column([_micro(a.probability) for a in answers]),
        column([_micro(a.propensity) for a in answers]),
        column([a.decided_by == "holdout" for a in answers], np.bool_),
    )


def _micro(share: float | None) -> int:
    return -1 if share is None else round(share * _MICRO)


class _Payments:
    """Payments by key, read ahead by append time; what was appended before the last chunk is forgotten."""

    def __init__(self, records: Iterator[tuple[bytes, int]]) -> None:
        self._records = records
        self._held: dict[Key, tuple[int, Payment]] = {}
        self._ahead: tuple[bytes, int] | None = next(records, None)

    def read_to(self, appended: int) -> None:
        """Reads all payments appended by then; of two with one key the first is the decided one."""
        while self._ahead is not None and self._ahead[1] <= appended:
            value, appended_at = self._ahead
            payment = _read(value)
            if isinstance(payment, Payment):
                key = (payment.merchant_account, payment.payment_id, payment.attempt, payment.phase.value)
                self._held.setdefault(key, (appended_at, redacted(payment)))
            self._ahead = next(self._records, None)

    def take(self, key: Key) -> Payment | None:
        """The payment of that key, once."""
        held = self._held.pop(key, None)
        return None if held is None else held[1]

    def forget(self, appended: int) -> None:
        """Drops what was appended before: repeated payments and those that were refused."""
        self._held = {key: held for key, held in self._held.items() if held[0] >= appended}
