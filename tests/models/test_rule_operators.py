"""Each operator of the rule language in a table: nominal, big, negative, missing, wrong type."""

from typing import Any

import numpy as np
import pytest

from models.reference.country_groups import COUNTRY_GROUPS
from models.rules.language.columns import RuleRows
from models.rules.language.expression import compile_expression
from models.rules.language.graph import Graph
from models.rules.language.syntax import ExpressionError
from models.rules.ruleset import Ruleset

SCHEMA = {
    "x": "number",
    "y": "number",
    "s": "text",
    "t": "text",
    "flag": "boolean",
    "amount": "number",
    "reference_amount": "number",
    "currency": "text",
    "spent": "money",
}
NAN, INF, BIG = float("nan"), float("inf"), 2**53
ROW: dict[str, Any] = {
    "x": 2.0,
    "y": 4.0,
    "s": "a",
    "t": "b",
    "flag": True,
    "amount": 500_000,
    "reference_amount": 450_000,
    "currency": "USD",
    "spent": 1_000,
    "metadata": {},
}


class Rates:
    """A dollar is 90 cents, a yen 0.6; there is no rate of the pound."""

    def convert(self, amount: int, currency: str, _: int) -> int | None:
        return {"USD": amount * 9 // 10, "JPY": amount * 6 // 10}.get(currency)


def objects(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def said(text: str, **row: Any) -> str:
    """`hit`, `no hit` or `error`."""
    values = ROW | row

    def column(name: str) -> np.ndarray[Any, Any]:
        if name.startswith("metadata."):
            return objects([values["metadata"].get(name.removeprefix("metadata."))])
        value = values[name]
        return objects([value]) if SCHEMA[name] != "number" or isinstance(value, str) else np.array([value])

    rule = {"id": "r", "description": "d", "owner": "o", "when": text, "score": 1}
    compiled = Ruleset.from_dict({"name": "n", "version": 2, "rules": [rule]}).compile(SCHEMA)
    nothing = np.zeros(1, np.int64)
    result = compiled.run(
        RuleRows(
            1,
            nothing,
            nothing.astype(np.uint64),
            objects(["m"]),
            column,
            lambda name, texts: np.array([name == "blocked" and text in ("a", "b") for text in texts]),
            Rates(),
        )
    )
    return "error" if result.errors[0, 0] else "hit" if result.hits[0, 0] else "no hit"


CASES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("x < 3", "x", [2, -1e300, -INF], [3, BIG, INF, NAN]),
    ("x <= 3", "x", [3, -4], [3.0000001, BIG, NAN]),
    ("x == 3", "x", [3, 3.0], [-3, BIG, NAN]),
    ("x == 9007199254740992", "x", [BIG, float(BIG)], [BIG - 1, -BIG, NAN]),
    ("x != 3", "x", [4, -3, BIG, INF], [3, NAN]),
    ("x >= 3", "x", [3, BIG], [-3, NAN]),
    ("x > 3", "x", [4, BIG, INF], [3, -BIG, NAN]),
    ("1 < x <= 3 < y", "x", [2, 3], [1, -2, BIG, NAN]),
    ("x + 1 > 3", "x", [3, BIG], [2, -9, NAN]),
    ("x - 1 > 3", "x", [5, BIG], [4, -9, NAN]),
    ("x * 2 > 3", "x", [2, 1e308], [1, -9, NAN]),
    ("6 / x > 1", "x", [5, 1e-300], [6, 0, -0.0, -1, BIG, NAN]),
    ("-x > 3", "x", [-4, -BIG], [4, 0, NAN]),
    ("x - x == 0", "x", [1, -1, BIG], [INF, NAN]),
    ("x between 1 and 3", "x", [1, 2, 3], [0.999, -2, BIG, NAN]),
    ("x not between 1 and 3", "x", [0.999, -2, BIG], [1, 3, NAN]),
    ("x between 1 and y", "y", [2, BIG], [1, -1, NAN]),
    ("x not between y and 3", "y", [2.5, BIG], [1, -1, NAN]),
    ("x in (1, -2, 2.5)", "x", [1, -2, 2.5], [2, BIG, NAN]),
    ("x not in (1, -2, 2.5)", "x", [2, BIG, INF], [1, -2, NAN]),
    ("x is missing", "x", [NAN], [0, -1, BIG, INF]),
    ("x is known", "x", [0, -1, BIG, INF], [NAN]),
    ("x is not missing", "x", [0, INF], [NAN]),
    ("(x / y) is missing", "y", [0, NAN], [1, -1, BIG]),
    ("not x > 3", "x", [3, -4, NAN], [4, BIG]),
    ("x > 1 and y > 1", "x", [2, BIG], [1, -2, NAN]),
    ("x > 3 or y > 5", "x", [4, BIG], [3, -4, NAN]),
    ("(x > 3) == (y > 3)", "x", [4, BIG], [3, -4, NAN]),
    ("(x > 3) != (y > 3)", "x", [3, -4, NAN], [4, BIG]),
    ('s == "a"', "s", ["a"], ["A", "aa", "", "a" * 10_000, None]),
    ('s != "a"', "s", ["A", "", "a" * 10_000], ["a", None]),
    ("s == t", "s", ["b"], ["a", "", None]),
    ("s != t", "s", ["a", ""], ["b", None]),
    ('s in ("a", "b")', "s", ["a", "b"], ["c", "", None]),
    ('s not in ("a", "b")', "s", ["c", ""], ["a", None]),
    ("s in eu", "s", ["FR", "HR"], ["GB", "fr", "", None]),
    ("s not in eea", "s", ["GB", "US", ""], ["NO", None]),
    ('s in list("blocked")', "s", ["a", "b"], ["c", "", None]),
    ('s not in list("blocked")', "s", ["c", ""], ["a", None]),
    ('s in list("unheard of")', "s", [], ["a", None]),
    ('s starts_with "ab"', "s", ["ab", "abc", "ab" * 9_999], ["a", "cab", "", None]),
    ('s starts_with ("x", "ab")', "s", ["xy", "ab"], ["b", None]),
    ('s not starts_with "ab"', "s", ["a", ""], ["abc", None]),
    ('s ends_with "ab"', "s", ["ab", "cab"], ["abc", "b", "", None]),
    ('s not ends_with "ab"', "s", ["abc", ""], ["ab", None]),
    ('s contains "b"', "s", ["b", "abc"], ["ac", "", None]),
    ('s not contains "b"', "s", ["ac", ""], ["b", None]),
    ("s is missing", "s", [None], ["", "a"]),
    ("s is known", "s", ["", "a"], [None]),
    ("flag", "flag", [True], [False, None]),
    ("not flag", "flag", [False, None], [True]),
    ("flag == True", "flag", [True], [False, None]),
    ("flag == False", "flag", [False], [True, None]),
    ("flag != True", "flag", [False], [True, None]),
    ("flag is missing", "flag", [None], [True, False]),
    ("amount > 4000 USD", "amount", [400_001, BIG], [400_000, -1]),
    ("amount > 4500 EUR", "reference_amount", [450_001, BIG], [450_000, -5, NAN]),
    ("amount > 7500 JPY", "reference_amount", [4_501, BIG], [4_500, -1, NAN]),
    ("amount < 1 GBP", "reference_amount", [], [1, -1, BIG, NAN]),
    ("amount between 4499.99 EUR and 4500 EUR", "reference_amount", [449_999, 450_000], [450_001, -1, NAN]),
    ("spent >= 10 EUR", "spent", [1_000, BIG], [999, -1_000, None]),
    ("spent / 2 >= 10 USD", "spent", [1_800, BIG], [1_799, -1_800, None]),
    ("10 EUR <= spent < 20 EUR", "spent", [1_000, 1_999], [2_000, -1_500, None]),
    ("amount == spent", "spent", [500_000], [1, -1, None]),
    ("metadata.k > 1", "metadata", [{"k": 2}, {"k": 1e308}], [{"k": -2}, {"k": True}, {"k": "2"}, {}]),
    ('metadata.k == "a"', "metadata", [{"k": "a"}], [{"k": 1}, {"k": True}, {"k": ""}, {}]),
    ('metadata["k"] != "a"', "metadata", [{"k": "b"}], [{"k": "a"}, {"k": 1}, {}]),
    ("metadata.k", "metadata", [{"k": True}], [{"k": False}, {"k": 1}, {"k": "True"}, {}]),
    ("metadata.k in (1, 2)", "metadata", [{"k": 1}, {"k": 2.0}], [{"k": "1"}, {"k": True}, {"k": -1}, {}]),
    ("metadata.k in eu", "metadata", [{"k": "DE"}], [{"k": "US"}, {"k": 1}, {}]),
    ('metadata.k in list("blocked")', "metadata", [{"k": "a"}], [{"k": "z"}, {"k": 1}, {}]),
    ('metadata.k contains "b"', "metadata", [{"k": "abc"}], [{"k": "a"}, {"k": 1}, {}]),
    ("metadata.k is known", "metadata", [{"k": 0}, {"k": ""}, {"k": False}], [{"k": None}, {}]),
    ("metadata.k < 0", "metadata", [{"k": -(10**300)}], [{"k": 10**400}, {"k": -(10**400)}, {}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "hits", "misses"), CASES, ids=[case[0] for case in CASES])
def test_an_operator_holds_where_it_should(text: str, name: str, hits: list[Any], misses: list[Any]) -> None:
    assert {str(value): said(text, **{name: value}) for value in hits} == {str(v): "hit" for v in hits}
    assert {str(value): said(text, **{name: value}) for value in misses} == {str(v): "no hit" for v in misses}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("x > 3", {"x": "3"}),
        ("s == 'a'", {"s": 1}),
        ("s in ('a', 'b')", {"s": b"a"}),
        ("s in list('blocked')", {"s": 1.5}),
        ("s starts_with 'a'", {"s": ["a"]}),
        ("s is missing", {"s": object()}),
        ("flag", {"flag": 1}),
        ("not flag", {"flag": "no"}),
        ("amount > 5 EUR", {"currency": 7}),
        ("spent > 5 EUR", {"spent": "5"}),
        ("x > 1 or s == 'a'", {"s": 1}),
    ],
)
def test_a_value_of_a_wrong_type_is_the_rules_error(text: str, wrong: dict[str, Any]) -> None:
    assert said(text, **wrong) == "error"


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("x == 'a'", 6, "a number cannot be compared with a text"),
        ("s > 3", 5, "a text cannot be compared with a number"),
        ("s < 'a'", 5, "a text compares with == and != only"),
        ("flag > True", 8, "a boolean compares with"),
        ("s + 1 > 2", 1, "arithmetic needs a number, found a text"),
        ("x between 'a' and 3", 11, "a number cannot be compared with a text"),
        ("x in ('a', 'b')", 7, "a member must be a constant number"),
        ("x in eu", 1, "countries are texts, this is a number"),
        ("s in asia", 6, "'asia' is not a group of countries; there are eea, eu, eurozone, sepa"),
        ("s in sepaa", 6, "did you mean 'sepa'"),
        ("x in list('blocked')", 1, "lists hold texts"),
        ("x starts_with '1'", 1, "starts_with looks at a column of texts"),
        ("s starts_with ''", 15, "not empty"),
        ("x > 5 EUR", 1, "not an amount of money: it cannot be compared with EUR"),
        ("amount > 5 EUX", 12, "'EUX' is not an ISO 4217 currency"),
        ("amount > 0.001 EUR", 10, "EUR has 2 decimals"),
        ("amount > 5 EUR * 2", 10, "money is allowed as one side of a comparison only"),
        ("amount + 1 > 5 EUR", 1, "not an amount of money"),
        ("metadata.a == metadata.b", 15, "neither side has a type"),
        ("x = 3", 3, "'=' is not part of the rule language: write == for"),
        ("x > 1 && flag", 7, "write `and`"),
        ("flag == true", 9, "write True"),
        ("s == None", 6, "write `is missing`"),
        ("mcc in (0742, 5411)", 9, "no leading zero"),
        ("s in ('a' 'b')", 11, "a comma is missing"),
        ("x > 1,5", 1, "decimal comma"),
        ("x is 3", 6, "one of: missing, known"),
        ("x between 3", 11, "two ends"),
        ("1 < x in (1, 2)", 1, "can be chained"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(text: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError, match=words) as refused:
        compile_expression(text, {**SCHEMA, "mcc": "text"}, Graph())
    assert refused.value.column == column


def test_groups_of_countries_are_those_of_their_day() -> None:
    assert {name: len(countries) for name, countries in COUNTRY_GROUPS.items()} == {
        "eu": 27,
        "eea": 30,
        "eurozone": 21,
        "sepa": 44,
    }
    assert COUNTRY_GROUPS["eurozone"] < COUNTRY_GROUPS["eu"] < COUNTRY_GROUPS["eea"] < COUNTRY_GROUPS["sepa"]


def test_rules_share_what_they_have_in_common() -> None:
    graph = Graph()
    for text in ("x > 3 and s == 'a'", "s == 'a' and 3 < x", "not (x > 3)", "x > 3 or s == 'a'"):
        compile_expression(text, SCHEMA, graph)
    assert len(graph) == 7
