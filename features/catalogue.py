"""The one declaration of every feature: kernel tables, names, docs, rule types and vector schema come from
it.

Adding a feature is one line in `FAMILIES`. A catalogue that contradicts itself cannot be made: `Catalogue`
refuses clashing names, unknown entities, windows that are not positive or longer than the log keeps, and
distinct over oneself. A vector holds the features in the order of `Catalogue.names`; it changes only with
`schema_hash`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from types import MappingProxyType

import xxhash

from features.errors import CatalogueError
from features.measures import AMOUNT_MAX, DEFINITIONS, DISTINCT_EVENTS_MAX, EVENTS_MAX, WINDOW_MS_MAX, Measure

_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WINDOW = re.compile(r"(-?[0-9]+)([mhd])")


@dataclass(frozen=True, slots=True)
class Entity:
    """Something payments have in common, known by a token's hash."""

    name: str
    plural: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Family:
    """One measure of one entity over several windows. `other` is the entity counted by `Measure.DISTINCT`.

    `default` is the value when the entity is absent or the measure undefined: unknown (NaN) unless stated.
    """

    entity: str
    measure: Measure
    windows: tuple[str, ...]
    other: str | None = None
    default: float = nan


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the vector."""

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
    """Entities and features in vector order. Raises `CatalogueError` naming the offending declaration.

    `entities` gives the order of the rows of the `entities` argument of `FeatureState.update`.
    """

    def __init__(self, entities: Iterable[Entity], families: Iterable[Family]) -> None:
        self._by_name = _unique_entities(entities)
        self.entities: tuple[str, ...] = tuple(self._by_name)
        self.features: tuple[Feature, ...] = tuple(
            feature for family in families for feature in _expand(family, self._by_name)
        )
        _refuse_clashes(self.features)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Feature names in vector order."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def schema_hash(self) -> str:
        """16 hex digits over names, order and definitions: equal hashes mean interchangeable vectors and
        states.

        The wording of `meaning` is left out, so that docs can be improved without throwing state away.
        """
        caps = f"{EVENTS_MAX} {DISTINCT_EVENTS_MAX} {AMOUNT_MAX} {' '.join(self.entities)}"
        text = "\n".join([caps, *(_definition(feature) for feature in self.features)])
        return xxhash.xxh3_64_hexdigest(text.encode())

    def describe(self) -> Mapping[str, Mapping[str, str | float | None]]:
        """Name -> type, unit, meaning and default (None: unknown, NaN in the vector), as plain values."""
        return MappingProxyType({feature.name: _description(feature) for feature in self.features})


def _description(feature: Feature) -> Mapping[str, str | float | None]:
    default = None if feature.default != feature.default else feature.default
    return {"type": "number", "unit": feature.unit, "meaning": feature.meaning, "default": default}


def _definition(feature: Feature) -> str:
    measure = f"{feature.entity} {feature.measure.name} {feature.window_ms} {feature.other or '-'}"
    return f"{feature.name} {measure} {feature.unit} {feature.default!r}"


def _unique_entities(entities: Iterable[Entity]) -> dict[str, Entity]:
    by_name: dict[str, Entity] = {}
    for entity in entities:
        if entity.name in by_name:
            raise CatalogueError(f"entity {entity.name!r} is declared twice; keep one of the two")
        by_name[entity.name] = entity
    if not by_name:
        raise CatalogueError("the catalogue has no entities; declare at least one")
    return by_name


def _expand(family: Family, entities: Mapping[str, Entity]) -> list[Feature]:
    _check_family(family, entities)
    return [_feature(family, window, entities) for window in family.windows]


def _check_family(family: Family, entities: Mapping[str, Entity]) -> None:
    definition = DEFINITIONS[family.measure]
    for name in (family.entity, family.other):
        if name is not None and name not in entities:
            raise CatalogueError(f"{family}: unknown entity {name!r}; known are {', '.join(entities)}")
    if definition.needs_other != (family.other is not None):
        verb = "needs" if definition.needs_other else "takes no"
        raise CatalogueError(f"{family}: measure {family.measure.name} {verb} `other`")
    if family.other == family.entity:
        raise CatalogueError(
            f"{family}: distinct {family.entity} of a {family.entity} is always 1; name another entity"
        )
    if not family.windows:
        raise CatalogueError(f"{family}: no windows; give at least one")
    if not definition.windowed and len(family.windows) > 1:
        raise CatalogueError(
            f"{family}: the name of {family.measure.name} has no window, so give exactly one"
        )


def _feature(family: Family, window: str, entities: Mapping[str, Entity]) -> Feature:
    definition = DEFINITIONS[family.measure]
    others = entities[family.other].plural if family.other else ""
    fields = {"entity": family.entity, "window": window, "others": others}
    return Feature(
        name=definition.name.format(**fields),
        entity=family.entity,
        measure=family.measure,
        window=window,
        window_ms=_window_ms(family, window),
        other=family.other,
        unit=definition.unit.format(**fields),
        meaning=definition.meaning.format(**fields),
        default=family.default,
    )


def _window_ms(family: Family, window: str) -> int:
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise CatalogueError(f"{family}: window {window!r} is not a number and one of m, h, d, such as `10m`")
    milliseconds = int(match[1]) * _UNIT_MS[match[2]]
    if milliseconds <= 0:
        raise CatalogueError(f"{family}: window {window!r} is not positive")
    if milliseconds > WINDOW_MS_MAX:
        raise CatalogueError(f"{family}: window {window!r} is longer than the 30d an exact log keeps")
    return milliseconds


def _refuse_clashes(features: tuple[Feature, ...]) -> None:
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise CatalogueError(
                f"feature {feature.name!r} is declared twice; remove one of the two declarations"
            )
        seen.add(feature.name)
    if not seen:
        raise CatalogueError("the catalogue has no features; declare at least one")


ENTITIES = (
    Entity("card", "cards", "the payment instrument, by its token"),
    Entity("customer", "customers", "the merchant's customer, by id"),
    Entity("device", "devices", "the device the payment was made on, by id"),
    Entity("ip", "ips", "the IP address the payment came from"),
    Entity("merchant", "merchants", "the merchant being paid, by id"),
)

ALL = ("1m", "10m", "1h", "6h", "24h", "7d", "30d")
LONG = ("1h", "24h", "7d", "30d")

FAMILIES = (
    Family("card", Measure.PAYMENT_COUNT, ALL),
    Family("card", Measure.AMOUNT_SUM, ALL),
    Family("card", Measure.AMOUNT_RATIO_TO_MEAN, ALL),
    Family("card", Measure.DISTINCT, LONG, other="device"),
    Family("card", Measure.DISTINCT, LONG, other="ip"),
    Family("card", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
    Family("customer", Measure.PAYMENT_COUNT, ALL),
    Family("customer", Measure.AMOUNT_SUM, ALL),
    Family("customer", Measure.AMOUNT_RATIO_TO_MEAN, ALL),
    Family("customer", Measure.DISTINCT, LONG, other="card"),
    Family("customer", Measure.DISTINCT, LONG, other="device"),
    Family("customer", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
    Family("device", Measure.PAYMENT_COUNT, ALL),
    Family("device", Measure.AMOUNT_SUM, ALL),
    Family("device", Measure.AMOUNT_RATIO_TO_MEAN, ALL),
    Family("device", Measure.DISTINCT, LONG, other="card"),
    Family("device", Measure.DISTINCT, LONG, other="customer"),
    Family("device", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
    Family("ip", Measure.PAYMENT_COUNT, ALL),
    Family("ip", Measure.AMOUNT_SUM, ALL),
    Family("ip", Measure.AMOUNT_RATIO_TO_MEAN, ALL),
    Family("ip", Measure.DISTINCT, LONG, other="card"),
    Family("ip", Measure.DISTINCT, LONG, other="customer"),
    Family("ip", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
    Family("merchant", Measure.PAYMENT_COUNT, ALL),
    Family("merchant", Measure.AMOUNT_SUM, ALL),
    Family("merchant", Measure.AMOUNT_RATIO_TO_MEAN, ALL),
    Family("merchant", Measure.DISTINCT, LONG, other="card"),
    Family("merchant", Measure.DISTINCT, LONG, other="device"),
    Family("merchant", Measure.MS_SINCE_LAST_PAYMENT, ("30d",)),
)

CATALOGUE = Catalogue(ENTITIES, FAMILIES)
"""The catalogue Tollgate runs with."""
