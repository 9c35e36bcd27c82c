"""The one declaration of every feature: kernel tables, names, docs, rule types, vector schema and Feast
definitions come from it.

Adding a feature is one line in `FAMILIES` (or in a file of one's own, see `features.catalogue.own_files`). A
catalogue that contradicts itself cannot be made: `Catalogue` refuses clashing names, unknown entities,
windows that are not positive or longer than the log keeps, and wrong types, with file, line and reason. A
vector holds the payment's own attributes first, then the features in order of declaration; it changes only
with `schema_hash`.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isinf, nan
from types import MappingProxyType
from typing import Any

import xxhash

from features.catalogue import measures as m
from features.catalogue.attributes import ATTRIBUTES, Attribute
from features.catalogue.measure_checks import check_measure
from features.catalogue.measures import EXACT_MS_MAX, WINDOW_MS_MAX, Measure, Op, Tally, declared_at
from features.catalogue.tally_source import source_of
from features.columns import TOKENS
from features.errors import CatalogueError
from models.units import DAY_MS

LIFETIME = "lifetime"
LIFETIME_MS = 0
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": DAY_MS}
_WINDOW = re.compile(r"(-?[0-9]+)([mhd])")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RECENT = {Op.MAXIMUM, Op.SAME_AMOUNT, Op.DISTINCT}

PLURALS = {
    "card": "cards",
    "customer": "customers",
    "device": "devices",
    "ip": "ips",
    "network": "networks",
    "email": "emails",
    "merchant": "merchants",
    "bin": "bins",
    "address": "addresses",
    "ip_country": "ip_countries",
    "issuer_country": "issuer_countries",
    "merchant_country": "merchant_countries",
    "currency": "currencies",
}
"""How several of a token are called in names of features."""


@dataclass(frozen=True)
class Entity:
    """Something payments have in common: one token of `features.columns.events.TOKENS`, or a pair of them."""

    name: str
    meaning: str
    parts: tuple[str, ...] = ()
    where: str = field(default_factory=declared_at, compare=False, repr=False)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens it is known by; without `parts` the one of its name."""
        return self.parts or (self.name,)


@dataclass(frozen=True)
class Family:
    """One measure of one entity over several windows. `other` is the token counted by a distinct measure.

    `default` is the value when the entity is absent or the measure undefined: unknown (NaN) unless stated.
    """

    entity: str
    measure: Measure
    windows: tuple[str, ...] = (LIFETIME,)
    other: str | None = None
    default: float = nan
    where: str = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Feature:
    """One column of the vector computed from state. `window_ms` is 0 for `lifetime`."""

    name: str
    entity: str
    measure: Measure
    window: str
    window_ms: int
    other: str | None
    unit: str
    meaning: str
    default: float


class Catalogue:
    """Attributes, entities and features in vector order. Raises `CatalogueError` naming file and line."""

    def __init__(
        self,
        entities: Iterable[Entity],
        families: Iterable[Family],
        attributes: Iterable[Attribute] = (),
    ) -> None:
        self.by_name = _unique_entities(entities)
        self.entities: tuple[str, ...] = tuple(self.by_name)
        self.attributes: tuple[Attribute, ...] = tuple(attributes)
        self.families: tuple[Family, ...] = tuple(families)
        self.features: tuple[Feature, ...] = tuple(
            feature for family in self.families for feature in _expand(family, self.by_name)
        )
        self._refuse_clashes()
        _refuse_clashing_tallies(self.features)

    @property
    def columns(self) -> tuple[Attribute | Feature, ...]:
        """The vector's columns: attributes first."""
        return self.attributes + self.features

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names in vector order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def schema_hash(self) -> str:
        """16 hex digits over names, order and definitions: equal hashes mean interchangeable vectors and
        states.

        The wording of `meaning` is left out, so that docs can be improved without throwing state away.
        """
        caps = f"{m.EVENTS_MAX} {m.RECENT_EVENTS_MAX} {m.AMOUNT_MAX} {m.BUCKETS} {m.SPREAD_MIN}"
        entities = [f"{entity.name} {'+'.join(entity.tokens)}" for entity in self.by_name.values()]
        attributes = [f"{a.name} {a.unit} {a.default!r}" for a in self.attributes]
        lines = [caps, *entities, *attributes, *(_definition(feature) for feature in self.features)]
        return xxhash.xxh3_64_hexdigest("\n".join(lines).encode())

    def describe(self) -> Mapping[str, Mapping[str, Any]]:
        """Name -> type, entity, window, unit, meaning and default (None: unknown, NaN in the vector)."""
        return MappingProxyType({column.name: _description(column) for column in self.columns})

    def _refuse_clashes(self) -> None:
        seen: dict[str, str] = {attribute.name: "the attributes" for attribute in self.attributes}
        for family in self.families:
            for feature in _expand(family, self.by_name):
                if feature.name in seen:
                    raise CatalogueError(
                        f"{family.where}: feature {feature.name!r} is declared twice, first in "
                        f"{seen[feature.name]}; remove one of the two declarations"
                    )
                seen[feature.name] = family.where
        if not seen:
            raise CatalogueError("the catalogue has no features; declare at least one")


