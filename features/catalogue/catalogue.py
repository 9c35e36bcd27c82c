"""A catalogue: attributes, entities and features in vector order, and the hash that says what they mean.

Kernel tables, names, docs, rule types, vector schema and Feast definitions all follow from it. A catalogue
that contradicts itself cannot be made: `Catalogue` refuses clashing names, unknown entities, windows that are
not positive or longer than the log keeps, and wrong types, with file, line and reason. A vector holds the
payment's own attributes first, then the features in order of declaration; it changes only with `schema_hash`.
"""

import inspect
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import xxhash

from features.catalogue import measures as m
from features.catalogue.attributes import Attribute
from features.catalogue.declaration import Entity, Family, Feature
from features.catalogue.expansion import entities_by_name, expand
from features.catalogue.measures import Tally
from features.catalogue.tally_source import source_of
from features.errors import CatalogueError


class Catalogue:
    """Attributes, entities and features in vector order. Raises `CatalogueError` naming file and line."""

    def __init__(
        self,
        entities: Iterable[Entity],
        families: Iterable[Family],
        attributes: Iterable[Attribute] = (),
    ) -> None:
        self.by_name = entities_by_name(entities)
        self.entities: tuple[str, ...] = tuple(self.by_name)
        self.attributes: tuple[Attribute, ...] = tuple(attributes)
        self.families: tuple[Family, ...] = tuple(families)
        self.features: tuple[Feature, ...] = tuple(
            feature for family in self.families for feature in expand(family, self.by_name)
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
            for feature in expand(family, self.by_name):
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
