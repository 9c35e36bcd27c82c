"""A plain reader of the rule language: written from the documentation of `models.rules.language.expression`
alone.

It has its own words, its own recursive descent and looks at one row at a time; nothing of the compiler, of
`ast` or of numpy is in it. A missing value is None.
"""

import math
import re
from typing import Any

WORD = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<text>"[^"]*"|'[^']*')|(?P<name>\w+)|(?P<sign>[<>=!]=|.))"""
)
COMPARE = ("<", "<=", "==", "!=", ">=", ">")
PARTS = ("starts_with", "ends_with", "contains")
DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0}
CENTS_A_UNIT = {"USD": 0.9, "JPY": 0.6}
GROUPS = {"eu": {"FR", "DE"}, "eea": {"FR", "DE", "NO"}}
"""As far as the tests' rows have countries."""
LISTS = {"blocked": {"a", "FR"}, "empty": set[str]()}
EUR_COLUMNS = ("reference_amount", "spent")


class Raw:
    """A metadata value, which takes the type it is used as."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def like(self, kind: type) -> Any:
        if kind is not float:
            return self.value if type(self.value) is kind else None
        fits = type(self.value) in (int, float) and abs(self.value) < 2**1023
        return float(self.value) if fits else None


class Reader:
    """Reads one rule into nested tuples."""

    def __init__(self, text: str) -> None:
        self.words = [(m.lastgroup, m.group(m.lastgroup or 0)) for m in WORD.finditer(text.rstrip())]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.words[place][1] if place < len(self.words) else ""

    def take(self, *wanted: str) -> str:
        word = self.peek()
        assert not wanted or word in wanted, (word, wanted)
        self.at += 1
        return word

    def whole(self) -> Any:
        node = self.either()
        assert self.at == len(self.words), self.peek()
        return node

    def either(self) -> Any:
        nodes = [self.both()]
        while self.peek() == "or":
            self.take()
            nodes.append(self.both())
        return ("or", nodes)

    def both(self) -> Any:
        nodes = [self.negation()]
        while self.peek() == "and":
            self.take()
            nodes.append(self.negation())
        return ("and", nodes)

    def negation(self) -> Any:
        if self.peek() == "not":
            self.take()
            return ("not", self.negation())
        return self.test()

    def test(self) -> Any:
        left = self.sum()
        wanted = True
        if self.peek() == "not":
            self.take()
            wanted = False
        if self.peek() == "between":
            self.take()
            low = self.sum()
            self.take("and")
            return ("between", wanted, left, low, self.sum())
        if self.peek() in PARTS:
            return (self.take(), wanted, left, self.constants())
        if self.peek() == "in":
            self.take()
            return ("in", wanted, left, self.members())
        if self.peek() == "is":
            self.take()
            positive = self.peek() != "not" or not self.take()
            return ("is", positive == (self.take("missing", "known") == "missing"), left)
        return self.chain(left)

    def chain(self, left: Any) -> Any:
        tests = []
        while self.peek() in COMPARE:
            operator, right = self.take(), self.sum()
            tests.append(("compare", operator, left, right))
            left = right
        return ("and", tests) if tests else left

    def members(self) -> Any:
        if self.peek() == "list":
            self.take()
            self.take("(")
            name = self.take()[1:-1]
            self.take(")")
            return LISTS.get(name, set())
        if self.peek() in GROUPS:
            return GROUPS[self.take()]
        return self.constants()

    def constants(self) -> Any:
        if self.peek() != "(":
            return [self.take()[1:-1]]
        self.take("(")
        found = []
        while self.peek() != ")":
            sign = -1.0 if self.peek() == "-" and self.take() else 1.0
            kind, word = self.words[self.at]
            self.take()
            found.append(word[1:-1] if kind == "text" else sign * float(word))
            if self.peek() == ",":
                self.take()
        self.take(")")
        return found

    def sum(self) -> Any:
        node = self.product()
        while self.peek() in ("+", "-"):
            node = (self.take(), node, self.product())
        return node

    def product(self) -> Any:
        node = self.sign()
        while self.peek() in ("*", "/"):
            node = (self.take(), node, self.sign())
        return node

    def sign(self) -> Any:
        if self.peek() == "-":
            self.take()
            return ("minus", self.sign())
        return self.value()

    def value(self) -> Any:
        kind, word = self.words[self.at]
        self.take()
        if word == "(":
            node = self.either()
            self.take(")")
            return node
        if kind == "number":
            if self.peek() in DECIMALS:
                currency = self.take()
                return ("money", float(word) * 10 ** DECIMALS[currency], currency)
            return ("constant", float(word))
        if kind == "text":
            return ("constant", word[1:-1])
        if word in ("True", "False"):
            return ("constant", word == "True")
        if word == "metadata":
            self.take(".", "[")
            key = self.take().strip("'\"")
            if self.peek() == "]":
                self.take()
            return ("metadata", key)
        return ("column", word)


def holds(node: Any, row: dict[str, Any]) -> bool:
    """Whether a condition is true of one row; a missing boolean is not."""
    value = valued(node, row)
    return (value.like(bool) if isinstance(value, Raw) else value) is True


def valued(node: Any, row: dict[str, Any], currency: str = "") -> Any:  # noqa: PLR0912 - one form a case
    """What a node is worth for one row; amounts in `currency` where one is given."""
    match node:
        case ("or", [only]) | ("and", [only]):
            return valued(only, row, currency)
        case ("or", nodes):
            return any(holds(each, row) for each in nodes)
        case ("and", nodes):
            return all(holds(each, row) for each in nodes)
        case ("not", inner):
            return not holds(inner, row)
        case ("compare", operator, left, right):
            return compared(operator, left, right, row)
        case ("between", wanted, node, low, high):
            ends = [compared(o, node, end, row) for o, end in ((">=", low), ("<=", high))]
            outer = [compared(o, node, end, row) for o, end in (("<", low), (">", high))]
            known = all(as_number(valued(end, row)) is not None for end in (low, high))
            return all(ends) if wanted else any(outer) and known
        case ("in", wanted, left, members):
            return found(valued(left, row), wanted, members)
        case ("is", missing, left):
            value = valued(left, row)
            return ((value.value if isinstance(value, Raw) else value) is None) == missing
        case (("starts_with" | "ends_with" | "contains") as test, wanted, left, parts):
            return part(test, valued(left, row), parts, wanted)
        case ("minus", inner):
            number = as_number(valued(inner, row, currency))
            return None if number is None else -number
        case (("+" | "-" | "*" | "/") as operator, left, right):
            return arithmetic(
                operator, as_number(valued(left, row, currency)), as_number(valued(right, row, currency))
            )
        case ("constant", value) | ("money", value, _):
            return value
        case ("metadata", key):
            return Raw(row["metadata"].get(key))
        case ("column", name):
            return column(name, row, currency)
    raise AssertionError(node)


def column(name: str, row: dict[str, Any], currency: str) -> Any:
    if currency and name == "amount":
        if row["currency"] == currency:
            return row["amount"]
        return arithmetic("/", row["reference_amount"], CENTS_A_UNIT.get(currency, 1.0))
    if currency and name in EUR_COLUMNS:
        return arithmetic("/", row[name], CENTS_A_UNIT.get(currency, 1.0))
    return row[name]


def as_number(value: Any) -> float | None:
    return value.like(float) if isinstance(value, Raw) else value


def arithmetic(operator: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (operator == "/" and right == 0):
        return None
    result = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
    }[operator]()
    return None if math.isnan(result) else result


def compared(operator: str, left: Any, right: Any, row: dict[str, Any]) -> bool:
    currency = "".join({literal for side in (left, right) for literal in money_of(side)})
    first, second = valued(left, row, currency), valued(right, row, currency)
    if isinstance(first, Raw):
        first = None if second is None else first.like(type(second))
    if isinstance(second, Raw):
        second = None if first is None else second.like(type(first))
    if first is None or second is None:
        return False
    return bool(
        {
            "<": lambda: first < second,
            "<=": lambda: first <= second,
            "==": lambda: first == second,
            "!=": lambda: first != second,
            ">=": lambda: first >= second,
            ">": lambda: first > second,
        }[operator]()
    )


def money_of(node: Any) -> set[str]:
    """The currency of a literal, also behind a minus or in brackets."""
    match node:
        case ("money", _, currency):
            return {currency}
        case ("minus", inner) | ("or", [inner]) | ("and", [inner]):
            return money_of(inner)
    return set()


def found(value: Any, wanted: bool, members: Any) -> bool:
    if isinstance(value, Raw):
        kind = str if isinstance(members, set) or isinstance(members[0], str) else float
        value = value.like(kind)
    return value is not None and (value in members) == wanted


def part(test: str, value: Any, parts: list[str], wanted: bool) -> bool:
    text = value.like(str) if isinstance(value, Raw) else value
    if text is None:
        return False
    length = len(text)
    hit = {
        "starts_with": lambda p: text[: len(p)] == p,
        "ends_with": lambda p: len(p) <= length and text[length - len(p) :] == p,
        "contains": lambda p: any(text[i : i + len(p)] == p for i in range(length)),
    }[test]
    return any(hit(p) for p in parts) == wanted