def _description(column: Attribute | Feature) -> Mapping[str, Any]:
    default = None if column.default != column.default else column.default
    entity, window = (column.entity, column.window) if isinstance(column, Feature) else ("payment", None)
    return {
        "type": "number",
        "entity": entity,
        "window": window if isinstance(column, Feature) and column.measure.windowed else None,
        "unit": column.unit,
        "meaning": column.meaning,
        "default": default,
    }


def _definition(feature: Feature) -> str:
    measure = feature.measure
    tallies = " ".join(_tally_definition(tally) for tally in (measure.tally, measure.over))
    return (
        f"{feature.name} {feature.entity} {measure.op.name} {measure.stream.name} {tallies} "
        f"{measure.maturity_days} {feature.window_ms} {feature.other or '-'} {feature.unit} "
        f"{feature.default!r}"
    )


def _tally_definition(tally: Tally | None) -> str:
    if tally is None:
        return "-"
    function = inspect.unwrap(getattr(tally.of, "py_func", tally.of))
    own = function.__module__ is None or not function.__module__.startswith("features.")
    source = xxhash.xxh3_64_hexdigest(source_of(tally.of).encode()) if own else "features"
    return f"{tally.name}:{tally.stream.name}:{tally.maximum}:{source}"


def _unique_entities(entities: Iterable[Entity]) -> dict[str, Entity]:
    by_name: dict[str, Entity] = {}
    for entity in entities:
        if not isinstance(entity, Entity):
            raise CatalogueError(f"{entity!r} is not an Entity of features.catalogue; declare it as one")
        _check_entity(entity)
        if entity.name in by_name:
            raise CatalogueError(
                f"{entity.where}: entity {entity.name!r} is declared twice, first in "
                f"{by_name[entity.name].where}; keep one of the two"
            )
        by_name[entity.name] = entity
    if not by_name:
        raise CatalogueError("the catalogue has no entities; declare at least one")
    return by_name


def _check_entity(entity: Entity) -> None:
    if not (isinstance(entity.name, str) and _NAME.fullmatch(entity.name)):
        raise CatalogueError(f"{entity.where}: entity name {entity.name!r} is not a word in lower case")
    if len(set(entity.tokens)) != len(entity.tokens) or not 1 <= len(entity.tokens) <= 2:
        raise CatalogueError(f"{entity.where}: entity {entity.name!r} needs one token or two different ones")
    for token in entity.tokens:
        if token not in TOKENS:
            raise CatalogueError(
                f"{entity.where}: entity {entity.name!r} names the unknown token {token!r}; known are "
                f"{', '.join(TOKENS)}"
            )


def _expand(family: Family, entities: Mapping[str, Entity]) -> list[Feature]:
    if not isinstance(family, Family):
        raise CatalogueError(f"{family!r} is not a Family of features.catalogue; declare it as one")
    _check_types(family)
    check_measure(family.measure)
    _check_family(family, entities)
    return [_feature(family, window) for window in family.windows]


def _check_types(family: Family) -> None:
    wanted: dict[str, tuple[Any, Any]] = {
        "entity": (family.entity, str),
        "measure": (family.measure, Measure),
        "windows": (family.windows, tuple),
        "default": (family.default, (float, int)),
    }
    for name, (value, kind) in wanted.items():
        if not isinstance(value, kind) or isinstance(value, bool):
            raise CatalogueError(f"{family.where}: {name} is {value!r}, not {_article(kind)}")
    if not all(isinstance(window, str) for window in family.windows):
        raise CatalogueError(f"{family.where}: windows must be texts such as `24h`, not {family.windows!r}")
    if isinf(family.default):
        raise CatalogueError(f"{family.where}: default is {family.default!r}, not a finite number or NaN")


