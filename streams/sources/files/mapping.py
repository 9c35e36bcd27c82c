"""From columns to payments and labels, by a replay map; column by column, since a row at a time is five times
slower.

What cannot be turned into its field's type is sent as it stands, so that the engine refuses it with a dead
letter: nothing is silently dropped or repaired. Structs do not check their fields when made, which is what
allows this.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.messages import Channel, Customer, Label, Location, Merchant, Method, Payment, Phase, tokens_of
from streams.sources.files.replay_map import (
    UNITS_MS,
    AmountMap,
    LabelMap,
    LocationMap,
    ReplayMap,
    Text,
    TimeMap,
    pieces,
)

NO_TIME: Final = -(2**62)
"""Stands for "no time" where times are compared."""
_EXACT: Final = 2.0**53
_CENT: Final = Decimal(1)

Values = list[Any]


@dataclass(frozen=True)
class MappedRows:
    """Payments of some rows in order, and the labels that follow them."""

    payments: list[Payment]
    occurred_at: np.ndarray
    """ms; `NO_TIME` where there is none."""
    labels: list[Label | None]
    """None where a row has no label."""
    release: np.ndarray
    """When its label becomes known, ms."""


def map_rows(columns: pa.RecordBatch, replay_map: ReplayMap) -> MappedRows:
    """The payments and labels of these rows."""
    payments = _payments(columns, replay_map)
    times = np.array([p.occurred_at if type(p.occurred_at) is int else NO_TIME for p in payments], np.int64)
    if replay_map.label is None:
        return MappedRows(payments, times, [None] * len(payments), times)
    release = times + replay_map.label.delay_ms
    return MappedRows(
        payments, times, _labels(columns, replay_map.label, payments, release.tolist()), release
    )


def _payments(columns: pa.RecordBatch, replay_map: ReplayMap) -> list[Payment]:
    rows = columns.num_rows
    fields = (
        texts(columns, replay_map.merchant_account),
        texts(columns, replay_map.payment_id),
        times(columns, replay_map.occurred_at),
        amounts(columns, replay_map.amount),
        texts(columns, replay_map.currency),
        _methods(columns, replay_map),
        _merchants(columns, replay_map),
        [1] * rows if replay_map.attempt is None else numbers(columns, replay_map.attempt),
        [Phase.PRE_AUTH] * rows if replay_map.phase is None else texts(columns, replay_map.phase),
        _customers(columns, replay_map),
        texts(columns, replay_map.device_id),
        texts(columns, replay_map.ip),
        texts(columns, replay_map.email_token),
        texts(columns, replay_map.delivery_address_token),
        [Channel.ECOMMERCE] * rows if replay_map.channel is None else texts(columns, replay_map.channel),
        [None] * rows,
        _metadata(columns, replay_map),
        _locations(columns, replay_map.location),
    )
    return list(map(Payment, *fields))


def _methods(columns: pa.RecordBatch, replay_map: ReplayMap) -> Values:
    method = replay_map.method
    parts = (method.kind, method.token, method.bin, method.country)
    return list(map(Method, *(texts(columns, part) for part in parts)))


def _merchants(columns: pa.RecordBatch, replay_map: ReplayMap) -> Values:
    merchant = replay_map.merchant
    return list(
        map(Merchant, *(texts(columns, part) for part in (merchant.id, merchant.mcc, merchant.country)))
    )


def _customers(columns: pa.RecordBatch, replay_map: ReplayMap) -> Values:
    """A row without a customer's id has no customer."""
    customer = replay_map.customer
    if customer is None:
        return [None] * columns.num_rows
    ids = texts(columns, customer.id)
    created = times(columns, customer.created_at) if customer.created_at else [None] * len(ids)
    return [None if id is None else Customer(id, at) for id, at in zip(ids, created, strict=True)]


def _locations(columns: pa.RecordBatch, location: LocationMap | None) -> Values:
    """A row without one of the two has no location."""
    if location is None:
        return [None] * columns.num_rows
    pairs = zip(*(numbers(columns, name) for name in (location.latitude, location.longitude)), strict=True)
    divisor = location.divisor
    return [
        None if None in pair else Location(*(_divided(degrees, divisor) for degrees in pair))
        for pair in pairs
    ]


def _divided(value: Any, divisor: int) -> Any:
    return value / divisor if isinstance(value, int | float) else value


def _metadata(columns: pa.RecordBatch, replay_map: ReplayMap) -> Values:
    if not replay_map.metadata:
        return [None] * columns.num_rows
    names = tuple(replay_map.metadata)
    fields = [texts(columns, text) for text in replay_map.metadata.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]


def _labels(columns: pa.RecordBatch, label: LabelMap, payments: list[Payment], release: list[int]) -> Values:
    return [
        label_of(payment, meaning, at) if meaning is not None else None
        for payment, meaning, at in zip(payments, label_values(columns, label), release, strict=True)
    ]


def label_values(columns: pa.RecordBatch, label: LabelMap) -> Values:
    """The meaning of each row's label, None where it has none."""
    known = {str(value): meaning for value, meaning in label.values.items() if meaning != "none"}
    return [known.get(text) for text in _strings(columns, label.column).to_pylist()]


def label_of(payment: Payment, meaning: Any, known_at: int) -> Label | None:
    """The label of a payment; none for one without time or amount: the engine will refuse it."""
    if known_at < 0 or type(payment.amount) is not int:
        return None
    tokens = tokens_of(payment)
    return Label(
        payment.merchant_account, payment.payment_id, meaning, known_at, payment.occurred_at, payment.amount,
        payment.currency, tokens, payment.attempt, "replay", True,
    )  # fmt: skip


