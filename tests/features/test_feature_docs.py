"""The page of features says what the catalogue says."""

from pathlib import Path

from features.catalogue import CATALOGUE
from features.catalogue.page import MEMORY_PAGE, render

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_current() -> None:
    memory = ROOT / MEMORY_PAGE
    page = render(CATALOGUE, memory.read_text(encoding="utf-8") if memory.is_file() else "")
    assert (ROOT / "docs/features.md").read_text(encoding="utf-8") == page, "run `make pages`"


def test_every_feature_has_its_row_with_meaning_unit_window_and_default() -> None:
    lines = render(CATALOGUE).splitlines()
    for name, row in CATALOGUE.describe().items():
        default = "unknown" if row["default"] is None else f"{row['default']:g}"
        expected = f"| `{name}` | {row['window'] or '-'} | {row['unit']} | {row['meaning']} | {default} |"
        assert lines.count(expected) == 1, expected
        assert row["meaning"]
        assert row["unit"]


def test_every_entity_with_features_has_a_section() -> None:
    lines = render(CATALOGUE).splitlines()
    assert all(f"## {feature.entity}" in lines for feature in CATALOGUE.features)


def test_the_page_on_memory_is_taken_in() -> None:
    assert render(CATALOGUE, "## Memory\n\n12 bytes\n").endswith("\n## Memory\n\n12 bytes\n")
