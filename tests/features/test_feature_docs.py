"""The committed page of features says what the catalogue says."""

from pathlib import Path

from features.catalogue import CATALOGUE
from features.docs import render

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(CATALOGUE), (
        "run: python -m features.docs > docs/features.md"
    )


def test_every_feature_is_on_the_page() -> None:
    page = render(CATALOGUE)
    assert all(f"| `{name}` |" in page for name in CATALOGUE.names)
