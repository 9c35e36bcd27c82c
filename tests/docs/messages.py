"""What the house's programs can say: every text in their sources, with a mark where a value stands.

A page quotes a message with an example's values in it: `the journal jumps from batch 7 to 12`. Both sides are
brought to one form, in which values are marks, and the page's must be part of one of ours. Up to two of its
words may be values that do not look like one (`another engine of this name`).
"""

import ast
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]
ROOMS: Final = (
    "models",
    "features",
    "streams",
    "training",
    "learning",
    "desk",
    "dashboards",
    "storage",
    "tollgate",
)
VALUE: Final = "\N{SECTION SIGN}"
PERCENT: Final = re.compile(r"%[-+ 0#,]*\d*(?:\.\d+)?[sdrfg]|%\(\w+\)[sd]")
EXAMPLE: Final = re.compile(r"[^\s:;,]*(?:\d|\w\.\w|/)[^\s:;,]*|\b[A-Z]\b")
"""In a page: what has a digit, a dot within or a slash, or is one capital, is a value."""


def is_said(quoted: str) -> bool:
    """Whether a program can say this; `...` leaves something out."""
    return all(_is_said(part) for part in quoted.split("..."))


def is_text(word: str) -> bool:
    """Whether this is, as a whole, a text of the sources: a reason, a key, a state."""
    return word in _texts()


def _is_said(part: str) -> bool:
    words = _joined(EXAMPLE.sub(VALUE, part)).strip(f" {VALUE}.,:;").split()
    values = itertools.chain.from_iterable(itertools.combinations(range(len(words)), n) for n in (0, 1, 2))
    return any(_with_values(words, places) in _said() for places in values)


def _with_values(words: list[str], places: tuple[int, ...]) -> str:
    return " ".join(VALUE if place in places else word for place, word in enumerate(words))


def _joined(text: str) -> str:
    """White space as one blank, neighbouring values as one."""
    return re.sub(rf"{VALUE}+", VALUE, " ".join(text.split()))


@cache
def _said() -> str:
    return "\n".join(sorted({_joined(PERCENT.sub(VALUE, text)) for text in _texts()}))


@cache
def _texts() -> frozenset[str]:
    """Every text of the sources; docstrings are none, since nobody is shown them."""
    trees = (
        ast.parse(file.read_text(encoding="utf-8")) for room in ROOMS for file in (ROOT / room).rglob("*.py")
    )
    return frozenset(text for tree in trees for text in _texts_of(tree))


def _texts_of(tree: ast.Module) -> Iterator[str]:
    shown = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in shown:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values
            )
