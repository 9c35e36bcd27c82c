"""10,000 generated rules: what the columns answer is what a plain reader answers row by row.

Every rule is asked in company of others, with whom it shares steps.
"""

import random
from typing import Any

import numpy as np

from models.rules.language.columns import RuleRows
from models.rules.ruleset import Ruleset
from tests.models.rule_reader import CENTS_A_UNIT, LISTS, Reader, holds

SCHEMA = {
    "x": "number",
    "y": "number",
    "count": "number",
    "amount": "number",
    "reference_amount": "number",
    "spent": "money",
    "s": "text",
    "t": "text",
    "country": "text",
    "currency": "text",
    "flag": "boolean",
    "other_flag": "boolean",
}
NUMBERS = (0.0, 1.0, 2.0, -3.0, 4.5, 10.0, 1e300, 2.0**53, None)
TEXTS = ("a", "b", "ab", "ba", "", "é", "FR", None)
COUNTRIES = ("FR", "DE", "NO", "US", None)
METADATA = ("a", "ab", "", 1, 2.5, -3, 0, True, False, None, 10**400, "1")
ROWS, CHUNK, CHUNKS = 24, 250, 40


class Cents:
    """Rates of exact decimals: EUR cents of so many minor units."""

    def convert(self, amount: int, currency: str, _: int) -> int | None:
        cents = CENTS_A_UNIT.get(currency)
        return None if cents is None else amount * round(cents * 10) // 10


