"""Rows of a report from the warehouse's tables: months of payments, of which most are added up there.

Invariants
- The rows are those that `models.decided_payments` makes of the same messages; payments that are alike come
  added up (`models.decided_payments.gathering`).
- A query looks at a part of the payments at a time, by a hash of their ids, so that it needs memory for
  `PAYMENTS_A_PART` at most; parts are disjoint, and together all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dashboards.report_rows.rows import DISPUTE_DAYS, ActivityRead, ReportRowsRead
from models.arrays import Bools, Codes, Int64s
from models.decided_payments import AMOUNT_FROM, SUM_MAX, DecidedPayments, PlainCells, concatenated, joined
from models.messages import Channel, DisputeStage, LabelValue, ReversalGround
from models.meters import (
    AttemptCells,
    CardActivity,
    EnumerationEstimate,
    RemoteCells,
    ReportRows,
    SettledCells,
    StageRow,
    reports,
    texts,
)
from models.policy import VERDICTS, DecidedBy
from models.rollout import EDGES
from models.units import DAY_MS
from models.verdict_value import LABEL_CODES, LabelCode
from streams.errors import Misconfigured

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

FOLDER: Final = Path(__file__).parent / "queries"
PAYMENTS_A_PART: Final = 1_000_000
"""Each takes about a kilobyte while it is joined; an analyst's query has 2 GiB."""
ROWS_MAX: Final = 5_000_000
"""Rows of single payments, a quarter of a kilobyte each."""
AMOUNT_MAX: Final = 2**63 - 1
"""Minor units that a row can hold (Int64); a payment alone may have `SUM_MAX`."""
Columns = list[list[Any]]
Texts = NDArray[np.object_]
WIDTHS: Final = {
    "attempt_cells": 7,
    "dispute_stages": 14,
    "plain_payments": 10,
    "remote_cells": 4,
    "settled_cells": 8,
    "single_payments": 30,
    "window_size": 3,
}
"""Columns of each query: the client has none for a result without rows."""
_VERDICTS: Final = {verdict.value: code for code, verdict in enumerate(VERDICTS)}
_DECIDED_BY: Final = {by.name.lower(): int(by) for by in DecidedBy}
_LABELS: Final = {"": LabelCode.NONE, **{label.value: LABEL_CODES[label] for label in LabelValue}}


