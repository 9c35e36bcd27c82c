"""Words that the editor of rules suggests: columns, fields of a rule, and what conditions are made of."""

from typing import Final

from msgspec.structs import fields

from models.reference import COUNTRY_GROUPS
from models.rules import Rule
from models.rules.language import AFFIXES, Schema

KINDS: Final = {"boolean": "yes or no"}
CONDITIONS: Final = (
    "and", "or", "not", "in", "between", "is missing", "is known", 'list("")', "metadata.", *AFFIXES,
)  # fmt: skip


def suggestions(columns: Schema) -> list[dict[str, str]]:
    """Each with its kind.

    >>> suggestions({"amount": "number"})[0]
    {'label': 'amount', 'type': 'variable', 'detail': 'number'}
    """
    words = [(name, "variable", KINDS.get(kind, kind)) for name, kind in columns.items()]
    words += [(field.encode_name, "property", "of a rule") for field in fields(Rule)]
    words += [(word, "keyword", "of a condition") for word in CONDITIONS]
    words += [(group, "constant", "countries") for group in COUNTRY_GROUPS]
    return [{"label": label, "type": kind, "detail": detail} for label, kind, detail in words]
