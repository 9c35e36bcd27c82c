"""docs/glossary.md: a word has one meaning; the column that stores it exists (classes: test_references)."""

import re
from pathlib import Path

from tests.docs.warehouse_columns import PAGE

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| word", "| **"))
]


def test_a_word_has_one_meaning() -> None:
    words = [word for word, *_ in ROWS]
    assert len(words) == len(set(words)) >= 60


def test_every_word_has_a_meaning_and_a_class() -> None:
    assert all(meaning and re.fullmatch(r"`[a-z]\w*(\.\w+)+`", name) for _, meaning, name, _ in ROWS)


def test_every_column_is_one_of_the_warehouse() -> None:
    known: set[str] = set()
    for section in PAGE.read_text(encoding="utf-8").split("\n### ")[1:]:
        table = section.split("`")[1]
        known |= {f"`{table}.{name}`" for name in re.findall(r"^\| `(\w+)`", section, re.MULTILINE)}
    assert {column for *_, column in ROWS} - {"-"} <= known