@cache
def sql(name: str) -> str:
    """The text of `queries/NAME.sql`."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class WarehouseWindow:
    """What is read: payments of one engine, decided in `[since_ms, as_of_ms)`, as known at the latter."""

    client: "Client"
    engine: str
    since_ms: int
    as_of_ms: int
    acquirer: str | None = None
    entity: str | None = None

    def ask(self, name: str, text: str = "", **parameters: Any) -> Columns:
        """The columns of a query's result; `text`: of the query, where it is not its file's alone."""
        given = {"engine": self.engine, "since": self.since_ms, "until": self.as_of_ms, **parameters}
        result = self.client.query(text or sql(name), parameters=given, column_oriented=True)
        return [list(column) for column in result.result_columns] or [[] for _ in range(WIDTHS[name])]


class AttemptQueries:
    """Asks the queries that begin with `attempts.sql`, part by part. Cells of several parts are side by side:
    who reads them adds them up.
    """

    def __init__(self, window: WarehouseWindow, parts: int, has_outcomes: bool, below_micro: int) -> None:
        self._window, self._parts = window, parts
        estimate = EnumerationEstimate()
        self._given = {
            "parts": parts, "has_outcomes": has_outcomes, "below": below_micro, "amount_from": AMOUNT_FROM,
            "sum_max": SUM_MAX,
            "edges": list(EDGES), "bin_cards_from": estimate.bin_cards_from,
            "bin_declined_from": estimate.bin_declined_from_bp,
            "device_cards_from": estimate.device_cards_from,
            "device_declined_from": estimate.device_declined_from_bp,
        }  # fmt: skip

    def parts(self, name: str, part_by: str = "payment_id") -> Iterator[Columns]:
        """The columns of one part after the other. `part_by`: what must not be torn apart."""
        text = f"{sql('attempts')}\n{sql(name)}".replace(_PART_BY, f"cityHash64({part_by})")
        for part in range(self._parts):
            yield self._window.ask(name, text, **self._given, part=part)

    def ask(self, name: str, part_by: str = "payment_id") -> Columns:
        """The columns of all parts."""
        parts = zip(*self.parts(name, part_by), strict=True)
        return [[value for column in columns for value in column] for columns in parts]


_PART_BY: Final = "cityHash64(payment_id)"


def rows_from_warehouse(window: WarehouseWindow, below_micro: int) -> ReportRowsRead:
    """The rows of a window. `below_micro`: the probability below which payments are added up
    (`models.decided_payments.approved_below`). Raises errors of ClickHouse's client.
    """
    queries, has_outcomes, notes = _queries(window, below_micro)
    single = concatenated(_few(map(_single, queries.parts("single_payments"))))
    cells = _plain(queries.ask("plain_payments"))
    remote = None if window.entity is None else _remote(queries.ask("remote_cells"), window.entity)
    return ReportRowsRead(
        joined(single, cells, has_outcomes=has_outcomes), _activity(window, queries), remote, notes
    )


def activity_from_warehouse(window: WarehouseWindow) -> ActivityRead:
    """What meters need of a window: cells and reports, and no payments, of which there may be any number.
    Raises errors of ClickHouse's client.
    """
    queries, _, notes = _queries(window, below_micro=0)
    return ActivityRead(_activity(window, queries), notes)


def remote_from_warehouse(window: WarehouseWindow) -> RemoteCells:
    """Remote card payments of the window's legal entity, added up by day and currency. Raises errors of
    ClickHouse's client.
    """
    assert window.entity is not None, "whose payments they are is said by the window"
    queries, _, _ = _queries(window, below_micro=0)
    return _remote(queries.ask("remote_cells"), window.entity)


def _queries(window: WarehouseWindow, below_micro: int) -> tuple[AttemptQueries, bool, tuple[str, ...]]:
    """The queries of a window, whether it has outcomes, and what must be known of it."""
    count, oldest, has_outcomes = (column[0] for column in window.ask("window_size"))
    parts = max(1, -(-int(count) // PAYMENTS_A_PART))
    notes = tuple(_notes(int(count), int(oldest), window.since_ms))
    return AttemptQueries(window, parts, bool(has_outcomes), below_micro), bool(has_outcomes), notes


def _activity(window: WarehouseWindow, queries: AttemptQueries) -> CardActivity:
    return CardActivity(
        _settled(queries.ask("settled_cells"), window.acquirer), _reports(window),
        _attempts(queries.ask("attempt_cells", part_by="merchant_id"), window.acquirer),
    )  # fmt: skip


def _few(parts: Iterable[DecidedPayments]) -> Iterator[DecidedPayments]:
    """The parts, as long as they are not too many rows for this process."""
    rows = 0
    for part in parts:
        rows += len(part)
        if rows > ROWS_MAX:
            raise Misconfigured(
                f"more than {ROWS_MAX:,} payments of the report's days are rows of their own: those with "
                "hits, complaints, or a probability at which costs would have them declined. Take fewer days "
                "(--maturity-days), or look at the margins of your policy: without one nothing is added up"
            )
        yield part


def _single(columns: Columns) -> DecidedPayments:
    (
        accounts, merchants, countries, methods, schemes, bins, at_terminal, amounts, currencies, reference,
        occurred, decided, verdicts, decided_by, hits, rulesets, versions, micro, degraded, shifted,
        authenticated, authorised, declined, captured_at, captured, refunded, voided, labels, known,
        fraud_known,
    ) = columns  # fmt: skip
    n = len(accounts)
    return DecidedPayments(
        payments=np.ones(n, np.int64), accounts=texts(accounts), payment_ids=texts([""] * n),
        attempts=np.ones(n, np.int64), merchants=texts(merchants), countries=_optional(countries),
        methods=texts(methods), schemes=_optional(schemes), bins=_optional(bins), cards=texts([None] * n),
        devices=texts([None] * n),
        at_terminal=_flags(at_terminal), amounts=_numbers(amounts), currencies=texts(currencies),
        reference_amounts=_numbers(reference), occurred_at=_numbers(occurred), decided_at=_numbers(decided),
        verdicts=_codes([_VERDICTS[word] for word in verdicts]),
        decided_by=_codes([_DECIDED_BY[word] for word in decided_by]), hits=_tuples(hits),
        rulesets=_optional(rulesets), models=_optional(versions), probability_micro=_numbers(micro),
        degraded=_flags(degraded), shifted_before=_flags(shifted), authenticated=_flags(authenticated),
        authorised_at=_numbers(authorised), declined_at=_numbers(declined), captured_at=_numbers(captured_at),
        captured=_numbers(captured), refunded=_numbers(refunded), voided=_flags(voided),
        labels=_codes([_LABELS[word] for word in labels]), known_at=_numbers(known),
        fraud_known_at=_numbers(fraud_known),
    )  # fmt: skip


def _plain(columns: Columns) -> PlainCells:
    """Cells; one whose amounts 64 bits do not hold comes as several that are as large as they may be."""
    cells = [part for row in zip(*columns, strict=True) for part in _held(row)]
    payments, occurred, decided, versions, executed, through, declined, _, amounts, micro = [
        list(column) for column in zip(*cells, strict=True)
    ] or columns
    return PlainCells(
        _numbers(payments), _numbers(occurred), _numbers(decided), _optional(versions), _flags(executed),
        _flags(through), _flags(declined), _numbers(amounts), _numbers(micro),
    )  # fmt: skip


def _held(cell: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """A row of `plain_payments` as rows of the same sums, none of more than an amount may be. No payment is
    more either, so that there are enough of them.
    """
    payments, *rest, amount, micro = cell
    count = max(1, -(-amount // AMOUNT_MAX))
    for part in range(count):
        shares = [(whole + part) // count for whole in (payments, amount)]
        yield shares[0], *rest, shares[1], micro


def _settled(columns: Columns, acquirer: str | None) -> SettledCells:
    merchants, accounts, countries, schemes, days, absent, authenticated, payments = columns
    return SettledCells(
        texts(merchants), _acquirers(accounts, acquirer), _optional(countries), _optional(schemes),
        _numbers(days), _flags(absent), _flags(authenticated), _numbers(payments),
    )  # fmt: skip


def _attempts(columns: Columns, acquirer: str | None) -> AttemptCells:
    merchants, accounts, countries, schemes, days, attempts, enumerated = columns
    return AttemptCells(
        texts(merchants), _acquirers(accounts, acquirer), _optional(countries), _optional(schemes),
        _numbers(days), _numbers(attempts), _numbers(enumerated),
    )  # fmt: skip


def _remote(columns: Columns, entity: str) -> RemoteCells:
    """Cells of the parts added up: a value is converted, and rounded, once a day and currency."""
    sums: dict[tuple[int, str], list[int]] = {}
    for day, currency, paid, fraud in zip(*columns, strict=True):
        cell = sums.setdefault((day, currency), [0, 0])
        cell[0] += paid
        cell[1] += fraud
    return RemoteCells(
        texts([entity] * len(sums)), _numbers([day for day, _ in sums]), texts([code for _, code in sums]),
        np.array([paid for paid, _ in sums.values()], np.object_),
        np.array([fraud for _, fraud in sums.values()], np.object_),
    )  # fmt: skip


def _reports(window: WarehouseWindow) -> ReportRows:
    """With stages from long before the window: what begins in it may be the end of a dispute that a scheme
    counted long ago.
    """
    stages = window.ask("dispute_stages", since=window.since_ms - DISPUTE_DAYS * DAY_MS)
    return reports(_stage(row, window.acquirer) for row in zip(*stages, strict=True))


def _stage(row: tuple[Any, ...], acquirer: str | None) -> StageRow:
    (account, payment_id, attempt, merchant, country, dispute_id, stage, at_ms, scheme, code, ground, channel,
     amount, currency) = row  # fmt: skip
    return StageRow(
        payment=(account, payment_id, attempt), merchant=merchant, acquirer=acquirer or account,
        country=country or None, dispute_id=dispute_id, stage=DisputeStage(stage), at_ms=at_ms,
        scheme=scheme or None, reason_code=code or None, ground=ReversalGround(ground) if ground else None,
        channel=Channel(channel) if channel else None, amount=amount, currency=currency,
    )  # fmt: skip


def _notes(count: int, oldest: int, since_ms: int) -> Iterator[str]:
    if count and oldest > since_ms + DAY_MS:
        yield (
            f"The warehouse begins {(oldest - since_ms) // DAY_MS:,} days after what this report looks back "
            "to: older payments are in no figure."
        )


def _acquirers(accounts: Sequence[str], acquirer: str | None) -> Texts:
    return texts(accounts if acquirer is None else [acquirer] * len(accounts))


def _optional(values: Sequence[str]) -> Texts:
    """Texts of which the empty one stands for nothing."""
    return texts([value or None for value in values])


def _tuples(values: Sequence[Sequence[str]]) -> Texts:
    column = np.empty(len(values), object)
    for place, value in enumerate(values):
        column[place] = tuple(value)
    return column


def _numbers(values: Sequence[int]) -> Int64s:
    return np.array(values, np.int64)


def _flags(values: Sequence[Any]) -> Bools:
    return np.array([bool(value) for value in values], np.bool_)


def _codes(values: Sequence[int]) -> Codes:
    return np.array(values, np.uint8)