def texts(columns: pa.RecordBatch, text: Text | None) -> Values:
    """A text of every row; null where a column of its template is null."""
    if text is None:
        return [None] * columns.num_rows
    if not isinstance(text, str):
        return _looked_up(columns, text.column, text.values, text.default)
    parts = pieces(text)
    if len(parts) == 1:
        return [text] * columns.num_rows
    joined: list[Any] = [
        _strings(columns, part) if odd else pa.scalar(part, pa.string())
        for odd, part in zip([False, True] * len(parts), parts, strict=False)
    ]
    values: Values = pc.binary_join_element_wise(*joined, "").to_pylist()
    return values


def _looked_up(
    columns: pa.RecordBatch, column: str, values: dict[str | int, str] | None, default: str | None
) -> Values:
    if values is None:
        return list(_plain(columns, column).to_pylist())
    known = {str(value): meaning for value, meaning in values.items()}
    return [known.get(text, default) for text in _strings(columns, column).to_pylist()]


def _plain(columns: pa.RecordBatch, name: str) -> Any:
    """The column without dictionary encoding."""
    column = columns.column(name)
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _strings(columns: pa.RecordBatch, name: str) -> Any:
    return _plain(columns, name).cast(pa.string())


def numbers(columns: pa.RecordBatch, name: str) -> Values:
    """The column's numbers; a text that is none stays as it stands."""
    return [_number(value) for value in _plain(columns, name).to_pylist()]


def _number(value: Any) -> Any:
    """
    >>> _number("3"), _number("-0.5"), _number("n/a"), _number(None), _number(7)
    (3, -0.5, 'n/a', None, 7)
    """
    if not isinstance(value, str):
        return None if value != value else value  # noqa: PLR0124 - NaN is how some files say null
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def amounts(columns: pa.RecordBatch, amount: AmountMap) -> Values:
    """Minor units: int, or what stood there where it is no number, or None."""
    column = _plain(columns, amount.column)
    if pa.types.is_integer(column.type):
        return [None if value is None else value * amount.scale for value in column.to_pylist()]
    if pa.types.is_floating(column.type):
        return _scaled_floats(column, amount.scale)
    return [_scaled(value, amount.scale) for value in column.to_pylist()]


def _scaled_floats(column: Any, scale: int) -> Values:
    """Fast where the product is close to an integer that a float holds exactly, else by decimal digits."""
    values = column.to_numpy(zero_copy_only=False).astype(np.float64)
    product = values * scale
    with np.errstate(invalid="ignore"):
        nearest = np.rint(product)
        sure = (np.abs(product - nearest) < 1e-3) & (np.abs(product) < _EXACT / 1024)
    minor: Values = np.where(sure, nearest, 0).astype(np.int64).tolist()
    for row in np.flatnonzero(~sure).tolist():
        minor[row] = _scaled(column[row].as_py(), scale)
    return minor


def _scaled(value: Any, scale: int) -> Any:
    """The decimal digits as written, times `scale`, rounded half to even.

    >>> _scaled(57.165, 100), _scaled("57.175", 100), _scaled("n/a", 100), _scaled(None, 100)
    (5716, 5718, 'n/a', None)
    """
    if value is None:
        return None
    try:
        return int((Decimal(str(value)) * scale).quantize(_CENT, ROUND_HALF_EVEN))
    except (InvalidOperation, OverflowError, ValueError):
        return str(value)


def times(columns: pa.RecordBatch, time: TimeMap) -> Values:
    """Epoch milliseconds: int, or what stood there where it is no time, or None."""
    if time.datetime is not None:
        return _datetimes(_plain(columns, time.datetime))
    total: Any = np.full(columns.num_rows, time.base_ms, np.int64)
    wrong: dict[int, Any] = {}
    for name, unit in time.terms.items():
        total = total + _integers(_plain(columns, name), UNITS_MS[unit], wrong)
    values: Values = total.tolist()
    for row, what in wrong.items():
        values[row] = what
    return values


def _integers(column: Any, unit_ms: int, wrong: dict[int, Any]) -> np.ndarray:
    """The column in milliseconds; rows that hold no number are 0 and entered in `wrong`."""
    if pa.types.is_integer(column.type) and column.null_count == 0:
        whole: np.ndarray = column.to_numpy().astype(np.int64) * unit_ms
        return whole
    milliseconds = np.zeros(len(column), np.int64)
    for row, value in enumerate(column.to_pylist()):
        scaled = _scaled(value, unit_ms)
        if isinstance(scaled, int) and abs(scaled) < 2**53:
            milliseconds[row] = scaled
        else:
            wrong[row] = value
    return milliseconds


def _datetimes(column: Any) -> Values:
    if not pa.types.is_timestamp(column.type) and not pa.types.is_date(column.type):
        column = column.cast(pa.string())
    try:
        return list(_milliseconds(column).to_pylist())
    except pa.ArrowInvalid:
        return [_datetime(column.slice(row, 1)) for row in range(len(column))]


def _datetime(cell: Any) -> Any:
    try:
        return _milliseconds(cell)[0].as_py()
    except pa.ArrowInvalid:
        return str(cell[0])


def _milliseconds(column: Any) -> Any:
    if pa.types.is_string(column.type):
        zoned = pc.match_substring_regex(column, r"(Z|[+-]\d\d:?\d\d)$")
        column = column.cast(pa.timestamp("ms", "UTC" if pc.any(zoned).as_py() else None))
    return column.cast(pa.timestamp("ms", column.type.tz if pa.types.is_timestamp(column.type) else None),
                       safe=False).cast(pa.int64())  # fmt: skip
