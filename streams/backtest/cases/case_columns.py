"""Recorded payments as columns: the fields that rules and policy read, as the engine's own code makes them.

Every name of `models.rules.ruleset.PAYMENT_COLUMNS` but the probabilities becomes a column; metadata one
column of JSON. So a backtest reads the few columns its rules name, and no payment is decoded twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from models.messages import Payment
from models.rules import PAYMENT_COLUMNS
from streams.engine.decision import RuleColumns

COMPUTED: Final = frozenset({"probability", "challenger_probability", "reference_amount"})
"""Not of the payment: computed by the backtest, or a column of `case_file.DECIDED`."""

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
    engine = RuleColumns(payments, times, given, {}, nothing, tables)
    made = {name: _arrow(engine(name), arrow_type(name)) for name in NAMES}
    made[METADATA] = pa.array([_json(p.metadata) for p in payments], pa.string()).dictionary_encode()
    return made


def _arrow(values: np.ndarray | list[Any], kind: Any) -> Any:
    if not isinstance(values, list) and values.dtype != object:
        return pa.array(values).cast(kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def _json(metadata: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(metadata, order="deterministic").decode() if metadata else None
