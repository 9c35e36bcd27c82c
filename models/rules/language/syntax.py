"""From what fraud teams write to what Python's own parser reads, character by character in the same places.

The text is cut into words first, and every word must be of the language: names of plain letters, numbers,
texts in quotes, `( ) [ ] , .`, `< <= == != >= >`, `+ - * /`. Whatever else Python knows (`lambda`, `:=`, `{`,
prefixes of texts, hexadecimal numbers, look-alike letters, names with a leading underscore) ends here, before
a parser has seen it.

Four forms that Python lacks are rewritten to operators the language does not have otherwise, padded to the
same length, so that a place in the rewritten text is the place in the rule:

    x between 1 and 2      x is      1 |   2
    s starts_with "a"      s is _s|        "a"     (ends_with _e, contains _c)
    x is missing           as it is, also `is known`; `not` may come before each
    amount > 5000 EUR      amount > 5000           the currency is noted with the number's place
"""

import difflib
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from models.money import EXPONENTS

EXPRESSION_LENGTH_MAX: Final = 4_000
DEPTH_MAX: Final = 32
CHAINED_MAX: Final = 1_000
"""Operators and keys around any one place: less than Python's parser takes. Its own bound depends on how deep
its caller's stack is: the same rule would be refused in other words here and there."""
TEXT_LENGTH_MAX: Final = 128
NUMBER_LENGTH_MAX: Final = 24

AFFIXES: Final = {"starts_with": "_s", "ends_with": "_e", "contains": "_c"}
"""Tests of a part of a text, and the mark that replaces each."""

WORDS: Final = frozenset({"and", "or", "not", "in", "is", "True", "False"})
RESERVED: Final = WORDS | {"between", "missing", "known", "list", "metadata"} | set(AFFIXES)
"""What no column can be called in a rule."""

