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
OF_THE_VERDICT: Final = ("decided_by", "rule", "hit")
"""What brought a verdict about: good customers that a rule declined are all whom it decided about, so their
share among these says nothing."""
INSULT_RATE: Final = "if(legitimate <= 0, NULL, legitimate_declined / legitimate) AS insult_rate,\n    "
DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "v_{grain}_by_{dimension}": tuple(COLUMNS),
    "v_fraud_by_{dimension}": tuple(COLUMNS),
    "v_fraud_maturity_by_{dimension}": tuple(COLUMNS),
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
                yield f"{_view(template, grain, dimension)}.sql", _filled(text, _names(grain, dimension))


def template_of(view: str) -> str | None:
    """The template that a view is made from; None where it has a text of its own."""
    made = {name.removesuffix(".sql"): template for template in DIMENSIONS for name in _of(template)}
    return made.get(view)


def _of(template: str) -> Iterator[str]:
    for grain in GRAINS:
        for dimension in DIMENSIONS[template]:
            yield _view(template, grain, dimension)


def _view(template: str, grain: str, dimension: str) -> str:
    """What a view is called: of all together, by the verdicts that it shows, or by nothing.

    >>> _view("v_{grain}_by_{dimension}", "day", "all"), _view("v_fraud_by_{dimension}", "day", "all")
    ('v_day_by_verdict', 'v_fraud')
    """
    names = _names(grain, dimension)
    suffix = names["verdict_suffix" if "{grain}" in template else "suffix"]
    return template.replace("_by_{dimension}", suffix).replace("{grain}", grain)


def _names(grain: str, dimension: str) -> dict[str, str]:
    """What stands in the text of a template.

    >>> _names("day", "rule")["column"].strip(), _names("day", "all")["column"]
    ('value AS deciding_rule,', '')
    """
    column = COLUMNS[dimension]
    return {
        "grain": grain,
        "dimension": dimension,
        "suffix": f"_by_{dimension}" if column else "",
        "verdict_suffix": f"_by_{dimension}" if column else "_by_verdict",
        "named": f"`{column}`" if column else "all together",
        "column": f"value AS {column},\n    " if column else "",
        "insult_rate": INSULT_RATE if dimension not in OF_THE_VERDICT else "",
    }


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text
