"""A payment's features in words, those first that stand out against the habit of the same card, customer,
device ...

A count or sum over a short window is put beside the same one over a longer window: six payments in an hour,
where the last 30 days had one a day. Features that are a comparison already (a ratio to the mean, a
deviation, something new) stand for themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dashboards.fraud_report import money
from features.catalogue import Catalogue, Feature, Op

ADDITIVE: Final = frozenset((Op.COUNT, Op.SUM))
DAY_MS: Final = 86_400_000
LONG_MS: Final = 7 * DAY_MS
"""A habit is taken from the longest window; one shorter than this is none."""
TIMES: Final = 3.0
LEAST: Final = 3.0
"""How many times the usual, and how much at least, stands out."""
DEVIATIONS: Final = 3.0
RATIO: Final = 3.0
NAMES: Final = {
    "payment": "The payment itself",
    "card": "Card",
    "customer": "Customer",
    "device": "Device",
    "ip": "IP address",
    "network": "Network",
    "email": "E-mail",
    "address": "Delivery address",
    "merchant": "Merchant",
    "bin": "BIN",
}


@dataclass(frozen=True)
class FeatureWords:
    """One feature: its value, what it means, and what is usual."""

    name: str
    group: str
    value: str
    meaning: str
    usually: str = ""
    stands_out: bool = False
    number: float = 0.0


def in_words(catalogue: Catalogue, vector: Sequence[float]) -> list[FeatureWords]:
    """All features that are known, in the order of the catalogue; zeros of counts are left out."""
    values = dict(zip(catalogue.names, vector, strict=True))
    habits = _habits(catalogue, values)
    return [
        _worded(column, float(values[column.name]), habits.get(column.name))
        for column in catalogue.columns
        if _says_something(column, float(values[column.name]))
    ]


def grouped(features: Sequence[FeatureWords]) -> dict[str, list[FeatureWords]]:
    """By what they are of, in order."""
    groups: dict[str, list[FeatureWords]] = {}
    for each in features:
        groups.setdefault(each.group, []).append(each)
    return groups


def _says_something(column: Any, value: float) -> bool:
    if np.isnan(value):
        return False
    return not isinstance(column, Feature) or value != 0.0


def _habits(catalogue: Catalogue, values: Mapping[str, float]) -> dict[str, tuple[float, str]]:
    """For each short window what the longest one makes of it, and that window's name."""
    longest: dict[tuple[str, str, str | None], Feature] = {}
    for feature in _additive(catalogue):
        known = longest.get(_family(feature))
        if np.isnan(values[feature.name]):
            continue
        if known is None or feature.window_ms > known.window_ms:
            longest[_family(feature)] = feature
    habits = {}
    for feature in _additive(catalogue):
        habit = longest.get(_family(feature), feature)
        if habit.window_ms >= LONG_MS and habit.window_ms >= 4 * feature.window_ms:
            expected = values[habit.name] * feature.window_ms / habit.window_ms
            habits[feature.name] = (float(expected), habit.window)
    return habits


def _additive(catalogue: Catalogue) -> list[Feature]:
    return [each for each in catalogue.features if each.measure.op in ADDITIVE and each.window_ms > 0]


def _family(feature: Feature) -> tuple[str, str, str | None]:
    return feature.entity, feature.measure.name, feature.other


def _worded(column: Any, value: float, habit: tuple[float, str] | None) -> FeatureWords:
    group = column.entity if isinstance(column, Feature) else "payment"
    usually, stands_out = "", _is_comparison_that_stands_out(column, value)
    if habit is not None:
        usually = f"the last {habit[1]} make {value_words(habit[0], column.unit)} of it"
        stands_out = value >= LEAST and value >= TIMES * habit[0]
    return FeatureWords(
        column.name, NAMES.get(group, group.replace("_", " and ").capitalize()),
        value_words(value, column.unit), column.meaning, usually, stands_out, value,
    )  # fmt: skip


def _is_comparison_that_stands_out(column: Any, value: float) -> bool:
    if not isinstance(column, Feature):
        return False
    op = column.measure.op
    return (
        (op is Op.IS_NEW and value == 1)
        or (op is Op.DEVIATION and abs(value) >= DEVIATIONS)
        or (op is Op.RATIO_TO_MEAN and value >= RATIO)
    )


def value_words(value: float, unit: str) -> str:
    """A value with its unit.

    >>> value_words(6, "payments"), value_words(0.25, "share"), value_words(1, "0 or 1")
    ('6 payments', '25 %', 'yes')
    >>> value_words(1250, "EUR cents"), value_words(96, "hours")
    ('12.50 EUR', '4 days')
    """
    if np.isnan(value):
        return "unknown"
    if unit == "0 or 1":
        return {0.0: "no", 1.0: "yes"}.get(value, f"{value:g}")
    if unit == "EUR cents":
        return money(round(value))
    if unit == "share":
        return f"{100 * value:.3g} %"
    if unit == "hours" and value >= 48:
        return f"{value / 24:,.0f} days"
    return f"{value:,.4g} {'' if unit == 'code' else unit}".strip()