INSTEAD: Final = {
    "=": "write == for `is equal to`",
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not` (or != for `is not equal to`)",
    "<>": "write !=",
    "None": "write `is missing` or `is known`",
    "true": "write True",
    "false": "write False",
    "AND": "write `and`",
    "OR": "write `or`",
    "NOT": "write `not`",
    "**": "there is no power; multiply",
    "#": "comments belong into the rule's `comment:`",
}

_PYTHON: Final = frozenset(keyword.kwlist) - WORDS
_WORD: Final = re.compile(
    r"""(?P<space>[ ]+)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator><=|>=|==|!=|<>|&&|\|\||:=|\*\*|//|<<|>>|->|[-+*/<>()\[\],.])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS: Final = frozenset({"<", "<=", "==", "!=", ">=", ">", *"+-*/()[],."})
_CHAINING: Final = frozenset({"+", "-", "*", "/", ".", "not"})
"""Each of these nests what is before or behind it one level deeper."""
_ENDING: Final = frozenset({"and", "or", ",", "<", "<=", "==", "!=", ">=", ">"})
"""What is behind these does not nest into what is before."""
_ESCAPES: Final = re.compile(r"\\(?![\\'\"nt])")


class ExpressionError(ValueError):
    """The text is not of the language; `column` is the character (from 1) where it goes wrong."""

    def __init__(self, message: str, column: int = 1) -> None:
        """`message` says what is wrong and what was expected."""
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Token:
    """One word of a rule: its kind, its characters and where it starts (from 0)."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class PythonText:
    """Python text of the rule's own length, and the currencies written after numbers, by their place."""

    text: str
    currencies: dict[int, str]


def rewrite(text: str) -> PythonText:
    """The rule as Python text, position by position. Raises `ExpressionError` for words out of the language.

    >>> rewrite("amount between 10 and 20 EUR").text
    'amount is      10 |   20    '
    """
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(f"{len(text)} characters long, at most {EXPRESSION_LENGTH_MAX} are allowed")
    flat = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    words = [_checked(word) for word in _words(flat)]
    _check_neighbours(words)
    _check_depth(words)
    currencies: dict[int, str] = {}
    rewritten = _forms(_money(words, currencies))
    return PythonText(_placed(rewritten, len(flat)), currencies)


def _words(flat: str) -> list[Token]:
    matches = ((match.lastgroup, match.group(), match.start()) for match in _WORD.finditer(flat))
    return [Token(kind or "", text, at) for kind, text, at in matches if kind != "space"]


def _checked(word: Token) -> Token:
    checks = {"text": _text, "number": _number, "name": _name, "operator": _operator, "other": _other}
    problem = checks[word.kind](word.text)
    if problem:
        raise ExpressionError(problem, word.at + 1)
    return word


def _text(text: str) -> str | None:
    if len(text) > TEXT_LENGTH_MAX + 2:
        return f"the text is longer than {TEXT_LENGTH_MAX} characters"
    if _ESCAPES.search(text.replace("\\\\", "")):
        return "a backslash in a text is allowed before a quote, another backslash, n or t only"
    return None


def _number(text: str) -> str | None:
    if len(text) > NUMBER_LENGTH_MAX:
        return f"the number is longer than {NUMBER_LENGTH_MAX} characters"
    if re.match(r"0[0-9]", text):
        return (
            "a number has no leading zero and no comma between thousands: write 1000. A code is a text: "
            f"write {text[:16]!r} in quotes"
        )
    return None


def _name(text: str) -> str | None:
    if text.startswith("_"):
        return f"{text[:64]!r}: names do not start with an underscore"
    if text in _PYTHON or (text in INSTEAD and text not in WORDS):
        return f"{text!r} is not part of the rule language{_advice(text)}"
    return None


def _operator(text: str) -> str | None:
    return None if text in _OPERATORS else f"{text!r} is not part of the rule language{_advice(text)}"


def _other(text: str) -> str:
    if text in "\"'":
        return "a text that does not end: its closing quote is missing"
    if not text.isascii():
        return f"{text!r} (U+{ord(text):04X}) is allowed in quotes only: names are of plain letters"
    return f"{text!r} is not part of the rule language{_advice(text)}"


def _advice(text: str) -> str:
    return f": {INSTEAD[text]}" if text in INSTEAD else ""


def _check_neighbours(words: list[Token]) -> None:
    for before, word in pairwise(words):
        touching = before.at + len(before.text) == word.at
        kinds = (before.kind, word.kind)
        if kinds == ("text", "text"):
            raise ExpressionError("two texts in a row: a comma is missing", word.at + 1)
        if kinds == ("name", "text") and touching:
            raise ExpressionError(f"a text has no prefix {before.text[:16]!r}", before.at + 1)
        if touching and before.kind == "number" and word.kind in ("name", "number"):
            raise ExpressionError("a number ends with its digits: a space is missing", word.at + 1)
        if word.text == "." and before.text != "metadata":
            raise ExpressionError("only `metadata` has a dot, as in metadata.basket", word.at + 1)


def _check_depth(words: list[Token]) -> None:
    """Raises where brackets, or operators in a row, nest so deep that no rule can be meant."""
    chains = [0]
    for word, before in zip(words, [None, *words], strict=False):
        if word.text in ("(", "["):
            chains[-1] += before is not None and (before.kind == "name" or before.text in (")", "]"))
            chains.append(0)
        elif word.text in (")", "]"):
            chains = chains[:-1] or [0]
        elif word.text in _CHAINING:
            chains[-1] += 1
        elif word.text in _ENDING:
            chains[-1] = 0
        if len(chains) - 1 > DEPTH_MAX or sum(chains) > CHAINED_MAX:
            raise ExpressionError(f"nested deeper than {DEPTH_MAX} levels", word.at + 1)


def _money(words: list[Token], currencies: dict[int, str]) -> list[Token]:
    """Takes the currencies after numbers out, and notes them."""
    kept: list[Token] = []
    for word in words:
        after_number = word.kind == "name" and bool(kept) and kept[-1].kind == "number"
        if after_number and word.text not in RESERVED:
            if word.text not in EXPONENTS:
                raise ExpressionError(f"{word.text[:16]!r} is not an ISO 4217 currency", word.at + 1)
            currencies[kept[-1].at] = word.text
        else:
            kept.append(word)
    return kept


def _forms(words: list[Token]) -> list[Token]:
    """`between`, `starts_with` and their like; the `and` of a `between` is the next one at its own depth."""
    rewritten: list[Token] = []
    waiting: list[int] = []
    depth = 0
    for word in words:
        depth += (word.text in ("(", "[")) - (word.text in (")", "]"))
        mark = "" if word.text == "between" else AFFIXES.get(word.text)
        is_key = bool(rewritten) and rewritten[-1].text == "."
        if word.kind == "name" and mark is not None and not is_key:
            if not mark:
                waiting.append(depth)
            rewritten.extend(_as_is(word, mark, rewritten))
        elif word.text == "and" and waiting and waiting[-1] == depth:
            waiting.pop()
            rewritten.append(replace(word, text="|"))
        else:
            rewritten.append(word)
    return rewritten


def _as_is(word: Token, mark: str, before: list[Token]) -> list[Token]:
    """`is` in the place of the form's word; where `not` comes before, `is` takes that place."""
    sign = f"{mark}|" if mark else ""
    negated = bool(before) and before[-1].text == "not" and len(before) > 1 and _ends_value(before[-2])
    if negated:
        before[-1] = replace(before[-1], text="is")
        return [replace(word, text=f"not {sign}".rstrip())]
    return [replace(word, text=f"is {sign}".rstrip())]


def _ends_value(word: Token) -> bool:
    if word.kind == "name":
        return word.text not in WORDS or word.text in ("True", "False")
    return word.kind in ("text", "number") or word.text in (")", "]")


def _placed(words: list[Token], length: int) -> str:
    """The words in their places, blanks between."""
    line = [" "] * length
    for word in words:
        line[word.at : word.at + len(word.text)] = word.text
    return "".join(line)


def closest(name: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` for a name close to a known one, otherwise nothing."""
    near = difflib.get_close_matches(name[:64], list(known), 1)
    return f", did you mean {near[0]!r}?" if near else ""