def _article(kind: Any) -> str:
    if kind is tuple:
        return 'a tuple of texts such as ("1h", "24h")'
    return {str: "a text", Measure: "a Measure of features.catalogue.measures or one's own"}.get(
        kind, "a number"
    )


def _check_family(family: Family, entities: Mapping[str, Entity]) -> None:
    measure = family.measure
    if family.entity not in entities:
        raise CatalogueError(
            f"{family.where}: unknown entity {family.entity!r}; known are {', '.join(entities)}"
        )
    if measure.needs_other != (family.other is not None):
        verb = "needs" if measure.needs_other else "takes no"
        raise CatalogueError(f"{family.where}: measure {measure.name} {verb} `other`")
    if family.other is not None and family.other not in TOKENS:
        raise CatalogueError(f"{family.where}: unknown other {family.other!r}; known are {', '.join(TOKENS)}")
    if family.other is not None and entities[family.entity].tokens == (family.other,):
        raise CatalogueError(
            f"{family.where}: distinct {family.other} of a {family.entity} is always 1; name another token"
        )
    if not family.windows:
        raise CatalogueError(f"{family.where}: no windows; give at least one")
    if not measure.windowed and len(family.windows) > 1:
        raise CatalogueError(f"{family.where}: the name of {measure.name} has no window, so give at most one")


def _feature(family: Family, window: str) -> Feature:
    measure = family.measure
    others = PLURALS[family.other] if family.other else ""
    fields = {"entity": family.entity, "window": window, "others": others}
    meaning = measure.meaning.format(**fields).replace(f"in the last {LIFETIME}", "ever")
    return Feature(
        name=measure.name.format(**fields),
        entity=family.entity,
        measure=measure,
        window=window,
        window_ms=_window_ms(family, window),
        other=family.other,
        unit=measure.unit.format(**fields),
        meaning=meaning,
        default=float(family.default),
    )


def _window_ms(family: Family, window: str) -> int:
    if window == LIFETIME:
        if family.measure.op in _RECENT or family.measure.op is Op.COHORT_RATE:
            raise CatalogueError(f"{family.where}: {family.measure.op.name} has no lifetime window")
        return LIFETIME_MS
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise CatalogueError(
            f"{family.where}: window {window!r} is not `lifetime` or a number and one of m, h, d, "
            "such as `10m`"
        )
    milliseconds = int(match[1]) * _UNIT_MS[match[2]]
    if milliseconds <= 0:
        raise CatalogueError(f"{family.where}: window {window!r} is not positive")
    longest = _longest(family.measure.op)
    if milliseconds > longest:
        raise CatalogueError(
            f"{family.where}: window {window!r} is longer than the {longest // DAY_MS}d that are kept for "
            f"{family.measure.op.name}; name a shorter one or `lifetime`"
        )
    maturity = family.measure.maturity_days * DAY_MS
    if family.measure.op is Op.COHORT_RATE and (milliseconds % DAY_MS or milliseconds <= maturity):
        raise CatalogueError(
            f"{family.where}: window {window!r} of a cohort rate must be whole days and over the "
            f"{family.measure.maturity_days} days until cohorts are counted"
        )
    if milliseconds > EXACT_MS_MAX and milliseconds % DAY_MS:
        raise CatalogueError(f"{family.where}: window {window!r} is over 30d and must be whole days")
    return milliseconds


def _longest(op: Op) -> int:
    if op in _RECENT:
        return EXACT_MS_MAX
    return m.COHORT_DAYS_MAX * DAY_MS if op is Op.COHORT_RATE else WINDOW_MS_MAX


def _refuse_clashing_tallies(features: Iterable[Feature]) -> None:
    """Two tallies of one name would share a log's total."""
    seen: dict[str, Tally] = {}
    for feature in features:
        for tally in (feature.measure.tally, feature.measure.over):
            if tally is not None and seen.setdefault(tally.name, tally) != tally:
                raise CatalogueError(
                    f"{tally.where}: tally {tally.name!r} is another one than in {seen[tally.name].where}; "
                    "rename one of the two"
                )


