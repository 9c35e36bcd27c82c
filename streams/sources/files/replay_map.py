"""Replay maps: small YAML files that say which column of a data set is which field of a payment.

A *text* is a template (`"card_{cust_id}"`; without braces a constant) or a lookup (`{column, values,
default}`). Templates keep raw numbers from going out bare: a token `card_4111...` would still be refused by
the engine.
"""

import datetime as dt
import difflib
import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from streams.errors import Misconfigured

UNITS_MS: Final = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
TimeUnit = Literal["ms", "s", "min", "h", "d"]
LabelMeaning = Literal["fraud", "friendly", "legitimate", "unknown", "none"]
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
COLUMNS: Final = ("column", "datetime", "latitude", "longitude", "attempt")
"""Keys that hold a column's name, not a template."""
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_DELAY: Final = re.compile(r"(\d+) ?(ms|s|min|h|d)")


class ColumnLookup(Struct, frozen=True, forbid_unknown_fields=True):
    """A column's values: translated by `values` (`default` for any other, null when not given), else as they
    are.
    """

    column: str
    values: dict[str | int, str] | None = None
    default: str | None = None


Text = str | ColumnLookup


class AmountMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Column x `scale` = minor units; decimals are taken exactly as written, then rounded half to even."""

    column: str
    scale: int = 1


class TimeMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Either a `datetime` column (UTC unless it names a zone) or `base` + the sum of columns in units."""

    datetime: str | None = None
    base: dt.datetime = EPOCH
    terms: dict[str, TimeUnit] = {}

    def __post_init__(self) -> None:
        if (self.datetime is None) == (not self.terms):
            raise ValueError("give either `datetime` (a column) or `terms` (columns with their units)")

    @property
    def base_ms(self) -> int:
        """Epoch milliseconds of `base`."""
        base = self.base if self.base.tzinfo else self.base.replace(tzinfo=dt.UTC)
        return round(base.timestamp() * 1000)


class MethodMap(Struct, frozen=True, forbid_unknown_fields=True):
    """The payment instrument."""

    token: Text
    kind: Text = "card"
    bin: Text | None = None
    country: Text | None = None


class CustomerMap(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer."""

    id: Text
    created_at: TimeMap | None = None


class MerchantMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is paid."""

    id: Text
    mcc: Text | None = None
    country: Text | None = None


class LocationMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the payer's device or the terminal is: columns divided by `divisor` are degrees."""

    latitude: str
    longitude: str
    divisor: Annotated[int, Meta(ge=1)] = 1


def delay_ms(text: str) -> int:
    """Milliseconds of a delay. Raises `ValueError`.

    >>> delay_ms("7d"), delay_ms("12h"), delay_ms("30min")
    (604800000, 43200000, 1800000)
    """
    match = _DELAY.fullmatch(text)
    if match is None:
        raise ValueError(f"delay {text!r} is not like 7d, 12h or 30min")
    return int(match[1]) * UNITS_MS[match[2]]


class LabelMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Labels from a column. A label is put on the log `delay` of event time after its payment."""

    column: str
    values: dict[str | int, LabelMeaning]
    delay: str

    def __post_init__(self) -> None:
        delay_ms(self.delay)

    @property
    def delay_ms(self) -> int:
        """The delay in milliseconds."""
        return delay_ms(self.delay)


class ReplayMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Which column is which field. Fields not named here are left out of the payments."""

    merchant_account: Text
    payment_id: Text
    occurred_at: TimeMap
    amount: AmountMap
    currency: Text
    method: MethodMap
    merchant: MerchantMap
    customer: CustomerMap | None = None
    device_id: Text | None = None
    ip: Text | None = None
    email_token: Text | None = None
    delivery_address_token: Text | None = None
    channel: Text | None = None
    attempt: str | None = None
    """Name of a column of whole numbers; 1 when not given."""
    phase: Text | None = None
    location: LocationMap | None = None
    metadata: dict[str, Text] | None = None
    label: LabelMap | None = None
    waive_amount_limits: bool = False
    description: str = ""

    def columns(self) -> dict[str, str]:
        """Every column the map reads, with the key of the map that reads it first."""
        columns: dict[str, str] = {}
        for key, column in _columns("", self):
            columns.setdefault(column, key)
        return columns


STRUCTS: Final = (
    ColumnLookup,
    AmountMap,
    TimeMap,
    MethodMap,
    CustomerMap,
    MerchantMap,
    LocationMap,
    LabelMap,
    ReplayMap,
)


def placeholders(template: str) -> list[str]:
    """The columns named in a template.

    >>> placeholders("card_{Source}-{Type}")
    ['Source', 'Type']
    """
    return _PLACEHOLDER.findall(template)


def pieces(template: str) -> list[str]:
    """A template as constant, column, constant, column, ..., constant.

    >>> pieces("card_{Source}")
    ['card_', 'Source', '']
    """
    return _PLACEHOLDER.split(template)


def _columns(key: str, node: object) -> Iterable[tuple[str, str]]:
    """(key of the map, column) pairs: placeholders of texts, and the fields that hold a column's name."""
    if isinstance(node, Struct):
        for name in node.__struct_fields__:
            value = getattr(node, name)
            path = f"{key}.{name}".lstrip(".")
            if isinstance(value, str) and name in COLUMNS:
                yield path, value
            elif name not in ("values", "delay", "default", "description"):
                yield from _columns(path, value)
    elif isinstance(node, dict):
        for name, value in node.items():
            is_term = key.endswith("terms")
            yield from [(f"{key}.{name}", name)] if is_term else _columns(f"{key}.{name}", value)
    elif isinstance(node, str):
        yield from ((key, column) for column in placeholders(node))


def names() -> list[str]:
    """The maps that come with Tollgate."""
    return sorted(Path(entry.name).stem for entry in _folder().iterdir() if entry.name.endswith(".yaml"))


def _folder() -> Traversable:
    return files("streams.sources.files").joinpath("maps")


def load(name_or_path: str) -> ReplayMap:
    """The map of this name, or in this YAML file. Raises `Misconfigured` naming file, key and closest known
    name.
    """
    if name_or_path in names():
        return parse(_folder().joinpath(f"{name_or_path}.yaml").read_text(encoding="utf-8"), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise Misconfigured(
            f"no map {name_or_path!r}: neither a file nor one of {', '.join(names())}"
            + _closest(name_or_path, names())
        )
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, where: str) -> ReplayMap:
    """The map in a YAML text; `where` names it in errors."""
    try:
        document: Any = yaml.safe_load(text)
        return msgspec.convert(document, ReplayMap)
    except yaml.YAMLError as error:
        raise Misconfigured(f"map {where}: not YAML: {error}") from None
    except msgspec.ValidationError as error:
        raise Misconfigured(f"map {where}: {_explained(str(error))}") from None


def check_columns(replay_map: ReplayMap, present: list[str], where: str) -> None:
    """Raises `Misconfigured` when the map reads a column that the file does not have."""
    for column, key in replay_map.columns().items():
        if column not in present:
            raise Misconfigured(
                f"{where} has no column {column!r}, which the map reads for `{key}`"
                f"{_closest(column, present)}; its columns are {', '.join(present)}"
            )


def _explained(error: str) -> str:
    """msgspec's words with `$.` taken off and, for an unknown key, the closest known one."""
    text = error.replace("`$.", "`").replace("`$`", "the top level")
    unknown = re.search(r"unknown field `([^`]*)`", error)
    known = sorted({name for struct in STRUCTS for name in struct.__struct_fields__})
    return text + (_closest(unknown[1], known) if unknown else "")


def _closest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
