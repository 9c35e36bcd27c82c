"""From declarations to features: one for each window of a family, checked and named.

Every error names the file and line of the declaration and what to change there.
"""

import re
from collections.abc import Iterable, Mapping
from math import isinf
from typing import Any

from features.catalogue import measures as m
from features.catalogue.declaration import LIFETIME, LIFETIME_MS, Entity, Family, Feature
from features.catalogue.measure_checks import check_measure
from features.catalogue.measures import EXACT_MS_MAX, WINDOW_MS_MAX, Measure, Op
from features.columns import TOKENS
from features.errors import CatalogueError
from models.units import DAY_MS, HOUR_MS, MINUTE_MS

_UNIT_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
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
"""How several of a token are called in names and units of features."""
_PLURALS_IN_TEXT = PLURALS | {
    "ip": "IP addresses",
    "email": "e-mail addresses",
    "bin": "BINs",
    "ip_country": "countries of the IP address",
    "issuer_country": "issuer countries",
    "merchant_country": "merchant countries",
}


def expand(family: Family, entities: Mapping[str, Entity]) -> list[Feature]:
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
    return {str: "a text", Measure: "a Measure of features.catalogue.measures or of your own"}.get(
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
    in_text = fields | {"others": _PLURALS_IN_TEXT[family.other] if family.other else ""}
    meaning = measure.meaning.format(**in_text).replace(f"in the last {LIFETIME}", "ever")
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


def entities_by_name(entities: Iterable[Entity]) -> dict[str, Entity]:
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