ENTITIES = (
    Entity("card", "the payment instrument, by its token"),
    Entity("customer", "the merchant's customer, by id"),
    Entity("device", "the device the payment was made on, by id"),
    Entity("ip", "the IP address the payment came from"),
    Entity("network", "the IP address's network: /24 in IPv4, /48 in IPv6"),
    Entity("email", "the e-mail address, by its token"),
    Entity("merchant", "the merchant being paid, by id"),
    Entity("bin", "the first six digits of the card: its issuer and product"),
    Entity("address", "the delivery address, by its token"),
    Entity("card_device", "this card on this device", ("card", "device")),
    Entity("card_merchant", "this card at this merchant", ("card", "merchant")),
    Entity(
        "customer_ip_country", "this customer from this country of the IP address", ("customer", "ip_country")
    ),
    Entity("email_device", "this e-mail address on this device", ("email", "device")),
    Entity("bin_merchant", "cards of this BIN at this merchant", ("bin", "merchant")),
)

ALL = ("1m", "10m", "1h", "6h", "24h", "7d", "30d")
LONG = ("90d", "365d", LIFETIME)
PERSONAL = ("7d", "30d", "90d", LIFETIME)
"""Over what the labels of a card, customer or e-mail address are looked at."""


def _outcomes(entity: str, windows: tuple[str, ...]) -> list[Family]:
    """Declines by reason of an entity."""
    return [
        Family(entity, measure, windows)
        for measure in (
            m.INSUFFICIENT_FUNDS_COUNT,
            m.DO_NOT_HONOUR_COUNT,
            m.LOST_OR_STOLEN_COUNT,
            m.WRONG_CVV_COUNT,
            m.INVALID_CARD_COUNT,
        )
    ]


def _labels(entity: str, shares: tuple[str, ...], counts: tuple[str, ...] = (LIFETIME,)) -> list[Family]:
    """What became known of an entity's payments."""
    return [
        Family(entity, m.FRAUD_COUNT, counts),
        Family(entity, m.FRAUD_SHARE_OF_LABELS, shares),
        Family(entity, m.FRAUD_SHARE_OF_APPROVED, ("90d",)),
    ]


def _runs(entity: str) -> list[Family]:
    """How an entity's labels of both kinds lie to each other in time."""
    return [
        Family(entity, measure)
        for measure in (m.HOURS_SINCE_CLEARED, m.FRAUDS_SINCE_CLEARED, m.HOURS_SINCE_FRAUDS_BEGAN)
    ]


