"""Recorded payments as columns: the fields that rules and policy read, as the engine's own code makes them.

Every name of `models.rules.PAYMENT_COLUMNS` but the probabilities becomes a column; metadata one column of
JSON. So a backtest reads the few columns its rules name, and no payment is decoded twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from models.payment import Payment
from models.rules import PAYMENT_COLUMNS
from streams.engine import columns

COMPUTED: Final = frozenset({"probability", "challenger_probability", "reference_amount"})
"""Not of the payment: given by the backtest, or written beside."""

TOKENS: Final = frozenset({"card", "customer", "device", "ip", "email"})
"""Nearly every payment has another: not worth a dictionary."""

METADATA: Final = "metadata"
_ARROW: Final[Mapping[str, Any]] = {
    "number": pa.float64(),
    "money": pa.float64(),
    "text": pa.dictionary(pa.int32(), pa.string()),
    "boolean": pa.bool_(),
}
_INTEGERS: Final = frozenset({"amount", "attempt"})
NAMES: Final = tuple(name for name in PAYMENT_COLUMNS if name not in COMPUTED)


def arrow_type(name: str) -> Any:
    """The type that a column of this name has in the file."""
    if name in _INTEGERS:
        return pa.int64()
    if name in TOKENS:
        return pa.string()
    return _ARROW[PAYMENT_COLUMNS[name]]


FIELDS: Final = [*((name, arrow_type(name)) for name in NAMES), (METADATA, _ARROW["text"])]
"""Name and type of every column made here."""


def columns_of(
    payments: Sequence[Payment], times: np.ndarray, tables: Mapping[str, Any], soft_declined: np.ndarray
) -> dict[str, Any]:
    """The columns of these payments, decided at these engine times (ms), under these reference tables."""
    given, nothing = {"soft_declined": soft_declined}, np.empty((len(payments), 0))
    engine = _engine(payments, times, given, {}, nothing, tables.get("ip_countries"), tables)
    made = {name: _made(name, payments, engine) for name in NAMES}
    made[METADATA] = pa.array([_json(p.metadata) for p in payments], pa.string()).dictionary_encode()
    return made


def _engine(*given: Any) -> Callable[[str], np.ndarray]:
    """The engine's own columns; without the tables where this version takes none."""
    try:
        return columns.RuleColumns(*given)
    except TypeError:
        return columns.RuleColumns(*given[:-1])


def _made(name: str, payments: Sequence[Payment], engine: Callable[[str], np.ndarray]) -> Any:
    own = _AUTHENTICATION.get(name) or _ENTITIES.get(name)
    try:
        values = engine(name)
    except KeyError:
        values = np.empty(len(payments), object)
        values[:] = [own(p) for p in payments] if own is not None else None
    return _arrow(values, arrow_type(name))


def _arrow(values: np.ndarray, kind: Any) -> Any:
    if values.dtype != object:
        return pa.array(values).cast(kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def _json(metadata: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(metadata, order="deterministic").decode() if metadata else None


def _authentication(field: str) -> Callable[[Payment], Any]:
    return lambda payment: getattr(payment.authentication, field) if payment.authentication else None


_AUTHENTICATION: Final = {
    name: _authentication(name)
    for name in ("three_ds_result", "three_ds_version", "eci", "liability_shift", "sca_exemption",
                 "merchant_initiated", "avs_result", "cvv_result")
}  # fmt: skip
_ENTITIES: Final[Mapping[str, Callable[[Payment], Any]]] = {
    "card": lambda payment: payment.method.token,
    "customer": lambda payment: payment.customer.id if payment.customer else None,
    "device": lambda payment: payment.device_id,
    "ip": lambda payment: payment.ip,
    "email": lambda payment: payment.email_token,
}