class Writer:
    """Writes rules at random: any form of the language, well typed."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.pick.choice(choices)

    def number(self, depth: int) -> str:
        if depth == 0 or self.pick.random() < 0.5:
            names = (
                "x",
                "y",
                "count",
                "amount",
                "reference_amount",
                "spent",
                "metadata.k",
                'metadata["odd-key"]',
            )
            return self.one(*names, *names, "0", "1", "2.5", "10", "1e3", ".5")
        forms = ("{} {} {}", "({} {} {})", "-{1}{0}", "{} {} {}")
        left, right = self.number(depth - 1), self.number(depth - 1)
        form = self.one(*forms)
        if form.startswith("-"):
            return f"-{left}"
        return form.format(left, self.one("+", "-", "*", "/"), right)

    def amount(self) -> str:
        return self.one(
            "amount", "reference_amount", "spent", "amount * 2", "spent + amount", "-spent", "(amount)"
        )

    def money(self) -> str:
        return self.one("0 EUR", "0.02 EUR", "10 EUR", "0.10 USD", "-3 USD", "4 JPY", "0.1 EUR", "(2 JPY)")

    def text(self) -> str:
        return self.one("s", "t", "country", "currency", "metadata.k")

    def literal(self) -> str:
        return self.one('"a"', "'ab'", '"b"', '""', '"FR"', '"é"', "'EUR'")

    def operator(self) -> str:
        return self.one("<", "<=", "==", "!=", ">=", ">")

    def condition(self, depth: int) -> str:
        if depth and self.pick.random() < 0.55:
            inner = self.condition(depth - 1)
            match self.pick.randrange(5):
                case 0:
                    return f"not {self.one(f'({inner})', 'flag', 'metadata.k')}"
                case 1:
                    return f"({inner})"
                case 2:
                    return f"({inner}) {self.one('==', '!=')} {self.one('flag', 'True', '(x > 1)')}"
                case _:
                    return f"{inner} {self.one('and', 'or')} {self.condition(depth - 1)}"
        return self.test()

    def test(self) -> str:  # noqa: PLR0912 - one form a case
        n = self.one("", "", "not ")
        match self.pick.randrange(17):
            case 0 | 1:
                return f"{self.typed(2)} {self.operator()} {self.number(1)}"
            case 2:
                return f"{self.typed(1)} {self.operator()} {self.number(1)} {self.operator()} {self.typed(1)}"
            case 3:
                return f"{self.typed(1)} {n}between {self.number(1)} and {self.number(0)}"
            case 4:
                return f"{self.amount()} {self.operator()} {self.money()}"
            case 5:
                return f"{self.money()} {self.operator()} {self.amount()} {self.operator()} {self.money()}"
            case 6:
                low, high = self.one("1 EUR", "0.01 EUR"), self.one("5 EUR", "3 USD")
                return f"{self.amount()} {n}between {low} and {high}"
            case 7:
                return f"{self.text()} {self.one('==', '!=')} {self.literal()}"
            case 8:
                return f"{self.one('s', 't', 'country')} {self.one('==', '!=')} {self.text()}"
            case 9:
                return f"{self.text()} {n}in {self.one('eu', 'eea')}"
            case 10:
                return f"{self.text()} {n}in list({self.one(*map(repr, LISTS))})"
            case 11:
                return f"{self.text()} {n}in ({self.literal()}, {self.literal()})"
            case 12:
                return f"{self.one('x', 'count', 'x + y', 'metadata.k')} {n}in (1, -3, 2.5,)"
            case 13:
                words = self.one('"a"', '"b"', '("b", "F")', '"ab"')
                return f"{self.text()} {n}{self.one('starts_with', 'ends_with', 'contains')} {words}"
            case 14:
                what = self.one("x", "s", "flag", "metadata.k", "metadata.absent", "(x / y)", "amount")
                return f"{what} is {n}{self.one('missing', 'known')}"
            case 15:
                right = self.one("True", "other_flag", "metadata.k")
                return f"{self.one('flag', 'other_flag')} {self.one('==', '!=')} {right}"
            case _:
                return self.one("flag", "metadata.k", "True", "False", "not flag", "other_flag")

    def typed(self, depth: int) -> str:
        """A number that says so by itself: metadata on both sides of a test has no type."""
        return f"{self.one('x', 'y', 'count', 'spent')} {self.one('+', '-', '*', '/')} {self.number(depth)}"


def rows_of(seed: int) -> list[dict[str, Any]]:
    pick = random.Random(seed)
    kinds = {"text": TEXTS, "boolean": (True, False, None), "number": NUMBERS, "money": NUMBERS}
    rows = []
    for _ in range(ROWS):
        row: dict[str, Any] = {name: pick.choice(kinds[kind]) for name, kind in SCHEMA.items()}
        row["currency"] = pick.choice(("EUR", "USD", "JPY", "GBP"))
        row["country"] = pick.choice(COUNTRIES)
        row["metadata"] = {key: pick.choice(METADATA) for key in ("k", "odd-key") if pick.random() < 0.9}
        rows.append(row)
    return rows


def rule_rows(rows: list[dict[str, Any]]) -> RuleRows:
    def column(name: str) -> np.ndarray[Any, Any]:
        if name.startswith("metadata."):
            return objects([row["metadata"].get(name.removeprefix("metadata.")) for row in rows])
        values = [row[name] for row in rows]
        if SCHEMA[name] in ("text", "boolean"):
            return objects(values)
        return np.array([np.nan if value is None else value for value in values], np.float64)

    def contains(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.array([value in LISTS[name] for value in values])

    n = len(rows)
    nothing = np.zeros(n, np.int64)
    return RuleRows(n, nothing, nothing.astype(np.uint64), objects(["m"] * n), column, contains, Cents())


def objects(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def test_10_000_rules_say_what_the_plain_reader_says() -> None:
    assert CHUNK * CHUNKS == 10_000
    shares = [hits_after_comparing(seed) for seed in range(CHUNKS)]
    assert 0.1 < sum(shares) / CHUNKS < 0.9


def hits_after_comparing(seed: int) -> float:
    """Compares one ruleset over its rows; tells how often its rules hit."""
    writer = Writer(seed)
    texts = [writer.condition(3) for _ in range(CHUNK)]
    rules = [
        {"id": f"r{at}", "description": "d", "owner": "o", "when": text, "score": 1}
        for at, text in enumerate(texts)
    ]
    compiled = Ruleset.from_dict({"name": "g", "version": 2, "rules": rules}).compile(SCHEMA)
    rows = rows_of(seed)
    result = compiled.run(rule_rows(rows))
    assert not result.errors.any()
    for text, found in zip(texts, result.hits.tolist(), strict=True):
        node = Reader(text).whole()
        assert found == [holds(node, row) for row in rows], text
    return float(result.hits.mean())