FAMILIES = (
    Family("card", m.PAYMENT_COUNT, (*ALL, *LONG)),
    Family("card", m.AMOUNT_SUM, ("10m", "1h", "24h", "7d", "30d")),
    Family("card", m.AMOUNT_RATIO_TO_MEAN, ("24h", "7d", "30d", LIFETIME)),
    Family("card", m.AMOUNT_DEVIATION, ("30d", LIFETIME)),
    Family("card", m.AMOUNT_MAX_OF, ("24h", "30d")),
    Family("card", m.SMALL_COUNT, ("10m", "1h", "24h")),
    Family("card", m.SAME_AMOUNT_COUNT, ("1h", "24h")),
    Family("card", m.NIGHT_SHARE, ("30d",)),
    Family("card", m.DISTINCT, ("24h", "30d"), other="device"),
    Family("card", m.DISTINCT, ("1h", "24h"), other="ip"),
    Family("card", m.DISTINCT, ("10m", "1h", "24h", "30d"), other="merchant"),
    Family("card", m.DISTINCT, ("24h", "30d"), other="ip_country"),
    Family("card", m.DISTINCT, ("24h",), other="currency"),
    Family("card", m.DISTINCT, ("30d",), other="customer"),
    Family("card", m.DISTINCT, ("30d",), other="email"),
    Family("card", m.DISTINCT, ("30d",), other="address"),
    Family("card", m.HOURS_SINCE_FIRST),
    Family("card", m.HOURS_SINCE_LAST),
    Family("card", m.SPEED),
    Family("card", m.HABIT_SHARE),
    Family("card", m.DECLINED_COUNT, ("10m", "1h", "24h", "30d")),
    *_outcomes("card", ("24h", "30d")),
    Family("card", m.DECLINED_SHARE, ("24h", "30d")),
    Family("card", m.HOURS_SINCE_DECLINED),
    Family("card", m.AUTHENTICATED_COUNT, ("30d", LIFETIME)),
    Family("card", m.AUTHENTICATION_FAILED_COUNT, ("24h", "30d")),
    Family("card", m.CAPTURED_COUNT, ("30d", LIFETIME)),
    Family("card", m.REFUNDED_COUNT, ("30d", "365d")),
    *_labels("card", PERSONAL, ("30d", LIFETIME)),
    Family("card", m.HOURS_SINCE_FRAUD),
    *_runs("card"),
    Family("customer", m.PAYMENT_COUNT, (*ALL, *LONG)),
    Family("customer", m.AMOUNT_SUM, ("1h", "24h", "7d", "30d")),
    Family("customer", m.AMOUNT_MEAN, ("24h", "7d", "30d")),
    Family("customer", m.AMOUNT_RATIO_TO_MEAN, ("24h", "7d", "30d", LIFETIME)),
    Family("customer", m.AMOUNT_DEVIATION, ("30d", LIFETIME)),
    Family("customer", m.AMOUNT_MAX_OF, ("30d",)),
    Family("customer", m.NIGHT_SHARE, ("30d",)),
    Family("customer", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("customer", m.DISTINCT, ("24h", "7d", "30d"), other="device"),
    Family("customer", m.DISTINCT, ("24h", "30d"), other="merchant"),
    Family("customer", m.DISTINCT, ("24h", "30d"), other="ip_country"),
    Family("customer", m.DISTINCT, ("30d",), other="address"),
    Family("customer", m.HOURS_SINCE_FIRST),
    Family("customer", m.HOURS_SINCE_LAST),
    Family("customer", m.SPEED),
    Family("customer", m.HABIT_SHARE),
    Family("customer", m.DECLINED_COUNT, ("1h", "24h", "30d")),
    Family("customer", m.DECLINED_SHARE, ("30d",)),
    Family("customer", m.HOURS_SINCE_DECLINED),
    Family("customer", m.REFUNDED_SHARE, ("365d",)),
    *_labels("customer", PERSONAL),
    Family("customer", m.HOURS_SINCE_FRAUD),
    Family("device", m.PAYMENT_COUNT, ("10m", "1h", "24h", "7d", "30d", "365d")),
    Family("device", m.AMOUNT_SUM, ("24h", "30d")),
    Family("device", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("device", m.SMALL_COUNT, ("1h", "24h")),
    Family("device", m.SAME_AMOUNT_COUNT, ("1h",)),
    Family("device", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("device", m.DISTINCT, ("24h", "30d"), other="customer"),
    Family("device", m.DISTINCT, ("24h", "30d"), other="email"),
    Family("device", m.HOURS_SINCE_FIRST),
    Family("device", m.HOURS_SINCE_LAST),
    Family("device", m.DECLINED_COUNT, ("1h", "24h", "30d")),
    Family("device", m.DECLINED_SHARE, ("24h",)),
    *_labels("device", ("30d", LIFETIME)),
    Family("device", m.HOURS_SINCE_FRAUD),
    Family("ip", m.PAYMENT_COUNT, ("1m", "10m", "1h", "24h", "7d", "30d")),
    Family("ip", m.AMOUNT_SUM, ("1h", "24h")),
    Family("ip", m.SMALL_COUNT, ("10m", "1h")),
    Family("ip", m.DISTINCT, ("10m", "1h", "24h"), other="card"),
    Family("ip", m.DISTINCT, ("24h",), other="customer"),
    Family("ip", m.DISTINCT, ("24h",), other="email"),
    Family("ip", m.HOURS_SINCE_LAST),
    Family("ip", m.DECLINED_COUNT, ("10m", "1h", "24h")),
    *_labels("ip", ("30d", LIFETIME)),
    Family("network", m.PAYMENT_COUNT, ("10m", "1h", "24h", "30d")),
    Family("network", m.DISTINCT, ("1h", "24h"), other="card"),
    Family("network", m.DISTINCT, ("24h",), other="device"),
    Family("network", m.DECLINED_COUNT, ("1h", "24h")),
    *_labels("network", ("30d",)),
    Family("email", m.PAYMENT_COUNT, ("10m", "1h", "24h", "7d", "30d", "365d")),
    Family("email", m.AMOUNT_SUM, ("24h", "30d")),
    Family("email", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("email", m.DISTINCT, ("1h", "24h", "30d"), other="card"),
    Family("email", m.DISTINCT, ("30d",), other="device"),
    Family("email", m.DISTINCT, ("30d",), other="address"),
    Family("email", m.HOURS_SINCE_FIRST),
    Family("email", m.HOURS_SINCE_LAST),
    Family("email", m.DECLINED_COUNT, ("24h", "30d")),
    *_labels("email", PERSONAL, ("30d", LIFETIME)),
    Family("email", m.HOURS_SINCE_FRAUD),
    *_runs("email"),
    Family("merchant", m.PAYMENT_COUNT, ("1m", "10m", "1h", "24h", "7d", "30d")),
    Family("merchant", m.AMOUNT_MEAN, ("24h", "30d")),
    Family("merchant", m.AMOUNT_RATIO_TO_MEAN, ("1h", "24h", "30d")),
    Family("merchant", m.AMOUNT_DEVIATION, ("30d",)),
    Family("merchant", m.SMALL_SHARE, ("1h", "24h")),
    Family("merchant", m.SAME_AMOUNT_COUNT, ("1h",)),
    Family("merchant", m.NIGHT_SHARE, ("30d",)),
    Family("merchant", m.DISTINCT, ("10m", "1h"), other="card"),
    Family("merchant", m.DISTINCT, ("1h",), other="bin"),
    Family("merchant", m.DISTINCT, ("1h",), other="ip"),
    Family("merchant", m.HOURS_SINCE_FIRST),
    Family("merchant", m.DECLINED_SHARE, ("10m", "1h", "24h", "7d", "30d")),
    Family("merchant", m.REFUNDED_SHARE, ("30d", "90d")),
    *_labels("merchant", ("24h", "3d", "7d", "14d", "21d", "30d", "90d", LIFETIME), ("7d", "30d", LIFETIME)),
    Family("merchant", m.HOURS_SINCE_FRAUD),
    *_runs("merchant"),
    Family("merchant", m.COHORT_FRAUD_RATE, ("180d",)),
    Family("bin", m.PAYMENT_COUNT, ("10m", "1h", "24h", "30d")),
    Family("bin", m.SMALL_SHARE, ("1h", "24h")),
    Family("bin", m.DISTINCT, ("10m", "1h"), other="card"),
    Family("bin", m.DISTINCT, ("1h",), other="merchant"),
    Family("bin", m.DECLINED_SHARE, ("1h", "24h", "30d")),
    Family("bin", m.INVALID_CARD_COUNT, ("1h", "24h")),
    *_labels("bin", ("30d", "90d")),
    Family("bin", m.COHORT_FRAUD_RATE, ("180d",)),
    Family("address", m.PAYMENT_COUNT, ("24h", "7d", "30d", "365d")),
    Family("address", m.DISTINCT, ("24h", "30d"), other="card"),
    Family("address", m.DISTINCT, ("30d",), other="customer"),
    Family("address", m.DISTINCT, ("30d",), other="email"),
    Family("address", m.HOURS_SINCE_FIRST),
    Family("address", m.FRAUD_COUNT, (LIFETIME,)),
    Family("address", m.FRAUD_SHARE_OF_LABELS, (LIFETIME,)),
    Family("card_device", m.PAYMENT_COUNT, ("24h", "30d", LIFETIME)),
    Family("card_device", m.IS_NEW),
    Family("card_device", m.HOURS_SINCE_FIRST),
    Family("card_merchant", m.PAYMENT_COUNT, ("1h", "24h", "30d", LIFETIME)),
    Family("card_merchant", m.IS_NEW),
    Family("card_merchant", m.SAME_AMOUNT_COUNT, ("24h", "30d")),
    Family("card_merchant", m.AMOUNT_RATIO_TO_MEAN, ("30d",)),
    Family("card_merchant", m.HOURS_SINCE_LAST),
    Family("customer_ip_country", m.PAYMENT_COUNT, ("30d", LIFETIME)),
    Family("customer_ip_country", m.IS_NEW),
    Family("customer_ip_country", m.HOURS_SINCE_FIRST),
    Family("email_device", m.PAYMENT_COUNT, ("24h", "30d")),
    Family("email_device", m.IS_NEW),
    Family("bin_merchant", m.PAYMENT_COUNT, ("10m", "1h", "24h")),
    Family("bin_merchant", m.DISTINCT, ("10m", "1h", "24h"), other="card"),
    Family("bin_merchant", m.SMALL_COUNT, ("10m", "1h")),
    Family("bin_merchant", m.DECLINED_SHARE, ("1h", "24h")),
)

CATALOGUE = Catalogue(ENTITIES, FAMILIES, ATTRIBUTES)
"""The catalogue Tollgate comes with."""
