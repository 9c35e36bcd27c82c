"""A payment's features in words, and which of them stand out against the habit of the same card, customer,
device ... The sentences are in `payment_phrases` and `history_phrases`.

A count or sum over a short window is put beside the same one over a longer window: six payments in an hour,
where the last 30 days had one a day. Features that are a comparison already (a ratio to the mean, a
deviation, something new) stand for themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dashboards.console.pages.payment import history_phrases
from dashboards.console.pages.payment.history_phrases import window_words
from dashboards.console.pages.payment.payment_phrases import payment_phrase
from dashboards.console.pages.payment.quantities import money_words, rate_words
from features.catalogue import LIFETIME_MS, Catalogue, Feature, Op

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
    """One feature.

    text       what it says, with its value: "4 payments by this card in the last hour"
    value      the value alone
    meaning    how the catalogue defines it
    usually    what is usual, where that is known
    by         from what the usual was taken
    """

    name: str
    group: str
    text: str
    value: str
    meaning: str
    usually: str = ""
    by: str = ""
    stands_out: bool = False
    is_known: bool = True
    number: float = float("nan")


def in_words(catalogue: Catalogue, vector: Sequence[float]) -> list[FeatureWords]:
    """All features in the order of the catalogue, those that are not known as well; zeros of counts are left
    out. What the payment came without has one sentence for all its features.
    """
    values = dict(zip(catalogue.names, vector, strict=True))
    habits = _habits(catalogue, values)
    absent = _absent(catalogue, values)
    known = [
        _worded(column, float(values[column.name]), habits.get(column.name))
        for column in catalogue.columns
        if getattr(column, "entity", "") not in absent and _says_something(column, float(values[column.name]))
    ]
    return known + [_came_without(entity) for entity in absent]


def _absent(catalogue: Catalogue, values: Mapping[str, float]) -> list[str]:
    """Entities of which not one count is known: the payment came without them."""
    counts: dict[str, list[float]] = {}
    for feature in _additive(catalogue, LIFETIME_MS):
        counts.setdefault(feature.entity, []).append(float(values[feature.name]))
    return [entity for entity, numbers in counts.items() if np.all(np.isnan(numbers))]


def _came_without(entity: str) -> FeatureWords:
    thing = history_phrases.ENTITIES.get(entity, ("", entity.replace("_", " ")))[1]
    text = f"The payment came without {thing.replace('this ', 'a ', 1)}: nothing is known of it"
    text = text.replace("a IP", "an IP").replace("a e-mail", "an e-mail")
    return FeatureWords("", _group(entity), text, "not known", "", is_known=False)


def grouped(features: Sequence[FeatureWords]) -> dict[str, list[FeatureWords]]:
    """By what they are of, in order."""
    groups: dict[str, list[FeatureWords]] = {}
    for each in features:
        groups.setdefault(each.group, []).append(each)
    return groups


def _says_something(column: Any, value: float) -> bool:
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


def _additive(catalogue: Catalogue, window_ms_min: int = 1) -> list[Feature]:
    return [
        each for each in catalogue.features if each.measure.op in ADDITIVE and each.window_ms >= window_ms_min
    ]


def _family(feature: Feature) -> tuple[str, str, str | None]:
    return feature.entity, feature.measure.name, feature.other


def _group(entity: str) -> str:
    return NAMES.get(entity, entity.replace("_", " and ").capitalize())


def _worded(column: Any, value: float, habit: tuple[float, str] | None) -> FeatureWords:
    group = column.entity if isinstance(column, Feature) else "payment"
    usually, by, stands_out = "", "", _is_comparison_that_stands_out(column, value)
    if habit is not None and not np.isnan(value):
        usual = money_words(habit[0]) if column.unit == "EUR cents" else rate_words(habit[0])
        usually, by = f"usually {usual}", f"by {window_words(habit[1]).removeprefix('in ')}"
        stands_out = value >= LEAST and value >= TIMES * habit[0]
    return FeatureWords(
        column.name, _group(group), phrase_of(column, value), value_words(value, column.unit), column.meaning,
        usually, by, stands_out, not np.isnan(value), value,
    )  # fmt: skip


def phrase_of(column: Any, value: float) -> str:
    """What any feature says; one without words of its own by its meaning in the catalogue."""
    if isinstance(column, Feature):
        return history_phrases.history_phrase(column, value).text
    own = payment_phrase(column.name, value)
    return own if own is not None else f"{column.meaning}: {value_words(value, column.unit)}"


def has_words(column: Any) -> bool:
    """Whether a feature has words of its own."""
    if isinstance(column, Feature):
        return history_phrases.history_phrase(column, 1.0).has_words
    return payment_phrase(column.name, 1.0) is not None


def _is_comparison_that_stands_out(column: Any, value: float) -> bool:
    if not isinstance(column, Feature):
        return False
    op = column.measure.op
    return bool(
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
        return "not known"
    if unit == "0 or 1":
        return {0.0: "no", 1.0: "yes"}.get(value, f"{value:g}")
    if unit == "EUR cents":
        return money_words(value)
    if unit == "share":
        return f"{100 * value:.3g} %"
    if unit == "hours" and value >= 48:
        return f"{value / 24:,.0f} days"
    return f"{value:,.4g} {'' if unit == 'code' else unit}".strip()
