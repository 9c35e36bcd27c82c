"""Payments' metadata as features: named keys become attributes, columns of every vector.

A file of your own names them (`METADATA = ("basket_items", ...)`, see `features.catalogue.own_files`); each
is a column `metadata_<key>`. A payment's metadata is whatever a payment service sends, so every value is
read as a number or as unknown, and never as an error:

    number                          itself; unknown where it is not finite in float64
    true, false                     1, 0
    text that is a decimal number   that number: "12", "-0.50", "1e3"; at most 40 characters
    any other text, null, absent    unknown

Texts are not numbered or hashed: a tree would split on a meaningless order.
"""

import re
from collections.abc import Callable, Iterable
from math import isfinite, nan

import numpy as np

from features.catalogue.attributes import Attribute
from features.catalogue.catalogue import Catalogue
from features.columns import PaymentFacts
from features.errors import CatalogueError
from models.arrays import Floats
from models.messages import Scalar

PREFIX = "metadata_"
KEYS_MAX = 50
"""As many as a payment carries."""
DIGITS_MAX = 40
_KEY = re.compile(r"[a-z0-9_]{1,64}")
_NUMBER = re.compile(rf"(?=.{{1,{DIGITS_MAX}}}\Z)[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def number_of(value: Scalar) -> float:
    """A metadata value as a feature; NaN is unknown.

    >>> number_of(3), number_of(True), number_of("-0.50"), number_of("12 EUR"), number_of(None)
    (3.0, 1.0, -0.5, nan, nan)
    """
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return nan
    try:
        number = nan if value is None else float(value)
    except OverflowError:  # a whole number beyond float64
        return nan
    return number if isfinite(number) else nan


def is_key(key: object) -> bool:
    """Whether a metadata key can be a feature: a word of a-z, 0-9 and _ of at most 64 characters."""
    return isinstance(key, str) and _KEY.fullmatch(key) is not None


def attribute(key: str) -> Attribute:
    """The column of one key."""
    return Attribute(
        f"{PREFIX}{key}",
        "number",
        f"`{key}` of the payment's metadata: a number as it is, true 1 and false 0, a text that is a decimal "
        "number as that number; unknown where it is anything else or absent",
        _reader(key),
    )


def with_metadata(catalogue: Catalogue, keys: Iterable[str]) -> Catalogue:
    """The catalogue with these keys of metadata as columns after its attributes.

    Raises `CatalogueError` for a key that is no word of a-z, 0-9 and _, that has a column already, or beyond
    `KEYS_MAX` of them.
    """
    columns = [attribute(_checked(key)) for key in keys]
    if not columns:
        return catalogue
    names = [column.name for column in (*catalogue.attributes, *columns)]
    for column in columns:
        if names.count(column.name) > 1:
            raise CatalogueError(f"metadata key {column.name.removeprefix(PREFIX)!r} is named twice")
    if sum(name.startswith(PREFIX) for name in names) > KEYS_MAX:
        raise CatalogueError(f"more than {KEYS_MAX} metadata keys: a payment carries no more, leave some out")
    return Catalogue(catalogue.by_name.values(), catalogue.families, (*catalogue.attributes, *columns))


def _checked(key: str) -> str:
    if not is_key(key):
        raise CatalogueError(
            f"metadata key {key!r} cannot be a feature: it must be a word of a-z, 0-9 and _, at most 64 long"
        )
    return key


def _reader(key: str) -> Callable[[PaymentFacts], Floats]:
    def read(facts: PaymentFacts) -> Floats:
        found = [None if p.metadata is None else p.metadata.get(key) for p in facts.payments]
        return np.array([number_of(value) for value in found], np.float64)

    return read
