"""docs/reference-data.md says what the loaders do."""

import re
from pathlib import Path

import pytest

from models.reference.merchant_categories import GROUPS
from models.reference.tables import REFERENCE_TABLES
from models.seed import seed_tables

PAGE = (Path(__file__).parents[2] / "docs/reference-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```csv (\w+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_every_example_is_a_table(name: str, text: str) -> None:
    table = REFERENCE_TABLES[name]
    table.load(table.prepare(text.encode()))


def test_every_table_is_in_the_overview_and_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == set(REFERENCE_TABLES)
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(REFERENCE_TABLES)


def test_the_page_says_which_tables_ship() -> None:
    ships = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|", PAGE, re.MULTILINE))
    assert {name for name, word in ships.items() if not word.startswith("no")} == set(seed_tables())


def test_groups_are_listed_in_their_order() -> None:
    assert ", ".join(GROUPS) + "." in " ".join(PAGE.split())
