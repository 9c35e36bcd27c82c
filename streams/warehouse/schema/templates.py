"""Views of which there is one for each dimension, and for each grain: one text for all of them.

Invariant: a view shows one dimension only. The tables below hold every dimension side by side, and whoever
added them up would count each payment ten times.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

TEMPLATES: Final = Path(__file__).parent / "views" / "templates"
COLUMNS: Final[Mapping[str, str]] = {
    "all": "",
    "merchant": "merchant_id",
    "merchant_country": "merchant_country",
    "issuer_country": "issuer_country",
    "bin": "bin",
    "mcc": "mcc",
    "channel": "channel",
    "model": "model",
    "decided_by": "decided_by",
    "rule": "deciding_rule",
    "hit": "hit",
}
"""Dimension of the aggregates -> column of its view."""
OF_THE_PAYMENT: Final = tuple(COLUMNS)[:7]
"""What a payment has before it is decided, and so in every phase."""
DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "v_{grain}_by_{dimension}": tuple(COLUMNS),
    "v_fraud_by_{dimension}": tuple(COLUMNS),
    "v_authorisation_by_{dimension}": (*OF_THE_PAYMENT, "model"),
    "v_3ds_funnel_by_{dimension}": OF_THE_PAYMENT,
}
GRAINS: Final = ("minute", "hour", "day")


def expanded() -> Iterator[tuple[str, str]]:
    """File name and text of each view."""
    for template, dimensions in DIMENSIONS.items():
        text = (TEMPLATES / f"{template}.sql").read_text(encoding="utf-8")
        for grain in GRAINS if "{grain}" in template else GRAINS[-1:]:
            for dimension in dimensions:
                names = _names(grain, dimension)
                name = template.replace("{dimension}", "{name}")
                yield f"{_filled(name, names)}.sql", _filled(text, names)


def template_of(view: str) -> str | None:
    """The template that a view is made from; None where it has a text of its own."""
    made = {name.removesuffix(".sql"): template for template in DIMENSIONS for name in _of(template)}
    return made.get(view)


def _of(template: str) -> Iterator[str]:
    for grain in GRAINS:
        for dimension in DIMENSIONS[template]:
            yield _filled(template.replace("{dimension}", "{name}"), _names(grain, dimension))


def _names(grain: str, dimension: str) -> dict[str, str]:
    """`all` is one row a verdict: its views are called by that.

    >>> _names("day", "all")["name"], _names("day", "rule")["column"].strip()
    ('verdict', 'value AS deciding_rule,')
    """
    column = COLUMNS[dimension]
    return {
        "grain": grain,
        "dimension": dimension,
        "name": "verdict" if dimension == "all" else dimension,
        "named": f"`{column}`" if column else "all together",
        "column": f"value AS {column},\n    " if column else "",
    }


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text
